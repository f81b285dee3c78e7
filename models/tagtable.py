"""What the tags of a row say for each circle: sparse sums over the signatures they hit.

A row's tags are drawn from a circle's signature with probability s and from the background else;
s stands on a small grid. Only circles whose signature holds one of the row's tags are touched.
Every sum runs inside one row in ascending order of its tags, so a row's figures are bitwise the
same alone and in any batch.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.exponentials import exp, log
from models.rows import FloatArray, IntArray, Rows, add_up, spans

PAIRS_AT_ONCE = 400_000
LANES = 8


@dataclass(frozen=True, eq=False)
class TagTable:
    """Signatures turned round: for each tag the circles that hold it.

    Attributes
    ----------
    starts : ndarray of shape (n_tags + 1,)
        Tag t owns the entries from `starts[t]` up to `starts[t + 1]`.
    circles, ratios : ndarray of shape (n_entries,)
        Circle of an entry; how much likelier its signature draws the tag than the background.
    grid : ndarray of shape (n_grid,)
        Shares of a row's tags that may come from the signature, each in (0, 1).
    n_circles : int
        Number of circles, those without any tag included.
    """

    starts: IntArray
    circles: IntArray
    ratios: FloatArray
    grid: FloatArray
    n_circles: int

    @classmethod
    def of(cls, signatures: Rows, *, background: FloatArray, grid: FloatArray) -> "TagTable":
        """Turn signatures (circles x tags) into the table of their tags."""
        order = np.argsort(signatures.columns, kind="stable")
        tags = signatures.columns[order]
        starts = np.searchsorted(tags, np.arange(signatures.n_columns + 1))
        ratios = signatures.values[order] / np.maximum(background[tags], 1e-12)
        return cls(starts, signatures.owners[order], ratios, grid, signatures.n_rows)

    @cached_property
    def base(self) -> FloatArray:
        """Log-ratio of a tag outside the signature, shape (n_grid,)."""
        return log(1.0 - self.grid)

    @cached_property
    def gains(self) -> FloatArray:
        """What a tag in the signature adds to `base`, shape (n_grid, n_entries)."""
        return log(1.0 + self._odds)

    @cached_property
    def gains_by_entry(self) -> FloatArray:
        """The same the other way round, for loops that go from entry to entry."""
        return np.ascontiguousarray(self.gains.T)

    @cached_property
    def gains_in_lanes(self) -> FloatArray:
        """`gains_by_entry` with zeros up to a full vector of the processor."""
        missing = -len(self.grid) % LANES
        return np.pad(self.gains_by_entry, [(0, 0), (0, missing)])

    @cached_property
    def shares(self) -> FloatArray:
        """Probability that the signature, not the background, drew the tag, like `gains`."""
        return np.asarray(self._odds / (1.0 + self._odds))

    @cached_property
    def shares_by_entry(self) -> FloatArray:
        """The same the other way round."""
        return np.ascontiguousarray(self.shares.T)

    @property
    def _odds(self) -> FloatArray:
        return np.multiply.outer(self.grid / (1.0 - self.grid), self.ratios)

    def cost(self, rows: Rows) -> IntArray:
        """Cells each row will need: its pairs of tag and circle, and a mark for each circle."""
        counts = np.diff(self.starts)[rows.columns]
        total = np.concatenate([[0], np.cumsum(counts)])
        return np.asarray(total[rows.starts[1:]] - total[rows.starts[:-1]] + self.n_circles + 1)


@dataclass(frozen=True, eq=False)
class Evidence:
    """The pairs (tag of a row, circle holding it) of some rows, gathered by (row, circle) slot.

    Attributes
    ----------
    token, entry, slot : ndarray of shape (n_pairs,)
        The row entry, the table entry and the slot of a pair.
    slot_row, slot_circle : ndarray of shape (n_slots,)
        Row and circle of a slot; slots ascend by row, then circle.
    scores : ndarray of shape (n_grid, n_slots)
        Log-likelihood ratio of the row under the circle against the background.
    unhit : ndarray of shape (n_grid, n_rows)
        The same for a circle none of whose tags the row has.
    """

    token: IntArray
    entry: IntArray
    slot: IntArray
    slot_row: IntArray
    slot_circle: IntArray
    scores: FloatArray
    unhit: FloatArray


def gather(table: TagTable, rows: Rows) -> Evidence:
    """Sum the evidence of each row's tags for each circle they point to."""
    starts = table.starts[rows.columns]
    counts = table.starts[rows.columns + 1] - starts
    token = np.repeat(np.arange(len(counts)), counts)
    entry = spans(starts, counts)
    key = rows.owners[token] * table.n_circles + table.circles[entry]
    hit = np.zeros(rows.n_rows * table.n_circles, dtype=bool)
    hit[key] = True
    keys = np.flatnonzero(hit)
    slot = (np.cumsum(hit) - 1)[key]
    slot_row = keys // max(table.n_circles, 1)
    weights = add_up(rows.owners, rows.values, rows.n_rows)
    unhit = np.asarray(np.multiply.outer(table.base, weights))
    weight = rows.values[token]
    sums = [add_up(slot, weight * gain[entry], len(keys)) for gain in table.gains]
    scores = np.stack(sums)
    scores += unhit[:, slot_row]
    circle = keys - slot_row * table.n_circles
    return Evidence(token, entry, slot, slot_row, circle, scores, unhit)


def log_sum(scores: FloatArray, weights: FloatArray) -> FloatArray:
    """Return log(sum over the grid of weight * exp(score)), one figure a column."""
    top = scores.max(axis=0)
    total = np.zeros_like(top)
    for row, weight in zip(exp(scores - top), weights, strict=True):
        total += weight * row
    return np.asarray(top + log(total))
