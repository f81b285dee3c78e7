"""Who has at least so much of a measure: bitmaps at some levels, and a column between them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segmentation.bitmaps import NOBODY, Bitmaps, Key, PlaceArray, Places, array_of, sorted_bitmap

FloatArray = npt.NDArray[np.float64]

LEVELS = 64
COMPARE = {
    "=": np.equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True, eq=False)
class Measure:
    """One measure of everyone, by place; NaN where it is not known, and then nothing is true of it.

    `levels` are some of its values, ascending from the smallest. For each there is a bitmap of who
    has at least so much, so that a comparison looks at the values between two levels alone.
    """

    name: str
    values: FloatArray
    levels: FloatArray
    bitmaps: Bitmaps

    def select(self, comparator: str, number: float, within: Places) -> Places:
        """Those within whose value compares so with a number."""
        level = int(np.searchsorted(self.levels, number, side="right")) - 1
        if level < 0:
            return within & self.known() if comparator in (">", ">=") else NOBODY
        above = self._at_least(level + 1)
        between = self._at_least(level) & within - above
        chosen = self._compared(between, comparator, number)
        if comparator in (">", ">="):
            return within & above | chosen
        if comparator in ("<", "<="):
            return chosen | ((within & self.known()) - self._at_least(level))
        return chosen

    def known(self) -> Places:
        """Those of whom it is known."""
        return self._at_least(0)

    def _at_least(self, level: int) -> Places:
        if level >= len(self.levels):
            return NOBODY
        return self.bitmaps.get(*level_key(self.name, level))

    def _compared(self, places: Places, comparator: str, number: float) -> Places:
        doubtful = array_of(places)
        return sorted_bitmap(doubtful[COMPARE[comparator](self.values[doubtful], number)])


def levels_of(values: FloatArray) -> FloatArray:
    """The levels of a column: evenly spaced ranks of its known values, without repetition."""
    known = np.sort(values[~np.isnan(values)])
    ranks = np.linspace(0, len(known), LEVELS, endpoint=False).astype(np.int64)
    return np.unique(known[ranks]) if len(known) else known


def level_sets(name: str, values: FloatArray, levels: FloatArray) -> dict[Key, PlaceArray]:
    """Who has at least so much, for each level."""
    return {
        level_key(name, number): np.flatnonzero(values >= level).astype(np.uint32)
        for number, level in enumerate(levels)
    }


def level_key(name: str, level: int) -> Key:
    """The key of a level's bitmap."""
    return ("level", name, f"{level:02}")
