"""Rates from few trials: how far to pull each toward the crowd's."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class RatePosterior:
    """What is believed of one rate: its mean and the central interval holding it."""

    mean: float
    low: float
    high: float


def shrink(
    successes: FloatArray, *, trials: FloatArray, toward: FloatArray | float, strength: float
) -> FloatArray:
    """Return (successes + strength * toward) / (trials + strength): a beta-binomial mean.

    `strength` is how many trials the belief `toward` weighs as much as. Must be > 0.
    """
    rate = (successes + strength * np.asarray(toward)) / (trials + strength)
    return np.asarray(rate, dtype=np.float64)


def prior_strength(successes: FloatArray, *, trials: FloatArray, limit: float = 1e4) -> float:
    """Return how many trials the crowd's rate is worth when judging one of its members.

    The moment estimate of Kleinman (1973), "Proportions with extraneous variance". Members who
    differ no more than chance give `limit`, members who differ greatly give about 1.
    """
    total = trials.sum()
    if total == 0:
        return limit
    rate = successes.sum() / total
    excess = ((successes - trials * rate) ** 2 - trials * rate * (1 - rate)).sum()
    pairs = (trials * (trials - 1)).sum() * rate * (1 - rate)
    if pairs <= 0 or excess <= 0:
        return limit
    correlation = min(excess / pairs, 0.5)
    return float(min(1 / correlation - 1, limit))


def rate_posterior(successes: int, *, trials: int, level: float = 0.8) -> RatePosterior:
    """Return the Jeffreys posterior of a rate: Beta(successes + 1/2, failures + 1/2)."""
    a, b = successes + 0.5, trials - successes + 0.5
    tail = (1 - level) / 2
    low, high = special.betaincinv(a, b, [tail, 1 - tail])
    return RatePosterior(mean=a / (a + b), low=float(low), high=float(high))


def log_odds_spread(outcomes: FloatArray, *, groups: IntArray) -> float:
    """Return the variance of log-odds between groups, beyond chance.

    Two outcomes of one group agree more often than two of different groups just as far as groups
    differ: their mean product of residuals over the squared rate is exp(variance) - 1 for rare
    outcomes. One standard error is added, so few outcomes widen the answer.

    Parameters
    ----------
    outcomes : ndarray of shape (n,), of 0 and 1
    groups : ndarray of shape (n,)
        Any integers; rows with the same integer belong together.
    """
    rate = outcomes.mean()
    if rate in (0.0, 1.0):
        return 0.0
    _, index = np.unique(groups, return_inverse=True)
    residuals = outcomes - rate
    together = np.bincount(index, weights=residuals)
    sizes = np.bincount(index)
    pairs = float((sizes * (sizes - 1)).sum())
    if pairs == 0:
        return 0.0
    products = float((together**2).sum() - (residuals**2).sum())
    noise = rate * (1 - rate) * np.sqrt(2 * pairs)
    excess = max(products, 0.0) + noise
    return float(np.log1p(excess / (pairs * (rate * (1 - rate)) ** 2)))
