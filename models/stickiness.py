"""How likely a customer is to come back within the horizon.

History is cut one horizon ago: habits before the cut (recency, frequency, tenure) meet what
happened after it. Customers with like habits share a cell; a cell's rate is pulled toward a
logistic curve over the cells, by as much as cells scatter about it. The table is then read with
today's habits.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, expit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

DAY_EDGES = np.array([0.5, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 135, 180, 270, 365, 730])
TENURE_EDGES = np.array([7, 30, 90, 180, 365, 730])
FREQUENCY_EDGES = np.array([2, 3, 4, 5, 7, 10, 15, 25, 40, 80, 160])
RIDGE = 1e-3
PRIOR_TRIALS = np.array([2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 1e6])


@dataclass(frozen=True)
class Habits:
    """Customers' habits at one moment; a customer without any activity yet has NaN recency."""

    recency_days: FloatArray
    active_days: FloatArray
    tenure_days: FloatArray

    @property
    def seen(self) -> BoolArray:
        """Whether the customer had been active by then."""
        return ~np.isnan(self.recency_days)


@dataclass(frozen=True)
class ReturnTable:
    """Probability of coming back for each cell of recency x frequency x tenure."""

    probability: FloatArray
    trials: IntArray
    base_rate: float

    def look_up(self, habits: Habits) -> FloatArray:
        """Return the probability for each customer; NaN for those never active."""
        found = np.full(len(habits.recency_days), np.nan)
        found[habits.seen] = self.probability[cells(habits)]
        return found


def learn_returns(habits: Habits, *, came_back: BoolArray) -> ReturnTable:
    """Learn from habits at a past cut and whether each customer was active in the horizon after.

    Customers not yet active at the cut take no part. With nobody to learn from, every
    probability is NaN.
    """
    shape = (len(DAY_EDGES) + 1, len(FREQUENCY_EDGES) + 1, len(TENURE_EDGES) + 1)
    cell = np.ravel_multi_index(cells(habits), shape)
    trials = np.bincount(cell, minlength=int(np.prod(shape)))
    returns = np.bincount(cell[came_back[habits.seen]], minlength=len(trials))
    if not trials.any():
        return ReturnTable(np.full(shape, np.nan), trials.reshape(shape), float("nan"))
    curve = logistic_curve(cell_features(shape), trials=trials, returns=returns)
    prior = best_prior(curve, trials=trials, returns=returns)
    probability = (returns + prior * curve) / (trials + prior)
    base_rate = float(returns.sum() / trials.sum())
    return ReturnTable(probability.reshape(shape), trials.reshape(shape), base_rate)


def cells(habits: Habits) -> tuple[IntArray, IntArray, IntArray]:
    """Return the cell of every customer seen, as positions along recency, frequency, tenure."""
    return (
        np.searchsorted(DAY_EDGES, habits.recency_days[habits.seen], side="right"),
        np.searchsorted(FREQUENCY_EDGES, habits.active_days[habits.seen], side="right"),
        np.searchsorted(TENURE_EDGES, habits.tenure_days[habits.seen], side="right"),
    )


def cell_features(shape: tuple[int, int, int]) -> FloatArray:
    """Describe each cell: an intercept, its three positions, and how they bend each other."""
    recency, frequency, tenure = (
        grid.ravel() / (size - 1) for grid, size in zip(np.indices(shape), shape, strict=True)
    )
    return np.column_stack(
        [
            np.ones_like(recency),
            recency,
            frequency,
            tenure,
            recency**2,
            frequency**2,
            recency * frequency,
            recency * tenure,
            frequency * tenure,
        ]
    )


def logistic_curve(features: FloatArray, *, trials: IntArray, returns: IntArray) -> FloatArray:
    """Fit a ridge logistic regression of returns out of trials by Newton's method."""
    weights = np.zeros(features.shape[1])
    penalty = RIDGE * np.diag(np.r_[0.0, np.ones(features.shape[1] - 1)]) * trials.sum()
    penalty[0, 0] = 1e-9
    for _ in range(50):
        chance = expit(features @ weights)
        slope = features.T @ (returns - trials * chance) - penalty @ weights
        curvature = (features.T * (trials * chance * (1 - chance))) @ features + penalty
        step = np.linalg.solve(curvature, slope)
        weights += np.clip(step, -5.0, 5.0)
        if np.abs(step).max() < 1e-9:
            break
    curve: FloatArray = np.clip(expit(features @ weights), 1e-6, 1 - 1e-6)
    return curve


def best_prior(curve: FloatArray, *, trials: IntArray, returns: IntArray) -> float:
    """Return how many trials the curve counts as: the likeliest under a beta-binomial."""
    used = trials > 0
    hits, misses, mean = returns[used], (trials - returns)[used], curve[used]
    likelihood = [
        (betaln(n * mean + hits, n * (1 - mean) + misses) - betaln(n * mean, n * (1 - mean))).sum()
        for n in PRIOR_TRIALS
    ]
    return float(PRIOR_TRIALS[int(np.argmax(likelihood))])
