"""The wheel turned ahead: people move between stages, come back and bring others, as measured.

The moves of past windows make a matrix in which whoever stands higher never has worse prospects,
so that less friction, more speed or more weight can never mean fewer people. How far the rates of
single windows lay from what those before them led to expect makes the band, and how far earlier
projections missed (`models/hindsight.py`) how much farther it reaches.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.flows import ADVOCATES, LEVELS, QUIET, Flows
from models.prospects import rising, tails
from models.unrest import ALPHA, SERIES, USUAL_COUNT, Unrest, unrest_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FIGURES = ("active", "engaged", "advocates")
DAMPING = 0.85
"""How much less each window ahead has of a drift."""
MOST = 10**12  # beyond so many new people in one rotation a band says nothing


@dataclass(frozen=True)
class Wheel:
    """What one rotation does.

    `start` holds people by level, `matrix` the chances of the next level, `entering` the levels
    of newcomers, of whom `arrivals` come by themselves and `referrals` by each advocate.
    `unrest` is how far its rates drift and single windows go astray, `reach` how many times as far
    bands reach one, two and more rotations ahead, the last for all beyond.
    """

    start: FloatArray
    matrix: FloatArray
    entering: FloatArray
    arrivals: float
    referrals: float
    unrest: Unrest
    reach: FloatArray = field(default_factory=lambda: np.ones(1))

    @property
    def friction(self) -> float:
        """The share of the active who fall back or go quiet in a rotation."""
        lost = 1.0 - np.diag(tails(self.matrix))[QUIET:]
        return mean_of(lost, self.start[QUIET:])

    @property
    def persistence(self) -> float:
        """The share of the active who stay active for a rotation."""
        return mean_of(self.matrix[QUIET:, QUIET:].sum(axis=1), self.start[QUIET:])

    @property
    def revival(self) -> float:
        """The share of the quiet who come back in a rotation."""
        return mean_of(self.matrix[:QUIET, QUIET:].sum(axis=1), self.start[:QUIET])


@dataclass(frozen=True)
class Projection:
    """A figure at each rotation: as expected, and a band of 80 %."""

    expected: FloatArray
    low: FloatArray
    high: FloatArray


def fit_wheel(flows: Flows) -> Wheel:
    """Learn what one rotation does; what is longer ago counts less."""
    age = np.arange(len(flows.moves))[::-1]
    recency = ALPHA * (1 - ALPHA) ** age
    moves = np.tensordot(recency, flows.moves, axes=1)
    entered = recency @ flows.entered
    advocates = float(recency @ flows.moves[:, ADVOCATES].sum(axis=1))
    brought = float(recency @ flows.referred)
    newcomers = float(entered.sum())
    return Wheel(
        start=flows.counts[-1].astype(np.float64),
        matrix=rising(chances(moves), weights=moves.sum(axis=1)),
        entering=chances(entered[None])[0] if newcomers else np.eye(LEVELS)[QUIET],
        arrivals=max(newcomers - brought, 0.0) / float(recency.sum()),
        referrals=brought / advocates if advocates else 0.0,
        unrest=unrest_of(flows),
    )


def chances(moves: FloatArray) -> FloatArray:
    """Return each row's shares; who was never seen stays, or grows quieter."""
    still = np.eye(LEVELS)[np.r_[0, 0, 1, QUIET:LEVELS]][: len(moves)]
    whole = moves.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(moves, whole, out=still.copy(), where=whole > 0))


def project_wheel(
    wheel: Wheel, *, rotations: int, seed: int = 0, draws: int = 1_000, level: float = 0.8
) -> dict[str, Projection]:
    """Project each of `FIGURES`, the first rotation being now.

    `active` are people active in a window, `engaged` all who ever were from now on (those active
    now and every newcomer since), `advocates` those active who advocate.
    """
    expected = expected_course(wheel, rotations)
    courses = drawn_courses(wheel, rotations, draws=draws, seed=seed)
    bounds = np.quantile(courses, [(1 - level) / 2, (1 + level) / 2], axis=2)
    low, high = (stretched(bound, expected, wheel.reach) for bound in bounds)
    engaged = FIGURES.index("engaged")
    low[engaged] = np.maximum(low[engaged], expected[engaged, 0])
    return {
        figure: Projection(expected[at], low[at], high[at]) for at, figure in enumerate(FIGURES)
    }


def stretched(bound: FloatArray, expected: FloatArray, reach: FloatArray) -> FloatArray:
    """Return a bound so many times as far from what is expected, on the log scale.

    Both are figures x rotations, the first rotation being now; where nobody is, nothing changes.
    """
    rotations = bound.shape[1]
    times = reach[np.minimum(np.arange(rotations - 1), len(reach) - 1)]
    is_open = (bound > 0) & (expected > 0)
    ratio = np.divide(bound, expected, out=np.ones(bound.shape), where=is_open)
    ratio[:, 1:] **= times
    return np.where(is_open, expected * ratio, bound)


def expected_course(wheel: Wheel, rotations: int) -> FloatArray:
    """Return the expected figures, figures x rotations."""
    people, newcomers = wheel.start, 0.0
    lasting = np.zeros(len(SERIES))
    course = [figures_of(people, wheel.start, newcomers)]
    for turn in range(1, rotations):
        shift = lasting + wheel.unrest.drift * DAMPING**turn
        own, brought = np.exp(shift[3:])
        new = wheel.arrivals * own + wheel.referrals * people[ADVOCATES] * brought
        moved = rising(tilted(wheel.matrix, shift[None])[0], weights=np.ones(LEVELS))
        people = people @ moved + new * wheel.entering
        newcomers += new
        lasting = lasting + ALPHA * (shift - lasting)
        course.append(figures_of(people, wheel.start, newcomers))
    return np.array(course).T


def figures_of(
    people: FloatArray | IntArray, start: FloatArray, newcomers: FloatArray | float
) -> FloatArray:
    """Return active, engaged and advocates from people by level (the last axis)."""
    engaged = start[QUIET:].sum() + newcomers
    return np.array([people[..., QUIET:].sum(axis=-1), engaged, people[..., ADVOCATES]])


def drawn_courses(wheel: Wheel, rotations: int, *, draws: int, seed: int) -> FloatArray:
    """Draw courses, figures x rotations x draws: surprises as seen before, then chance.

    Surprises of one past window come together, for what moved one rate moved others; part of each
    lasts. Few windows leave their size uncertain, as in Student's t, and the drift too.
    """
    rng = np.random.default_rng(seed)
    surprises = wheel.unrest.surprises
    size = len(surprises) + USUAL_COUNT
    unsure = np.sqrt(size / rng.chisquare(size, (draws, 1)))
    size_of_each = np.sqrt(np.mean(surprises**2, axis=0) / len(surprises))
    drift = wheel.unrest.drift + unsure * rng.normal(size=(draws, len(SERIES))) * size_of_each
    lasting = np.zeros((draws, len(SERIES)))
    people = np.repeat(np.rint(wheel.start)[None].astype(np.int64), draws, axis=0)
    newcomers = np.zeros(draws)
    course = np.empty((len(FIGURES), rotations, draws))
    course[:, 0] = figures_of(people, wheel.start, newcomers)
    for turn in range(1, rotations):
        shock = surprises[rng.integers(len(surprises), size=draws)] * unsure
        shock = shock * rng.choice([-1.0, 1.0], (draws, 1)) + drift * DAMPING**turn
        new = drawn_newcomers(wheel, people[:, ADVOCATES], lasting + shock, rng)
        moved = rng.multinomial(people, tilted(wheel.matrix, lasting + shock)).sum(axis=1)
        people = moved + rng.multinomial(new, wheel.entering)
        newcomers = newcomers + new
        lasting = lasting + ALPHA * shock
        course[:, turn] = figures_of(people, wheel.start, newcomers)
    return course


def drawn_newcomers(
    wheel: Wheel, advocates: IntArray, shift: FloatArray, rng: np.random.Generator
) -> IntArray:
    """Draw who comes by themselves and who is brought."""
    own = wheel.arrivals * np.exp(shift[:, SERIES.index("arrive")])
    brought = wheel.referrals * advocates * np.exp(shift[:, SERIES.index("refer")])
    return np.asarray(rng.poisson(np.minimum(own + brought, MOST)))


def tilted(matrix: FloatArray, shift: FloatArray) -> FloatArray:
    """Return the matrix of each draw, its log-odds shifted; draws x levels x levels.

    Shifting tails keeps their order: a better matrix stays better.
    """
    stay, revive, climb = (shift[:, at, None, None] for at in range(3))
    rows, at = np.arange(LEVELS)[:, None], np.arange(LEVELS)[None]
    by = np.where(rows < QUIET, revive, np.where(at > rows, climb, stay))
    tail = tails(matrix)
    odds = tail * np.exp(by)
    # in this order of adding a tail of 1 stays 1 however far it is shifted
    moved = odds / (odds + (1 - tail))
    own = np.diagonal(moved, axis1=1, axis2=2)[:, :, None]
    moved = np.where((rows >= QUIET) & (at > rows), np.minimum(moved, own), moved)
    nothing = np.zeros((len(moved), LEVELS, 1))
    found = np.maximum(moved - np.concatenate([moved[:, :, 1:], nothing], axis=2), 0.0)
    return np.asarray(found / found.sum(axis=2, keepdims=True))


def mean_of(values: FloatArray, weights: FloatArray) -> float:
    """Return a weighted mean, 0 of nothing."""
    return float(values @ weights / weights.sum()) if weights.sum() else 0.0
