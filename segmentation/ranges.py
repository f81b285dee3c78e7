"""Who has at least so much of a measure: everyone from the least on, and bitmaps at some ranks."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segmentation.amounts import AS_IT_IS, Decimals, to_amounts
from segmentation.billionths import WHOLE, Parts, to_shares
from segmentation.bitmaps import NOBODY, Bitmaps, Key, PlaceArray, Places, sorted_bitmap

FloatArray = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

LEVELS = 128  # how a snapshot is laid out: its bitmaps are at the ranks that follow from it


@dataclass(frozen=True, eq=False)
class Measure:
    """One measure of everyone; where it is not known, nothing is true of it.

    `values` has it by row, a share in billionths and an amount in parts of a `scale`, and `rows`
    the row at each place. `order` lists the places of those of whom it is known, the least first;
    `marks` are some ranks in it, the first and the last among them. For each mark but the last
    there is a bitmap of who comes from it on, so that a comparison looks at those between a rank
    and the mark nearest to it alone.
    """

    name: str
    values: FloatArray | Parts | Decimals
    rows: Integers
    order: PlaceArray
    marks: tuple[int, ...]
    bitmaps: Bitmaps
    scale: int = AS_IT_IS

    def span(self, comparator: str, number: float) -> "Span":
        """Those whose value compares so with a number."""
        known = len(self.order)
        match comparator:
            case "<":
                ranks = range(self._rank(number))
            case "<=":
                ranks = range(self._rank_after(number))
            case ">":
                ranks = range(self._rank_after(number), known)
            case ">=":
                ranks = range(self._rank(number), known)
            case _:
                ranks = range(self._rank(number), self._rank_after(number))
        return Span(self, ranks)

    def select(self, ranks: range, within: Places) -> Places:
        """Those within who have some successive ranks."""
        if len(ranks) <= len(self.order) // LEVELS:
            return within & self._placed((ranks.start, ranks.stop))
        first, last = self._nearest(ranks.start), self._nearest(ranks.stop)
        start, stop = self.marks[first], self.marks[last]
        missing = self._placed((ranks.start, start), (stop, ranks.stop))
        surplus = self._placed((start, ranks.start), (ranks.stop, stop))
        chosen = within & self._marked(first)
        # Each step makes a copy, which those that change nothing need not.
        if after := self._marked(last):
            chosen -= after
        if surplus:
            chosen -= surplus
        return chosen | (within & missing) if missing else chosen

    def known(self) -> Places:
        """Those of whom it is known."""
        return self._marked(0)

    def at(self, places: npt.NDArray[np.integer]) -> FloatArray:
        """The values of those at some places; NaN where it is not known."""
        values = self.values[self.rows[places]]
        return to_shares(values) if values.dtype == np.uint32 else to_amounts(values, self.scale)

    def _rank(self, number: float) -> int:
        return bisect_left(range(len(self.order)), number, key=self._value)

    def _rank_after(self, number: float) -> int:
        return bisect_right(range(len(self.order)), number, key=self._value)

    def _value(self, rank: int) -> float:
        value = self.values[self.rows[self.order[rank]]]
        parts = WHOLE if value.dtype == np.uint32 else self.scale
        return float(value) / parts if parts else float(value)

    def _nearest(self, rank: int) -> int:
        after = bisect_left(self.marks, rank)
        before = max(after - 1, 0)
        is_before = rank - self.marks[before] < self.marks[after] - rank
        return before if is_before else after

    def _marked(self, mark: int) -> Places:
        return self.bitmaps.get(*level_key(self.name, mark))

    def _placed(self, *spans: tuple[int, int]) -> Places:
        parts = [self.order[start:stop] for start, stop in spans if start < stop]
        return sorted_bitmap(np.sort(np.concatenate(parts))) if parts else NOBODY


@dataclass(frozen=True, eq=False)
class Span:
    """Those whose ranks in a measure lie between two bounds."""

    measure: Measure
    ranks: range

    def __len__(self) -> int:
        return len(self.ranks)

    def __and__(self, other: "Span") -> "Span":
        start = max(self.ranks.start, other.ranks.start)
        stop = min(self.ranks.stop, other.ranks.stop)
        return Span(self.measure, range(start, stop))

    def select(self, within: Places) -> Places:
        """Those of them within."""
        return self.measure.select(self.ranks, within)


def places_by(values: FloatArray) -> PlaceArray:
    """The places of those of whom a measure is known, the least first, equals by place."""
    known = np.flatnonzero(~np.isnan(values))
    return known[np.argsort(values[known], kind="stable")].astype(np.uint32)


def marks_of(known: int) -> tuple[int, ...]:
    """Ranks as evenly spaced as whole numbers are: 0, the number of all, and those between."""
    count = min(known, LEVELS)
    return (*(known * mark // count for mark in range(count)), known)


def level_sets(name: str, order: PlaceArray) -> Iterator[tuple[Key, PlaceArray]]:
    """Who comes from each mark on, one set after another: together they are large."""
    for number, mark in enumerate(marks_of(len(order))[:-1]):
        yield level_key(name, number), np.sort(order[mark:])


def level_key(name: str, level: int) -> Key:
    """The key of a level's bitmap."""
    return ("level", name, f"{level:03}")
