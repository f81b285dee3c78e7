"""Samples of people drawn by what they did, not by where they stand in the table."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from models.kernels.digests import hash_rows
from models.kernels.threads import over_pieces
from models.rows import FloatArray, IntArray, Rows
from models.scrambling import Hash, chance, scrambled

ALIKE = 8
"""Equal rows that may be one person: a resample draws hardly anyone more often."""


@dataclass(frozen=True, eq=False)
class Canon:
    """The rows of a table in the order of their hashes.

    Two tables with the same rows are the same table in that order.

    Attributes
    ----------
    order : ndarray of shape (n_rows,)
        Numbers of the rows.
    hashes : ndarray of shape (n_rows,)
        Their hashes, ascending.
    """

    order: IntArray
    hashes: Hash

    @classmethod
    def of(cls, rows: Rows) -> Self:
        """Hash the rows and sort them."""
        hashes = row_hashes(rows)
        order = np.argsort(hashes)
        return cls(order, hashes[order])

    @cached_property
    def own(self) -> Hash:
        """A hash for each row, equal rows no longer alike."""
        return self.hashes ^ scrambled(occurrences(self.hashes).astype(np.uint64))

    @cached_property
    def shared(self) -> Hash:
        """A hash for each row in the order of the table, `ALIKE` equal rows at a time alike.

        So few may be one person drawn again; many are different people.
        """
        blocks = occurrences(self.hashes) // ALIKE
        shared = np.empty_like(self.hashes)
        shared[self.order] = self.hashes ^ scrambled(blocks.astype(np.uint64))
        return shared


def row_hashes(rows: Rows) -> Hash:
    """Hash each row's tags and weights to 64 bits; equal rows have equal hashes."""
    hashes = np.empty(rows.n_rows, np.uint64)

    def work(first: int, piece: Rows) -> None:
        columns = piece.columns.astype(np.int32, copy=False)
        values = piece.values.astype(np.float64, copy=False)
        hash_rows(piece.starts, columns, values, hashes[first : first + piece.n_rows])

    over_pieces(rows, work)
    return hashes


def occurrences(hashes: Hash) -> IntArray:
    """Number equal hashes 0, 1, 2, ... in the order they stand; `hashes` must be sorted."""
    places = np.arange(len(hashes))
    is_first = np.diff(hashes, prepend=~hashes[:1]) != 0
    return places - np.maximum.accumulate(np.where(is_first, places, 0))


def draw(canon: Canon, count: int, *, seed: int, weights: FloatArray | None = None) -> IntArray:
    """Draw the numbers of `count` rows without replacement, in canonical order.

    Weighted by Efraimidis & Spirakis (2006), "Weighted random sampling with a reservoir", with
    hashes in place of random numbers. `weights` stand in the order of the table.
    """
    if count >= len(canon.order):
        return canon.order
    salt = scrambled(np.array([seed % 2**63], dtype=np.uint64) + np.uint64(0x5851F42D4C957F2D))
    keys = -chance(scrambled(canon.own ^ salt))
    if weights is not None:
        keys = -np.log(-keys) / np.maximum(weights, 1e-12)[canon.order]
    return canon.order[np.sort(np.argpartition(keys, count)[:count])]
