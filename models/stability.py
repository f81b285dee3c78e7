"""How well circles survive when other people of the same kind had been observed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int32]
Fit = Callable[[sparse.csr_array, int], Callable[[sparse.csr_array], Labels]]

MOST_DRAWN, MOST_PEOPLE = 40_000, 20_000
"""People of a resample, who say which tags lie together, and those learned from among them."""
FEW_JUDGES = 200.0
LEVEL = 0.95
FIRM = 0.60
"""Least stability of a pattern; circles below it dissolve among other people."""


@dataclass(frozen=True, eq=False)
class Stability:
    """Bootstrap Jaccard of each circle, in [0, 1], with a 95 % interval; NaN is not measured.

    Hennig's scale: from 0.60 a pattern, from 0.75 a valid circle, from 0.85 a highly stable one.
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray


def bootstrap_jaccard(
    X: sparse.csr_array, labels: Labels, *, n_circles: int, fit: Fit, n_resamples: int, seed: int
) -> Stability:
    """Refit on resamples of the people and see how much of each circle is found again.

    Each resample is judged on people of its own, among whom small circles are well represented.

    Parameters
    ----------
    X : csr_array of shape (n_users, n_tags)
    labels : ndarray of shape (n_users,)
        The circle of each person, below `n_circles`; -1 for none.
    fit : callable
        `fit(X, seed)` returns a function from rows to labels; seeds differ between resamples.
    n_resamples : int
        With 0 nothing is measured. Each uses at most 40,000 people.

    References
    ----------
    Hennig (2007), "Cluster-wise assessment of cluster stability".
    """
    resamples = Resamples.of(X, labels, n_circles=n_circles, seed=seed)
    found = [resamples.overlaps(fit, number) for number in range(n_resamples)]
    return summary(np.array(found).reshape(n_resamples, n_circles))


@dataclass(frozen=True, eq=False)
class Resamples:
    """Numbered resamples of people, each with judges of its own.

    `chances` say how likely each person judges.
    """

    X: sparse.csr_array
    labels: Labels
    chances: FloatArray
    n_circles: int
    seed: int

    @classmethod
    def of(cls, X: sparse.csr_array, labels: Labels, *, n_circles: int, seed: int) -> Self:
        """Let people judge by the sizes of their circles."""
        return cls(X, labels, judge_chances(labels, n_circles), n_circles, seed)

    def overlaps(self, fit: Fit, number: int) -> FloatArray:
        """Refit on one resample; return the best overlap of each circle, as its judges see it."""
        rng, people = np.random.default_rng([self.seed, number]), len(self.labels)
        again = fit(self.X[resample(rng, people)], self.seed + number + 1)
        judges = np.flatnonzero(rng.random(people) < self.chances)
        return best_jaccard(
            self.labels[judges],
            again(self.X[judges]),
            self.n_circles,
            weights=1.0 / self.chances[judges],
        )


def resample(rng: np.random.Generator, people: int, *, most: int = MOST_DRAWN) -> IntArray:
    """Draw rows with replacement, in ascending order; no more than a refit needs."""
    return np.sort(rng.integers(0, people, min(people, most)))


def judge_chances(labels: Labels, n_circles: int) -> FloatArray:
    """How likely each person judges a refit: as likely as it takes for a fair number of judges.

    Of a small circle some 200 are asked, so that its overlap is known to a few hundredths.
    """
    size = np.bincount(labels[labels >= 0], minlength=n_circles)
    wanted = np.append(FEW_JUDGES / np.maximum(size, 1), 0.0)
    chances = np.maximum(wanted[labels], MOST_PEOPLE / max(len(labels), 1))
    return np.asarray(np.minimum(chances, 1.0))


def best_jaccard(
    labels: Labels, again: Labels, n_circles: int, *, weights: FloatArray | None = None
) -> FloatArray:
    """Return each circle's best overlap with any circle of the refit; NaN without members.

    A person counts as many people as their weight says, by default one.
    """
    weights = np.ones(len(labels)) if weights is None else weights
    n_again = int(again.max(initial=-1)) + 1
    in_circle, in_again = labels >= 0, again >= 0
    both = in_circle & in_again
    pairs = labels[both].astype(np.int64) * max(n_again, 1) + again[both]
    joint = np.bincount(pairs, weights[both], minlength=n_circles * n_again)
    joint = joint.reshape(n_circles, n_again)
    before = np.bincount(labels[in_circle], weights[in_circle], minlength=n_circles)
    after = np.bincount(again[in_again], weights[in_again], minlength=n_again)
    jaccard = joint / np.maximum(before[:, None] + after[None] - joint, 1e-12)
    return np.where(before > 0, jaccard.max(axis=1, initial=0.0), np.nan)


def over_people(stability: FloatArray, sizes: IntArray) -> float | None:
    """Return the stability of the circle a person is in, on average; None when unmeasured."""
    measured = ~np.isnan(stability) & (sizes > 0)
    people = int(sizes[measured].sum())
    return float(stability[measured] @ sizes[measured]) / people if people else None


def summary(found: FloatArray) -> Stability:
    """Mean over the resamples, and the interval of the mean (Student's t, cut to [0, 1])."""
    from scipy.stats import t

    counts = np.count_nonzero(~np.isnan(found), axis=0)
    total = np.nansum(found, axis=0)
    mean = np.where(counts > 0, total / np.maximum(counts, 1), np.nan)
    square = np.nansum((found - mean) ** 2, axis=0)
    error = np.sqrt(square / np.maximum(counts - 1, 1) / np.maximum(counts, 1))
    reach = t.ppf(0.5 + LEVEL / 2, np.maximum(counts - 1, 1)) * error
    wide = np.where(counts > 1, reach, np.inf)
    low, high = np.clip(mean - wide, 0.0, 1.0), np.clip(mean + wide, 0.0, 1.0)
    return Stability(mean, low, high)
