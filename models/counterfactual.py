"""What would have to be different: the fewest tags to take away for another circle.

Nothing here is believed because of its score: every answer was placed anew by `assign`.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from models.explanation import explain
from models.profiles import TagProfiles, assign
from models.rows import ColumnArray, FloatArray, IntArray, Matrix, Rows

MOST_SETS = 512
"""Sets of one size that are tried, those with the most telling tags first."""
EXACT_UP_TO = 3
"""Sizes up to this are searched set by set; larger answers are found greedily, then pruned."""


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """What makes the difference for one person.

    Attributes
    ----------
    circle : int
        The person's circle; -1 for none.
    removed : ndarray of shape (n_removed,)
        Tags without which the person is in `instead`; empty when no removal changes the circle.
    instead : int
        The circle after the removal; -1 for none.
    is_smallest : bool
        Whether every smaller removal was tried and changed nothing.
    """

    circle: int
    removed: IntArray
    instead: int
    is_smallest: bool


def counterfactual(profiles: TagProfiles, x: Matrix | Rows) -> Counterfactual:
    """Find the fewest tags whose removal changes a person's circle, for one row of raw weights."""
    row = one_row(x)
    told = explain(profiles, row)
    circle = int(assign(profiles, row).labels[0])
    if circle < 0 or not row.values.size:
        return Counterfactual(circle, np.zeros(0, dtype=np.int64), circle, True)
    exact = True
    for size in range(1, min(EXACT_UP_TO, len(told.tags)) + 1):
        sets = likeliest(told.tags, size)
        labels = placed_without(profiles, row, sets)
        changed = np.flatnonzero(labels != circle)
        if len(changed):
            at = int(changed[0])
            return Counterfactual(circle, np.sort(sets[at]), int(labels[at]), exact)
        exact = exact and len(sets) == comb(len(told.tags), size)
    return pruned(profiles, row, circle, told.tags)


def bringing_tags(profiles: TagProfiles, x: Matrix | Rows, circle: int) -> IntArray:
    """Return the tags one of which, had once, would bring the person to a circle, best first."""
    row = one_row(x)
    mine = slice(profiles.starts[circle], profiles.starts[circle + 1])
    tags, shares = profiles.tags[mine], profiles.shares[mine]
    lift = shares / np.maximum(profiles.background[tags], 1e-12)
    tags = tags[np.lexsort((tags, -lift))]
    tags = tags[~np.isin(tags, row.columns)][:MOST_SETS]
    usual = float(np.median(row.values)) if row.values.size else 1.0
    asked = stacked([with_tag(row, int(tag), usual) for tag in tags], profiles.n_tags)
    return np.asarray(tags[assign(profiles, asked).labels == circle], dtype=np.int64)


def one_row(x: Matrix | Rows) -> Rows:
    """Return a single row, zero weights left out."""
    row = Rows.of(x)
    if row.n_rows != 1:
        raise ValueError(f"`x` must be one row, got {row.n_rows}. Ask for people one at a time.")
    return without(row, np.zeros(0, dtype=np.int64))


def likeliest(tags: IntArray, size: int) -> IntArray:
    """Sets of `size` tags among as many of the most telling ones as can be tried."""
    width = len(tags)
    while size > 1 and comb(width, size) > MOST_SETS:
        width -= 1
    sets = [tags[list(places)] for places in combinations(range(width), size)]
    return np.array(sets, dtype=np.int64)


def placed_without(profiles: TagProfiles, row: Rows, sets: IntArray) -> IntArray:
    """The circle of the row without each of the sets."""
    asked = stacked([without(row, tags) for tags in sets], profiles.n_tags)
    return assign(profiles, asked).labels.astype(np.int64)


def pruned(profiles: TagProfiles, row: Rows, circle: int, tags: IntArray) -> Counterfactual:
    """Take telling tags away one after the other until it matters, then put back the needless."""
    steps = stacked([without(row, tags[: end + 1]) for end in range(len(tags))], profiles.n_tags)
    changed = np.flatnonzero(assign(profiles, steps).labels != circle)
    if not len(changed):
        return Counterfactual(circle, np.zeros(0, dtype=np.int64), circle, False)
    removed = tags[: int(changed[0]) + 1]
    for tag in reversed(removed.tolist()):
        fewer = removed[removed != tag]
        if len(fewer) and label_without(profiles, row, fewer) != circle:
            removed = fewer
    instead = label_without(profiles, row, removed)
    return Counterfactual(circle, np.sort(removed), instead, False)


def label_without(profiles: TagProfiles, row: Rows, tags: IntArray) -> int:
    """The circle of the row without some tags."""
    return int(assign(profiles, without(row, tags)).labels[0])


def without(row: Rows, tags: IntArray) -> Rows:
    """The row without some tags."""
    kept = ~np.isin(row.columns, tags) & (row.values > 0)
    return of_entries(row.columns[kept], row.values[kept], row.n_columns)


def with_tag(row: Rows, tag: int, weight: float) -> Rows:
    """The row with one tag more."""
    columns, values = np.append(row.columns, tag), np.append(row.values, weight)
    order = np.argsort(columns, kind="stable")
    return of_entries(columns[order], values[order], row.n_columns)


def of_entries(columns: ColumnArray, values: FloatArray, n_tags: int) -> Rows:
    """One row with these entries."""
    return Rows(np.array([0, len(columns)], dtype=np.int64), columns, values, n_tags)


def stacked(rows: list[Rows], n_tags: int) -> Rows:
    """Rows one below the other."""
    none = np.zeros(0)
    counts = np.array([len(row.columns) for row in rows], dtype=np.int64)
    return Rows(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.concatenate([none.astype(np.int64), *(row.columns for row in rows)]),
        np.concatenate([none, *(row.values for row in rows)]),
        n_tags,
    )
