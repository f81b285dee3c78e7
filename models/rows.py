"""Sparse rows as plain numpy arrays: what the assignment needs of a matrix, without scipy."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias, cast

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy import sparse

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
ColumnArray: TypeAlias = npt.NDArray[np.int32] | npt.NDArray[np.int64]


class Sparse(Protocol):
    """A scipy sparse array or matrix, named by what is used of it."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""

    def tocsr(self, *, copy: bool = False) -> "sparse.csr_array":
        """Return the same values row by row."""


Matrix: TypeAlias = Sparse | npt.ArrayLike


@dataclass(frozen=True, eq=False)
class Rows:
    """Non-zero entries row by row, columns ascending within a row.

    Attributes
    ----------
    starts : ndarray of shape (n_rows + 1,)
        Row r holds the entries from `starts[r]` up to `starts[r + 1]`.
    columns, values : ndarray of shape (n_entries,)
        Where an entry stands in its row, and how large it is. Read from a matrix they share its
        memory where they can, and its precision.
    n_columns : int
        Width of the matrix.
    """

    starts: IntArray
    columns: ColumnArray
    values: FloatArray
    n_columns: int

    @classmethod
    def of(cls, X: "Matrix | Rows") -> Self:
        """Read a dense or sparse matrix; zeros are left out, duplicates added up."""
        if isinstance(X, Rows):
            return cls(X.starts, X.columns, X.values, X.n_columns)
        if hasattr(X, "tocsr"):
            return cls._of_sparse(cast(Sparse, X))
        dense = np.atleast_2d(np.asarray(X, dtype=np.float64))
        row, columns = np.nonzero(dense)
        starts = np.searchsorted(row, np.arange(len(dense) + 1))
        return cls(starts, columns.astype(np.int32), dense[row, columns], dense.shape[1])

    @classmethod
    def _of_sparse(cls, X: Sparse) -> Self:
        matrix = X.tocsr()
        if not (matrix.has_canonical_format and matrix.data.all()):
            matrix = matrix.copy()
            matrix.sum_duplicates()
            matrix.eliminate_zeros()
        is_single = matrix.data.dtype == np.float32
        return cls(
            matrix.indptr.astype(np.int64, copy=False),
            matrix.indices.astype(np.int32, copy=False),
            matrix.data if is_single else matrix.data.astype(np.float64, copy=False),
            matrix.shape[1],
        )

    @property
    def n_rows(self) -> int:
        """Height of the matrix."""
        return len(self.starts) - 1

    @cached_property
    def counts(self) -> IntArray:
        """Entries of each row, shape (n_rows,)."""
        return np.diff(self.starts)

    @cached_property
    def owners(self) -> IntArray:
        """The row of each entry, shape (n_entries,)."""
        return np.repeat(np.arange(self.n_rows), self.counts)

    def with_values(self, values: FloatArray) -> "Rows":
        """Return the same places with other values; entries that became 0 are left out."""
        kept = values != 0
        if kept.all():
            return Rows(self.starts, self.columns, values, self.n_columns)
        total = np.concatenate([[0], np.cumsum(kept)])
        return Rows(total[self.starts], self.columns[kept], values[kept], self.n_columns)

    def part(self, first: int, last: int) -> "Rows":
        """Return the rows from `first` up to `last`."""
        low, high = self.starts[first], self.starts[last]
        starts = self.starts[first : last + 1] - low
        return Rows(starts, self.columns[low:high], self.values[low:high], self.n_columns)

    def take(self, rows: IntArray) -> "Rows":
        """Return the named rows in the named order."""
        counts = self.counts[rows]
        at = spans(self.starts[rows], counts)
        starts = np.concatenate([[0], np.cumsum(counts)])
        return Rows(starts, self.columns[at], self.values[at], self.n_columns)

    def parts(self, cost: IntArray, *, limit: int) -> Iterator[tuple[int, "Rows"]]:
        """Cut into pieces whose rows' `cost` adds up to about `limit`; yield first row and rows."""
        total = np.concatenate([[0], np.cumsum(cost)])
        first = 0
        while first < self.n_rows:
            reach = int(np.searchsorted(total, total[first] + limit, side="right")) - 1
            last = min(max(reach, first + 1), self.n_rows)
            yield first, self.part(first, last)
            first = last

    def to_csr(self) -> "sparse.csr_array":
        """Return the rows as a scipy array; the one place here that needs scipy."""
        from scipy import sparse

        parts = (self.values, self.columns, self.starts)
        return sparse.csr_array(parts, shape=(self.n_rows, self.n_columns))


def spans(starts: IntArray, counts: IntArray) -> IntArray:
    """Return `starts[i], starts[i] + 1, ...` for `counts[i]` steps, one span after the other."""
    ends = np.cumsum(counts)
    if not len(ends):
        return np.zeros(0, dtype=np.int64)
    return np.asarray(np.arange(ends[-1]) + np.repeat(starts - (ends - counts), counts))


def add_up(places: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Add values up by place, in the order they stand, shape (size,).

    Unlike pairwise or parallel sums, each place's figure depends on its own values alone.
    """
    return np.bincount(places, values, minlength=size).astype(np.float64, copy=False)
