"""Who is held out: alike in circles and in what is known beforehand."""

import numpy as np
import pytest
from scipy import stats

from models.holdout import draw_holdout, split
from models.lift import incremental_lift

PEOPLE = 3_000


@pytest.fixture
def people():
    """Strata of very different sizes, and covariates that are skewed, go with them, or unknown."""
    random = np.random.default_rng(0)
    strata = random.choice(9, PEOPLE, p=np.arange(1, 10) / 45)
    value = random.gamma(0.5, 10.0, PEOPLE) * (1 + strata)
    rare = np.where(random.random(PEOPLE) < 0.7, np.nan, random.random(PEOPLE))
    return strata, np.column_stack([value, random.normal(size=PEOPLE), rare])


def keys_of(seed, count=PEOPLE):
    """Random numbers for people."""
    return np.random.default_rng(seed).integers(2**64, size=count, dtype=np.uint64)


@pytest.mark.parametrize("share", [0.05, 0.1, 1 / 3, 0.5])
def test_the_share_holds_in_every_stratum(people, share):
    """To the person, overall and in each."""
    strata, covariates = people

    held = draw_holdout(keys_of(1), strata, share=share, covariates=covariates).held

    assert abs(held.sum() - share * PEOPLE) < 1
    for stratum in range(9):
        inside = strata == stratum
        assert abs(held[inside].sum() - share * inside.sum()) < 2


def test_arms_are_alike_in_every_covariate_in_95_of_100_draws(people):
    """By Welch's test at one in twenty, which plain draws pass in 95 of 100 for one covariate."""
    strata, covariates = people
    balanced = 0
    for seed in range(300):
        held = draw_holdout(keys_of(seed), strata, share=0.1, covariates=covariates).held
        found = stats.ttest_ind(
            covariates[held], covariates[~held], equal_var=False, nan_policy="omit"
        )
        circles = stats.chi2_contingency(
            np.array([np.bincount(strata[held]), np.bincount(strata[~held])])
        )
        balanced += min(*found.pvalue, circles.pvalue) > 0.05

    assert balanced >= 0.95 * 300


def test_everyone_is_as_likely_to_be_held_out(people):
    """Whoever they are: over many draws nobody is spared."""
    strata, covariates = people
    times = sum(
        draw_holdout(keys_of(seed), strata, share=0.2, covariates=covariates).held
        for seed in range(400)
    )

    assert times.min() > 0.08 * 400
    assert times.max() < 0.34 * 400
    assert abs(np.corrcoef(times, covariates[:, 0])[0, 1]) < 0.06


def test_the_order_of_people_changes_nobodys_arm(people):
    """The draw is by their numbers."""
    strata, covariates = people
    keys, mixed = keys_of(5), np.random.default_rng(6).permutation(PEOPLE)

    plain = draw_holdout(keys, strata, share=0.1, covariates=covariates)
    other = draw_holdout(keys[mixed], strata[mixed], share=0.1, covariates=covariates[mixed])

    assert (plain.held[mixed] == other.held).all()


def test_a_campaign_that_does_nothing_seems_to_in_one_of_twenty_at_most(people):
    """Balanced draws do not make false lifts likelier."""
    strata, covariates = people
    random, false = np.random.default_rng(7), 0
    for seed in range(400):
        held = draw_holdout(keys_of(seed), strata, share=0.3, covariates=covariates).held
        outcome = covariates[:, 0] + random.normal(size=PEOPLE)
        false += incremental_lift(outcome, treated=~held).p_value < 0.05

    assert false <= 0.07 * 400


def test_nobody_and_one_person_can_be_split():
    """Into arms of none."""
    for count in (0, 1):
        held = split(keys_of(0, count), np.zeros(count, dtype=np.int64), share=0.1)

        assert len(held) == count
