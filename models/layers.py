"""Sums that grow: each batch of events is a layer of its own, laid together when rows are read.

Sums are whole numbers, so however the events were split into layers, a row reads the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from models.kernels import merging
from models.partition import Partition
from models.rows import IntArray
from models.windows import Sums

People = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Layer:
    """The sums of some people; row i is person `people[i]`'s, and people ascend."""

    people: People
    sums: Sums

    @classmethod
    def of(cls, partition: Partition, *, threads: int = 1) -> Self:
        """Add up all that was parked."""
        room, filled = Sums.room(len(partition.latest), partition.n_parked), 0
        for part, sums in enumerate(partition.over_parts(partition.add_up, threads=threads)):
            first, end = partition.span(part).start, filled + len(sums.tags)
            room.starts[first : first + len(sums.starts)] = sums.starts + filled
            for column in ("tags", "windows", "amounts"):
                getattr(room, column)[filled:end] = getattr(sums, column)
            filled = end
        return cls.without_gaps(room.until(len(partition.latest)))

    @classmethod
    def without_gaps(cls, sums: Sums) -> Self:
        """Leave out the people whose rows are empty."""
        people = np.flatnonzero(np.diff(sums.starts)).astype(np.int32)
        starts = np.append(sums.starts[people], sums.starts[-1])
        return cls(people, replace(sums, starts=starts))

    def renumbered(self, numbers: People) -> Self:
        """The same sums under the people's new numbers, which keep their order."""
        return replace(self, people=numbers[self.people])

    def rows_of(self, people: People) -> IntArray:
        """The row of each person, -1 for who has none here."""
        if not len(self.people):
            return np.full(len(people), merging.NOWHERE, np.int64)
        rows = np.minimum(np.searchsorted(self.people, people), len(self.people) - 1)
        return np.where(self.people[rows] == people, rows, merging.NOWHERE)


def rows_together(layers: Iterable[Layer], people: People) -> Sums:
    """Lay together the rows of some people, in the order given."""
    none = np.zeros(0, np.int32)
    starts = np.zeros(len(people) + 1, np.int64)
    together = Sums(starts, none, none.astype(np.uint16), none.astype(np.uint32))
    rows = np.arange(len(people))
    for layer in layers:
        together = _merged(together, rows, layer.sums, layer.rows_of(people))
    return together


def _merged(sums: Sums, rows: IntArray, other: Sums, other_rows: IntArray) -> Sums:
    size = _entries(sums, rows) + _entries(other, other_rows)
    starts = np.empty(len(rows) + 1, np.int64)
    tags, windows = np.empty(size, np.int32), np.empty(size, np.uint16)
    amounts = np.empty(size, np.uint32)
    merging.merge(
        rows, sums.starts, sums.tags, sums.windows, sums.amounts,
        other_rows, other.starts, other.tags, other.windows, other.amounts,
        starts, tags, windows, amounts,
    )  # fmt: skip
    end = int(starts[-1])
    return Sums(starts, tags[:end], windows[:end], amounts[:end])


def _entries(sums: Sums, rows: IntArray) -> int:
    there = rows[rows >= 0]
    return int((sums.starts[there + 1] - sums.starts[there]).sum())
