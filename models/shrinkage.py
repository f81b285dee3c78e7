"""Rates from few trials: how far to pull each toward the crowd's."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from models.betabounds import beta_quantiles

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]

TINY = 1e-9
USUAL_SPREAD = 1.0
"""How far rates of users or contents are believed to differ before data speak."""


@dataclass(frozen=True)
class RatePosterior:
    """What is believed of one rate: its mean and the central interval holding it."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class RateInterval:
    """Bounds of rates, each of shape (n,)."""

    low: FloatArray
    high: FloatArray


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


def relative_spread(outcomes: FloatArray, *, groups: IntArray) -> float:
    """Return the variance of groups' rates over the squared mean rate, beyond chance.

    Two outcomes of one group agree more often than two of different groups just as far as groups
    differ: the mean product of their residuals is that variance. It is weighed against the belief
    that groups differ by a relative variance of about 1, and one standard error is added, so few
    outcomes widen the answer but never beyond what is believable.

    Parameters
    ----------
    outcomes : ndarray of shape (n,), of 0 and 1
    groups : ndarray of shape (n,)
        Any integers; rows with the same integer belong together.
    """
    rate = outcomes.mean()
    _, index = np.unique(groups, return_inverse=True)
    sizes = np.bincount(index)
    pairs = float((sizes * (sizes - 1)).sum())
    if rate in (0.0, 1.0):
        return 0.0
    if pairs == 0:
        return 2 * USUAL_SPREAD
    residuals = outcomes - rate
    products = (np.bincount(index, weights=residuals) ** 2).sum() - (residuals**2).sum()
    noise = (1 - rate) / rate * np.sqrt(2 / pairs)
    found = max(products, 0.0) / (pairs * rate**2)
    trust = 1 / (1 + (noise / USUAL_SPREAD) ** 2)
    return float(trust * found + (1 - trust) * USUAL_SPREAD + np.sqrt(trust) * noise)


def spread_left(spread: FloatArray | float, *, shares: FloatArray) -> FloatArray:
    """Return the relative variance left of a group's rate once it has shared so often.

    A gamma prior of relative variance v has shape 1 / v, and each share adds 1 to the shape.
    """
    return np.asarray(spread / (1 + spread * shares), dtype=np.float64)


def rate_interval(mean: FloatArray, *, relative_variance: FloatArray, level: float) -> RateInterval:
    """Return the central interval of beta distributions with these means and relative variances.

    The mean always lies inside.
    """
    # many rows are alike, and the inverse is dear
    each, place = np.unique(mean + 1j * np.maximum(relative_variance, TINY), return_inverse=True)
    total = np.maximum((1 - each.real) / (each.imag * each.real) - 1, TINY)
    low, high = (
        beta_quantiles(each.real, total, tail=tail)[place]
        for tail in ((1 - level) / 2, (1 + level) / 2)
    )
    return RateInterval(low=np.minimum(low, mean), high=np.maximum(high, mean))
