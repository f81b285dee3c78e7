"""Drift is seen when it is there, hardly ever when it is not, and named by its tags."""

import numpy as np
import pytest

from models.drift import shift


def tagged(rng, shares, people):
    """How many of some people have each tag."""
    return rng.binomial(people, shares)


@pytest.fixture(scope="module")
def shares():
    """Two thousand tags, from one in three people down to a handful."""
    return 1.0 / (np.arange(2000) + 3.0)


def test_a_planted_shift_is_named_in_one_run(shares):
    """Ten tags twice as common, ten half as common: these twenty and no other."""
    rng = np.random.default_rng(0)
    moved = shares.copy()
    moved[20:30] *= 2.0
    moved[40:50] *= 0.5

    found = shift(tagged(rng, shares, 20_000), tagged(rng, moved, 20_000), people=(20_000,) * 2)

    assert sorted(found.by_size.tolist()) == [*range(20, 30), *range(40, 50)]
    assert (found.growth[20:30] > 1.5).all()
    assert (found.growth[40:50] < 0.7).all()


def test_one_stable_run_in_a_hundred_at_most_raises_an_alarm(shares):
    """Four hundred pairs of runs in which nothing shifted."""
    rng = np.random.default_rng(1)

    alarms = sum(
        shift(
            tagged(rng, shares, 4000), tagged(rng, shares, 5000), people=(4000, 5000)
        ).is_sure.any()
        for _ in range(400)
    )

    assert alarms <= 4


def test_longer_histories_are_no_drift(shares):
    """Everyone has half as many tags again: that is growth, and its size is told."""
    rng = np.random.default_rng(2)

    found = shift(tagged(rng, shares, 5000), tagged(rng, 1.5 * shares, 5000), people=(5000, 5000))

    assert not found.is_sure.any()
    assert found.usual == pytest.approx(1.5, rel=0.1)


def test_a_sure_shift_too_small_to_matter_is_no_alarm():
    """Ten per cent more among a million people is certain and harmless."""
    before = np.full(50, 100_000)
    after = before.copy()
    after[0] = 110_000

    found = shift(before, after, people=(1_000_000, 1_000_000))

    assert found.q_values[0] < 1e-9
    assert not found.is_sure.any()


def test_what_is_new_and_what_is_gone_are_shifts():
    """From nobody to two hundred and back."""
    steady = np.full(20, 300)

    found = shift(np.append(steady, [0, 200]), np.append(steady, [200, 0]), people=(1000, 1000))

    assert found.by_size.tolist() == [20, 21]


def test_a_handful_of_people_is_not_judged():
    """Too few to say anything of."""
    found = shift(np.array([100, 1]), np.array([100, 15]), people=(500, 500))

    assert np.isnan(found.growth[1])
    assert not found.is_sure.any()


def test_nothing_at_all_has_not_shifted():
    """No tag, no drift."""
    nothing = np.zeros(0, dtype=np.int64)

    assert shift(nothing, nothing, people=(0, 0)).by_size.tolist() == []
