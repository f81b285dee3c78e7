"""What a content would do, from numbers written by hand."""

import numpy as np
import pytest
from scipy import special

from models.resonance import Resonance, expit, gaps


def hand_made(**changes):
    """Two circles, three tags; circle 0 has an effect of its own on tag 1, circle 1 on tag 2."""
    numbers = {
        "base": np.array([-3.0, -2.0]),
        "base_variance": np.array([0.01, 0.04]),
        "usual": special.expit(np.array([-3.0, -2.0])),
        "effect": np.array([0.5, 0.0, -1.0]),
        "effect_variance": np.array([0.01, 0.02, 0.03]),
        "pair_starts": np.array([0, 0, 1, 2]),
        "pair_circle": np.array([0, 1]),
        "own": np.array([1.0, -1.0]),
        "own_variance": np.array([0.05, 0.06]),
        "pair_exposures": np.array([100.0, 900.0]),
        "pair_shares": np.array([9.0, 20.0]),
        "unknown": np.array([0.4, 0.2, 0.0]),
        "power": np.array([1.0]),
        "base_draws": np.zeros((2, 4), np.float32),
        "effect_draws": np.zeros((3, 4), np.float32),
    }
    return Resonance(**numbers | changes)


def test_base_and_parts_sum_to_the_log_odds():
    """The explanation is the answer, taken apart."""
    told = hand_made().answer([0, 1, 2, -1])

    assert told.base + told.parts.sum(axis=1) == pytest.approx(special.logit(told.rate))


def test_tags_count_by_their_mean_or_their_sum():
    """Power 1 takes the mean of the tags, power 0 the sum."""
    mean, total = (hand_made(power=np.array([p])).answer([0, 2]) for p in (1.0, 0.0))

    assert mean.parts[0] == pytest.approx([0.25, -0.5])
    assert total.parts[0] == pytest.approx([0.5, -1.0])


def test_what_a_circle_adds_is_its_own():
    """Tag 1 lifts circle 0 alone, tag 2 puts circle 1 off more than circle 0."""
    found = hand_made()

    assert found.answer([1]).parts.ravel().tolist() == [1.0, 0.0]
    assert found.answer([2]).parts.ravel().tolist() == [-1.0, -2.0]


def test_unknown_tags_only_widen():
    """A tag nobody knows changes no rate beyond its weight, and widens the bounds."""
    known, unknown = hand_made().answer([]), hand_made().answer([-1])

    assert unknown.rate == pytest.approx(known.rate)
    assert np.all(unknown.high - unknown.low > known.high - known.low)


def test_a_content_not_yet_made_takes_what_tells_contents_apart():
    """Bounds of one content are wider than those of all with its tags, whose mean is the rate."""
    found = hand_made(unknown=np.array([0.4, 0.2, 0.5]))
    luck = np.sqrt(0.5) * np.random.default_rng(0).standard_normal(200_000)

    one, every = found.answer([0]), found.answer([0], is_one=False)
    alike = hand_made().answer([0])

    assert np.all((one.low < every.low) & (every.low < every.rate))
    assert np.all((every.rate < every.high) & (every.high < one.high))
    assert np.array_equal(one.rate, every.rate)
    mean = [special.expit(middle + luck).mean() for middle in special.logit(alike.rate)]
    assert one.rate == pytest.approx(mean, rel=0.05)
    assert np.all(one.rate > 1.1 * alike.rate)


def test_bounds_of_one_content_hold_single_contents():
    """Eight in ten contents of the same tags lie inside, where all else is sure."""
    sure = np.zeros(3)
    found = hand_made(unknown=np.array([0.4, 0.0, 0.5]), base_variance=sure[:2],
                      effect_variance=sure, own_variance=sure[:2])  # fmt: skip
    luck = np.sqrt(0.5) * np.random.default_rng(1).standard_normal(20_000)
    middle = special.logit(hand_made().answer([0]).rate[0])

    told = found.answer([0])

    rates = special.expit(middle + luck)
    assert np.mean((told.low[0] <= rates) & (rates <= told.high[0])) == pytest.approx(0.8, abs=0.01)


def test_what_was_learned_before_contents_were_told_apart_still_answers():
    """Without their variance contents are taken as alike, without draws parts as unsure apart."""
    arrays = hand_made(unknown=np.array([0.4, 0.2])).to_arrays()
    kept = {name: values for name, values in arrays.items() if not name.endswith("_draws")}

    old = Resonance.from_arrays(kept)

    assert old.between == 0
    assert np.array_equal(old.answer([0, -1]).high, hand_made().answer([0, -1]).high)


def test_doubts_that_cancel_make_no_bounds_wide():
    """Where tags are worth more the base is worth less: together they are known."""
    draws = np.random.default_rng(2).standard_normal((3, 200)).astype(np.float32)
    draws /= draws.std(axis=1, keepdims=True)
    shift = 0.3 * draws[0]
    apart = hand_made(base_variance=np.full(2, 0.1), effect_variance=np.full(3, 0.1))
    found = hand_made(
        base_variance=np.full(2, 0.1), effect_variance=np.full(3, 0.1),
        base_draws=np.tile(-shift, (2, 1)), effect_draws=np.tile(shift, (3, 1)),
    )  # fmt: skip

    one, sure = (each.answer([0, 1]) for each in (apart, found))

    assert np.array_equal(one.rate, sure.rate)
    assert np.all(sure.high - sure.low < 0.9 * (one.high - one.low))
    assert np.all(sure.low < sure.rate)


def test_tags_known_by_their_sum_alone_leave_some_doubt():
    """Chance in the draws never leaves bounds without width."""
    shift = np.array([-1.0, 1.0, -1.0, 1.0], np.float32)
    found = hand_made(effect_draws=np.array([shift, -9 * shift, shift]))

    told = found.answer([0, 1, 2])

    assert np.all((told.low < told.rate) & (told.rate < told.high))
    assert np.all(told.lift_low < told.lift_high)


def test_bounds_hold_the_rate_and_widen_with_the_level():
    """The rate lies inside; more certainty needs more room."""
    narrow, wide = (hand_made().answer([0, 1], level=level) for level in (0.5, 0.95))

    assert np.all((wide.low < narrow.low) & (narrow.low < narrow.rate))
    assert np.all((narrow.rate < narrow.high) & (narrow.high < wide.high))


def test_a_circle_is_put_off_below_its_usual_rate():
    """Tag 2 is below what either circle usually shares, tag 1 above for circle 0."""
    found = hand_made()

    assert np.all(found.answer([2]).lift_high < 1)
    assert found.answer([1]).lift_low[0] > 1


def test_a_gap_is_wanted_and_not_given():
    """Circle 1 would share tag 0 and never saw it; what is plenty or not wanted is no gap."""
    found = hand_made(
        pair_starts=np.array([0, 1, 2, 4]),
        pair_circle=np.array([0, 0, 0, 1]),
        own=np.zeros(4),
        own_variance=np.full(4, 0.01),
        pair_exposures=np.array([500.0, 500.0, 100.0, 900.0]),
        pair_shares=np.zeros(4),
        unknown=np.array([0.4, 0.01, 0.0]),
    )

    missed = gaps(found)

    assert (missed.circle.tolist(), missed.tag.tolist()) == ([1], [0])
    assert missed.exposures[0] == 0
    assert missed.expected[0] == pytest.approx(500 * 900 / 2000)


def test_no_gap_gives_empty_arrays():
    """Nothing missed is an answer too."""
    assert gaps(hand_made(effect=np.full(3, -9.0))).circle.size == 0


def test_arrays_bring_the_answer_back():
    """What is kept answers the same."""
    found = hand_made()

    again = Resonance.from_arrays(found.to_arrays())

    assert np.array_equal(again.answer([0, 2]).rate, found.answer([0, 2]).rate)


def test_expit_does_not_overflow():
    """Huge log-odds are 0 and 1, without a warning."""
    assert expit(np.array([-800.0, 0.0, 800.0])).tolist() == [0.0, 0.5, 1.0]
