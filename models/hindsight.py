"""How the wheel would have foretold windows that are over, and how much wider that makes its bands.

A band made of how single windows went astray holds as long as the next ones do likewise. Seasons
and turns make errors that add up; whoever missed before at so many windows ahead will miss again.
So bands reach farther by the size of the brand's own earlier misses, beside a usual one that counts
while there are few (Lei et al. 2018, "Distribution-free predictive inference for regression",
section 5, for errors in units of a local spread).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.flows import Flows
from models.rotation import FIGURES, Wheel, figures_of, fit_wheel, project_wheel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

AHEAD = 4
FEWEST = 2
"""Windows it takes to be foretold from."""
JUDGED = 4
"""Windows it takes for a projection that is told how good it would have been."""
DRAWS = 400
EDGE = 1.2816
"""Standard deviations from the middle of a normal band of 80 % to its edge."""
FARTHEST = 5.0
"""Standard deviations beyond which a miss counts no more."""
USUAL, USUAL_COUNT = 1.5, 6.0
"""The usual squared miss, in squared deviations, and for how many windows it counts."""
LIKE = 0.3
"""How much less a miss says of one window more or less ahead."""


@dataclass(frozen=True)
class Misses:
    """Figures of past windows and how far what came lay from what was expected.

    `origin` is the windows known, `ahead` how many later the figure came, `far` the distance on
    the log scale in parts of that to the edge of its band: up to 1 it lay inside.
    """

    origin: IntArray
    ahead: IntArray
    far: FloatArray

    def known_by(self, windows: int) -> Self:
        """Return those of figures that had come by the end of so many windows."""
        return self._some(self.origin + self.ahead <= windows)

    def of(self, origin: int) -> Self:
        """Return those of the projection made after so many windows."""
        return self._some(self.origin == origin)

    def reach(self) -> FloatArray:
        """Return how many times as far bands must reach, one to `AHEAD` windows ahead."""
        squares = np.minimum(self.far * EDGE, FARTHEST) ** 2
        near = LIKE ** np.abs(self.ahead - np.arange(1, AHEAD + 1)[:, None]) / len(FIGURES)
        seen = USUAL_COUNT * USUAL + near @ squares
        return np.asarray(np.sqrt(seen / (USUAL_COUNT + near.sum(axis=1))))

    def _some(self, which: BoolArray) -> Self:
        return replace(self, origin=self.origin[which], ahead=self.ahead[which],
                       far=self.far[which])  # fmt: skip


@dataclass(frozen=True)
class Tested:
    """Figures of past windows foretold from those before, and how many lay in their band."""

    figures: int
    inside: int


def learned_wheel(flows: Flows, misses: Misses) -> Wheel:
    """Fit the wheel, its bands as far as its earlier misses say."""
    return replace(fit_wheel(flows), reach=misses.reach())


def back_test(misses: Misses, *, ahead: int = 3) -> Tested:
    """Judge the projections of windows that are over, each by the misses known when it was made."""
    hits: list[bool] = []
    for origin in range(JUDGED, int(misses.origin.max(initial=0)) + 1):
        told, reach = misses.of(origin), misses.known_by(origin).reach()
        is_inside = told.far <= reach[told.ahead - 1]
        hits += is_inside[told.ahead <= ahead].tolist()
    return Tested(len(hits), sum(hits))


def misses_of(flows: Flows, *, seed: int = 0) -> Misses:
    """Foretell windows that are over from those before them; a figure of nobody is no test."""
    rows = list(missed(flows, seed))
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    origin, ahead, far = (list(column) for column in columns)
    return Misses(np.array(origin, np.int64), np.array(ahead, np.int64), np.array(far, np.float64))


def missed(flows: Flows, seed: int) -> Iterator[tuple[int, int, float]]:
    """Give the windows known, how many ahead and how far off, figure by figure."""
    counts, entered = flows.counts.astype(np.float64), flows.entered.sum(axis=1)
    for origin in range(FEWEST, len(flows.moves)):
        wheel = fit_wheel(flows.until(origin))
        turns = min(AHEAD, len(flows.moves) - origin)
        told = project_wheel(wheel, rotations=turns + 1, seed=seed, draws=DRAWS)
        for turn in range(1, turns + 1):
            came = float(entered[origin : origin + turn].sum())
            true = figures_of(counts[origin - 1 + turn], wheel.start, came)
            for figure, is_so in zip(FIGURES, true, strict=True):
                if is_so:
                    course = told[figure]
                    band = course.low[turn], course.expected[turn], course.high[turn]
                    yield origin, turn, far_off(is_so, *band)


def far_off(is_so: float, low: float, expected: float, high: float) -> float:
    """Return the distance from what was expected, in parts of that to the band's edge.

    Figures count people: no band is narrower than half a one.
    """
    expected = max(expected, 0.5)
    edge = max(high, expected) if is_so > expected else min(max(low, 0.5), expected)
    width = max(abs(np.log(edge / expected)), 0.5 / expected)
    return float(abs(np.log(is_so / expected)) / width)
