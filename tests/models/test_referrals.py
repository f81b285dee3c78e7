"""Referrals: a sample counted by hand, censoring undone, and trees."""

import numpy as np
import pytest

from models.referrals import generations, referring, tree


def test_a_sample_by_hand():
    """Four people: two watched for 100 days, one for 10, one for 5; three referrals in 30 days.

    At age 5 all four are watched: 1/4. At ages 20 and 25 two are: 1/2 each. That is 1.25 a
    person, where dividing by everyone gives 0.75. Half of it has come by age 20.
    """
    found = referring(
        np.array([100.0, 100.0, 10.0, 5.0]),
        owner=np.array([0, 1, 0, 0]),
        age_days=np.array([5.0, 20.0, 25.0, 50.0]),
        horizon_days=30.0,
    )

    assert (found.people, found.referrals) == (4, 3)
    assert found.k == pytest.approx(1.25)
    assert found.plain == 0.75
    assert found.cycle_days == 20.0
    own = np.array([1 / 4 + 1 / 2, 1 / 2, 0.0, 0.0])
    late = 1 / 16 + 1 / 4 + 1 / 4
    usual = np.array([late, late, 1 / 16, 1 / 16])
    error = np.sqrt(((own - usual) ** 2).sum())
    assert found.k_high - found.k == pytest.approx(1.959963984540054 * error)


def grown(seed, people=3_000, rate=0.02, horizon=30.0):
    """People who bring somebody at a constant rate a day, watched for 0 to 90 days."""
    rng = np.random.default_rng(seed)
    watched = rng.uniform(0.0, 3 * horizon, people)
    owner = np.repeat(np.arange(people), rng.poisson(rate * watched))
    return watched, owner, rng.uniform(0.0, watched[owner])


def test_censoring_is_undone():
    """The true mean of 0.6 in 30 days is in the interval 95 times in 100; the plain one is low."""
    inside, plain = [], []
    for seed in range(200):
        watched, owner, age = grown(seed)
        found = referring(watched, owner=owner, age_days=age, horizon_days=30.0)
        inside.append(found.k_low <= 0.6 <= found.k_high)
        plain.append(found.plain)

    assert 0.90 <= np.mean(inside) <= 0.99
    assert np.mean(plain) < 0.55


def test_without_anyone_watched_long_enough_no_claim_is_made():
    """Ten days cannot tell of thirty."""
    found = referring(
        np.full(5, 10.0), owner=np.array([0]), age_days=np.array([3.0]), horizon_days=30.0
    )

    assert found.k is None
    assert found.referrals == 1


def test_nobody_brings_nobody():
    """A rate of 0 with no time to wait; and no people at all."""
    found = referring(
        np.full(5, 50.0), owner=np.zeros(0, int), age_days=np.zeros(0), horizon_days=30.0
    )
    none = referring(np.zeros(0), owner=np.zeros(0, int), age_days=np.zeros(0), horizon_days=30.0)

    assert (found.k, found.cycle_days) == (0.0, None)
    assert (none.people, none.k) == (0, None)


def test_a_tree_by_hand():
    """0 brought 1 and 2, 2 brought 3, 4 brought 5; 6 came alone and brought nobody."""
    referred_by = np.array([-1, 0, 0, 2, -1, 4, -1])

    found = tree(referred_by)

    assert generations(referred_by).tolist() == [0, 1, 1, 2, 0, 1, 0]
    assert (found.roots, found.referred, found.largest) == (2, 4, 4)
    assert found.generations == [2, 3, 1]


def test_a_circle_of_referrals_ends():
    """Impossible, but data may say so."""
    assert len(generations(np.array([1, 0, -1]))) == 3
    assert tree(np.array([1, 0, -1])).referred == 2
