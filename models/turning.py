"""When a share of people turned: the step in a series that chance does not make.

Each period's count is binomial. A step splits the series in two levels; the best one is where the
likelihood of two levels is largest, and it counts when the gain pays for one more level and for
having looked everywhere (Schwarz 1978; Hinkley 1970, "Inference about the change-point in a
sequence of random variables").
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from models.rows import FloatArray, IntArray

MATTERS = 1.1
"""Change of level worth telling."""


@dataclass(frozen=True)
class Turn:
    """The first period of the new level, and the shares on either side."""

    period: int
    before: float
    after: float


def turn(counts: IntArray, people: IntArray) -> Turn | None:
    """Return the step of a series of `counts` among `people`, None when it has none.

    Parameters
    ----------
    counts, people : ndarray of shape (n_periods,)
        How many were in, and how many there were; oldest first.
    """
    periods = len(counts)
    if periods < 2:
        return None
    left_in, left_of = np.cumsum(counts)[:-1], np.cumsum(people)[:-1]
    right_in, right_of = counts.sum() - left_in, people.sum() - left_of
    two = likelihood(left_in, left_of) + likelihood(right_in, right_of)
    one = float(likelihood(counts.sum(keepdims=True), people.sum(keepdims=True))[0])
    best = int(np.argmax(two))
    price = np.log(max(float(people.sum()), 2.0)) + np.log(periods)
    found = Turn(
        best + 1,
        float(left_in[best] / max(left_of[best], 1)),
        float(right_in[best] / max(right_of[best], 1)),
    )
    low, high = sorted((found.before, found.after))
    return found if two[best] - one > price and high >= MATTERS * low else None


def likelihood(counts: IntArray, people: IntArray) -> FloatArray:
    """Log-likelihood of binomial counts at their own shares, the constant left out."""
    share = counts / np.maximum(people, 1)
    return np.asarray(xlogy(counts, share) + xlogy(people - counts, 1.0 - share))
