"""What a campaign added, and whether there are people enough to tell."""

import numpy as np
import pytest

from models.lift import MOST_PEOPLE, incremental_lift, people_needed, power_of


def trial(random, lift=0.0, n_people=400):
    """One campaign: a skewed outcome that last month's explains in part, a tenth held out."""
    before = random.gamma(0.8, 10.0, n_people)
    treated = random.random(n_people) < 0.7
    return before * 0.8 + random.gamma(1.0, 5.0, n_people) + lift * treated, treated, before


@pytest.mark.parametrize("with_before", [False, True])
def test_without_an_effect_one_in_twenty_seems_to_have_one(with_before):
    """Two thousand campaigns that did nothing: five per cent, give or take one."""
    random = np.random.default_rng(1)
    false = 0
    for _ in range(2_000):
        outcome, treated, before = trial(random)
        found = incremental_lift(outcome, treated=treated, before=before if with_before else None)
        false += found.p_value < 0.05

    assert 0.04 <= false / 2_000 <= 0.06


def test_the_interval_covers_a_known_lift_as_often_as_it_says():
    """Two thousand campaigns that added two each."""
    random = np.random.default_rng(2)
    covered = 0
    for _ in range(2_000):
        outcome, treated, before = trial(random, lift=2.0)
        found = incremental_lift(outcome, treated=treated, before=before)
        covered += found.low <= 2.0 <= found.high

    assert 0.94 <= covered / 2_000 <= 0.96


def test_an_earlier_outcome_narrows_the_interval_by_the_share_it_says():
    """By what the correlation promises: one less the root of one less its square."""
    outcome, treated, before = trial(np.random.default_rng(3), n_people=20_000)
    plain = incremental_lift(outcome, treated=treated)

    found = incremental_lift(outcome, treated=treated, before=before)

    correlation = np.corrcoef(outcome, before)[0, 1]
    assert found.narrowed == pytest.approx(1 - (1 - correlation**2) ** 0.5, abs=0.01)
    width = (found.high - found.low) / (plain.high - plain.low)
    assert found.narrowed == pytest.approx(1 - width)


def test_so_many_people_have_the_power_they_are_asked_for():
    """Four in five campaigns of that size and effect are told from none."""
    needed = people_needed(deviation=10.0, effect=2.0, holdout_share=0.3)
    random, found = np.random.default_rng(4), 0
    for _ in range(1_000):
        treated = np.arange(needed) >= 0.3 * needed
        outcome = random.normal(0, 10, needed) + 2.0 * treated
        found += incremental_lift(outcome, treated=treated).p_value < 0.05

    assert 0.77 <= found / 1_000 <= 0.83
    assert power_of(needed, deviation=10.0, effect=2.0, holdout_share=0.3) == pytest.approx(
        0.8, abs=0.01
    )


@pytest.mark.parametrize("holdout_share", [5e-324, 1e-9, 0.5, 1 - 2**-53])
@pytest.mark.parametrize(("deviation", "effect"), [(1e12, 5e-324), (5e-324, 1e12), (1e-11, 1e-311)])
def test_no_plan_is_beyond_reckoning(deviation, effect, holdout_share):
    """However small or large what is hoped for: a number of people, and a chance."""
    asked = {"deviation": deviation, "effect": effect, "holdout_share": holdout_share}

    needed, power = people_needed(**asked), power_of(200, **asked)

    assert 0 <= power <= 1
    assert 0 <= needed <= MOST_PEOPLE
    assert (needed <= 200) == (power >= 0.8)


def test_an_arm_of_one_tells_nothing():
    """The message says how many there are."""
    with pytest.raises(ValueError, match="got 2 treated, 1 held out"):
        incremental_lift(np.ones(3), treated=np.array([True, True, False]))


def test_outcomes_that_never_vary_leave_no_doubt():
    """No noise, no width."""
    treated = np.array([True, True, False, False])

    found = incremental_lift(np.array([3.0, 3.0, 1.0, 1.0]), treated=treated)

    assert (found.lift, found.low, found.high, found.p_value) == (2.0, 2.0, 2.0, 0.0)
    assert found.relative == 2.0
