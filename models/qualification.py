"""Where a person stands among all: one score out of several measures, and what it opens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Qualification:
    """Scores in [0, 1] and the measure that lifted each person most (-1: none did)."""

    score: FloatArray
    leading: IntArray
    used: BoolArray


def qualify(
    measures: FloatArray, *, weights: FloatArray, among: IntArray | None = None
) -> Qualification:
    """Combine measures into one score: the share of other people who stand lower.

    Each measure counts as the share of other people who have less of it, so units and skew do
    not matter. A measure that tells nobody apart is left out and the other weights take over;
    a person whose measure is not known (NaN) counts as having the least of it.

    Parameters
    ----------
    measures : ndarray of shape (n_people, n_measures)
    weights : ndarray of shape (n_measures,), each >= 0
    among : ndarray of shape (n_people,), optional
        Whose company each person is measured in; people of one number are measured together.
    """
    standing = np.column_stack([share_below(column, among) for column in measures.T])
    used = (weights > 0) & (standing.max(axis=0, initial=0.0) > 0)
    if not used.any():
        nobody = np.zeros(len(measures))
        return Qualification(nobody, np.full(len(measures), -1), used)
    lift = standing * np.where(used, weights, 0.0) / weights[used].sum()
    combined = np.round(lift.sum(axis=1), 12)
    leading = np.where(combined > 0, np.argmax(lift, axis=1), -1)
    return Qualification(share_below(combined, among), leading, used)


def share_below(values: FloatArray, among: IntArray | None = None) -> FloatArray:
    """Return, for each value, the share of the others that are strictly less; NaN is least."""
    filled = np.where(np.isnan(values), -np.inf, values)
    company = np.zeros(len(values), dtype=np.int64) if among is None else among
    order = np.lexsort((filled, company))
    first = np.unique(company[order], return_index=True)[1]
    sizes = np.diff(np.r_[first, len(values)])
    starts = np.repeat(first, sizes)
    ascending, place = filled[order], np.arange(len(values))
    fresh = np.r_[np.ones(min(len(values), 1), bool), ascending[1:] > ascending[:-1]] | (
        place == starts
    )
    rank = np.maximum.accumulate(np.where(fresh, place, 0)) - starts
    share = np.empty(len(values))
    share[order] = rank / np.maximum(np.repeat(sizes, sizes) - 1, 1)
    return share


def reached(
    measures: Mapping[str, FloatArray], asked: Sequence[Mapping[str, float | FloatArray]]
) -> BoolArray:
    """Return who reached all that one of several ways asks; NaN reaches nothing.

    Each way maps measures to the least that will do, one for all people or one each.
    """
    n_people = len(next(iter(measures.values())))
    by_any = np.zeros(n_people, dtype=bool)
    for way in asked:
        by_any |= np.all([measures[name] >= least for name, least in way.items()], axis=0)
    return by_any
