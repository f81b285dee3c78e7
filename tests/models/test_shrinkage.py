"""Rates from few trials."""

import numpy as np
import pytest

from models.shrinkage import (
    prior_strength,
    rate_interval,
    rate_posterior,
    relative_spread,
    shrink,
    spread_left,
)


def planted(shape, *, rate=0.05, groups=20_000, trials=8, seed=0):
    """Outcomes of groups whose rates are gamma with a planted shape."""
    rng = np.random.default_rng(seed)
    rates = np.minimum(rng.gamma(shape, rate / shape, groups), 1.0)
    owners = np.repeat(np.arange(groups), trials)
    return owners, (rng.random(owners.size) < rates[owners]).astype(float), rates


def test_nothing_seen_leaves_the_belief():
    """Without trials the rate is the one it is pulled toward."""
    rate = shrink(np.array([0.0]), trials=np.array([0.0]), toward=0.3, strength=10.0)

    assert rate[0] == pytest.approx(0.3)


def test_much_seen_outweighs_the_belief():
    """With many trials the rate is the observed one."""
    rate = shrink(np.array([5e5]), trials=np.array([1e6]), toward=0.01, strength=10.0)

    assert rate[0] == pytest.approx(0.5, abs=1e-4)


def test_prior_strength_finds_the_planted_one():
    """Beta rates with a + b = 20 are worth about 20 trials."""
    rng = np.random.default_rng(0)
    trials = np.full(50_000, 30.0)
    successes = rng.binomial(30, rng.beta(4, 16, trials.size)).astype(float)

    assert prior_strength(successes, trials=trials) == pytest.approx(20, rel=0.1)


def test_members_alike_are_judged_by_the_crowd():
    """When members differ no more than chance the crowd's rate weighs a great deal."""
    rng = np.random.default_rng(1)
    trials = np.full(5_000, 30.0)
    successes = rng.binomial(30, 0.2, trials.size).astype(float)

    assert prior_strength(successes, trials=trials) > 1_000


def test_a_rate_never_seen_is_not_called_zero():
    """The Jeffreys posterior of 0 in 1,000 is small, positive and bounded."""
    belief = rate_posterior(0, trials=1_000)

    assert 0 < belief.low < belief.mean < belief.high < 0.01


@pytest.mark.parametrize("shape", [0.5, 2.0])
def test_spread_finds_the_planted_relative_variance(shape):
    """Gamma rates of shape k have relative variance 1 / k."""
    owners, outcomes, _ = planted(shape)

    assert relative_spread(outcomes, groups=owners) == pytest.approx(1 / shape, rel=0.25)


def test_spread_is_wider_when_little_is_known():
    """Chance alone looks wider on few rows, so few shares widen intervals."""
    rng = np.random.default_rng(2)
    few, many = (rng.random(n) < 0.05 for n in (1_000, 100_000))

    spreads = [relative_spread(y * 1.0, groups=np.arange(y.size) // 5) for y in (few, many)]

    assert spreads[0] > spreads[1]


def test_intervals_hold_the_planted_rate_as_often_as_said():
    """Bounds said to cover 80 % of true rates cover that many, erring a little wide."""
    owners, outcomes, rates = planted(2.0)
    shares, trials = np.bincount(owners, weights=outcomes), np.bincount(owners) * 1.0
    mean = shrink(shares, trials=trials, toward=0.05, strength=2.0 / 0.05)

    left = spread_left(relative_spread(outcomes, groups=owners), shares=shares)
    bounds = rate_interval(mean, relative_variance=left, level=0.8)

    covered = np.mean((rates >= bounds.low) & (rates <= bounds.high))
    assert 0.79 <= covered <= 0.86


def test_no_doubt_leaves_no_interval():
    """Without variance both bounds are the mean."""
    bounds = rate_interval(np.array([0.2]), relative_variance=np.array([0.0]), level=0.8)

    assert bounds.low[0] == pytest.approx(0.2, abs=1e-3)
    assert bounds.high[0] == pytest.approx(0.2, abs=1e-3)
