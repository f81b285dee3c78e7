"""Projections of the flywheel on loops whose rates take courses of several kinds.

    python -m benchmarks.courses

Hypothesis: bands of 80 % hold about four in five figures whatever the kind, for they reach as far
as the brand's own earlier projections missed. The control is the bands without that. The moves of
a simulated population are the middle about which rates go their course.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.flywheel import Foretold, foretold, simulated
from models.flows import ADVOCATES, Flows
from models.rotation import Wheel, fit_wheel, tilted
from models.unrest import SERIES

FloatArray = NDArray[np.float64]
SEEDS = range(100, 106)
PEOPLE, WINDOWS, BEFORE = 4_000, 16, 6
YEAR = 12
TURN = WINDOWS // 3 * 1.5


@dataclass
class Course:
    """Where the rates of a loop stand, in log-odds and logs, and how it goes on."""

    random: np.random.Generator
    arrivals: float
    noise: float
    phase: float
    swing: float
    slope: FloatArray
    pace: float
    size: float
    level: FloatArray

    @classmethod
    def of(cls, kind: str, seed: int) -> "Course":
        """Draw how far and how fast."""
        random = np.random.default_rng([seed, sum(map(ord, kind))])
        return cls(
            random=random,
            arrivals=random.uniform(40, 120),
            noise=random.uniform(0.02, 0.08),
            phase=random.uniform(0, 2 * np.pi),
            swing=random.uniform(0.15, 0.5),
            slope=random.normal(0, 0.04, len(SERIES)),
            pace=random.uniform(0.03, 0.09),
            size=random.uniform(0.05, 0.2),
            level=np.zeros(len(SERIES)),
        )

    def drawn(self, size: float) -> FloatArray:
        """Draw a step of each rate."""
        return self.random.normal(0, size, len(SERIES))


def steady(course: Course, window: int) -> FloatArray:
    """Chance alone."""
    return np.zeros(len(SERIES))


def restless(course: Course, window: int) -> FloatArray:
    """Shocks, half of each of which lasts."""
    shock = course.drawn(course.size)
    shift = course.level + shock
    course.level = course.level + 0.5 * shock
    return shift


def walk(course: Course, window: int) -> FloatArray:
    """Shocks that last."""
    course.level = course.level + course.drawn(0.7 * course.size)
    return course.level


def growing(course: Course, window: int) -> FloatArray:
    """More come and stay from window to window."""
    return course.pace * np.array([0.3, 0.3, 0.3, 1.0, 0.5]) * window


def declining(course: Course, window: int) -> FloatArray:
    """Fewer stay, and fewer come."""
    return -course.pace * np.array([1.0, 0.7, 0.5, 0.5, 0.5]) * window


def turning(course: Course, window: int) -> FloatArray:
    """The same from a turn on."""
    return np.asarray(declining(course, 1) * max(window - TURN, 0))


def seasonal(course: Course, window: int) -> FloatArray:
    """A year's rise and fall."""
    wave = course.swing * np.sin(2 * np.pi * window / YEAR + course.phase)
    return np.asarray(wave * np.array([0.7, 1.0, 0.7, 1.0, 0.5]))


def trendy(course: Course, window: int) -> FloatArray:
    """Slopes that wander."""
    course.slope = 0.85 * course.slope + course.drawn(0.3 * course.size)
    course.level = course.level + course.slope
    return course.level


def jumps(course: Course, window: int) -> FloatArray:
    """Once in seven windows everything is otherwise."""
    if course.random.random() < 0.15:
        course.level = course.level + course.drawn(0.4)
    return course.level


KINDS: dict[str, Callable[[Course, int], FloatArray]] = {
    kind.__name__: kind
    for kind in (steady, restless, walk, growing, declining, turning, seasonal, trendy, jumps)
}


def main() -> None:
    """Print a row for each kind."""
    middle = fit_wheel(simulated(0))
    inside = []
    for kind in KINDS:
        loops = [loop(kind, middle, seed) for seed in SEEDS]
        for name, learns in (("before", False), ("now", True)):
            rows = [row for flows in loops for row in foretold(flows, learns=learns)]
            print(f"{kind:10} {name:6} {told(rows)}", flush=True)
            inside.append([row.inside for row in rows])
    for name, every in (("before", inside[::2]), ("now", inside[1::2])):
        print(f"mean {name} {np.mean([np.mean(rows) for rows in every]):.3f}")


def told(rows: list[Foretold]) -> str:
    """The share inside, over all and by windows ahead, and the median widths."""
    by_ahead = [[row for row in rows if row.ahead == ahead] for ahead in range(1, 5)]
    held = [np.mean([row.inside for row in some]) for some in by_ahead]
    widths = [np.median([row.width for row in some]) for some in by_ahead]
    every = np.mean([row.inside for row in rows])
    return (
        f"{every:.3f} | "
        + " ".join(f"{x:.2f}" for x in held)
        + " | "
        + " ".join(f"{x:.3f}" for x in widths)
    )


def loop(kind: str, middle: Wheel, seed: int) -> Flows:
    """The moves of a loop whose rates go their course about a middle."""
    course = Course.of(kind, seed)
    windows = list(turned(course, KINDS[kind], middle))[BEFORE:]
    moves, entered, brought = (np.array(each) for each in zip(*windows, strict=True))
    return Flows(moves, entered, brought.astype(np.float64))


def turned(
    course: Course, kind: Callable[[Course, int], FloatArray], middle: Wheel
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], int]]:
    """Turn a loop window by window, some before the first that counts."""
    random = course.random
    people = random.multinomial(PEOPLE, middle.start / middle.start.sum())
    wheel = replace(middle, arrivals=course.arrivals)
    for window in range(-BEFORE, WINDOWS):
        shift = course.drawn(course.noise) + kind(course, window)
        moved = random.multinomial(people, tilted(wheel.matrix, shift[None])[0])
        alone = random.poisson(wheel.arrivals * np.exp(shift[3]))
        brought = random.poisson(wheel.referrals * people[ADVOCATES] * np.exp(shift[4]))
        into = random.multinomial(alone + brought, wheel.entering)
        people = moved.sum(axis=0) + into
        yield moved, into, brought


if __name__ == "__main__":
    main()
