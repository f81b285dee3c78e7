"""Where a person stands among all: one score out of several measures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Qualification:
    """Scores in [0, 1] and the measure that lifted each person most (-1: none did)."""

    score: FloatArray
    leading: IntArray
    used: NDArray[np.bool_]


def qualify(measures: FloatArray, *, weights: FloatArray) -> Qualification:
    """Combine measures into one score: the share of other people who stand lower.

    Each measure counts as the share of other people who have less of it, so units and skew do
    not matter. A measure that tells nobody apart is left out and the other weights take over;
    a person whose measure is not known (NaN) counts as having the least of it.

    Parameters
    ----------
    measures : ndarray of shape (n_people, n_measures)
    weights : ndarray of shape (n_measures,), each >= 0
    """
    standing = np.column_stack([share_below(column) for column in measures.T])
    used = (weights > 0) & (standing.max(axis=0, initial=0.0) > 0)
    if not used.any():
        nobody = np.zeros(len(measures))
        return Qualification(nobody, np.full(len(measures), -1), used)
    lift = standing * np.where(used, weights, 0.0) / weights[used].sum()
    combined = np.round(lift.sum(axis=1), 12)
    leading = np.where(combined > 0, np.argmax(lift, axis=1), -1)
    return Qualification(share_below(combined), leading, used)


def share_below(values: FloatArray) -> FloatArray:
    """Return, for each value, the share of the others that are strictly less; NaN is least."""
    filled = np.where(np.isnan(values), -np.inf, values)
    below = rankdata(filled, method="min") - 1.0
    return np.asarray(below / max(len(values) - 1, 1), dtype=np.float64)
