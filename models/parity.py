"""Places under a bound on how far the shares of groups at a tier may lie apart.

For a rate r every group has at least a share r and at most r + gap of its people at the tier: its
best are given the tier as a floor, and those beyond are kept below it. What is best at r is then
an ordinary problem of places, and its worth is concave in r but for rounding (a linear programme
in its right-hand side), so the best r is found by search. Nobody is lifted above what they earned.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.places import Places, Problem, affordable, best_places, turning_prices

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
EVERY = 64
GRID = 9
MANY = 20_000  # rates so close together that neighbours are worth the same
ROUNDING = 1e-9


@dataclass(frozen=True)
class ParityBound:
    """No two groups' shares with `tier` or higher differ by more than `max_gap`.

    `member` numbers each person's group; -1 is in none.
    """

    member: IntArray
    tier: int
    max_gap: float

    def groups(self) -> list[IntArray]:
        """The people of each group, by number."""
        named = (self.member == name for name in range(int(self.member.max(initial=-1)) + 1))
        return [np.flatnonzero(rows) for rows in named if rows.any()]


NO_BOUND = ParityBound(np.empty(0, dtype=np.int64), tier=0, max_gap=1.0)


@dataclass(frozen=True)
class EvenPlaces:
    """Places, the largest difference between groups, and the worth given up for the bound.

    `gap` can exceed the bound where people may not yet lose what they have.
    """

    places: Places
    gap: float
    price: float


def even_places(problem: Problem, *, bound: ParityBound) -> EvenPlaces:
    """Choose the places worth most among those that keep the bound, or come closest to it."""
    without = best_places(problem)
    groups = bound.groups()
    if gap_between(without.tier, bound, groups) <= bound.max_gap + ROUNDING:
        return EvenPlaces(without, gap_between(without.tier, bound, groups), 0.0)
    most = float(problem.scores @ without.tier)
    problem = affordable(problem)
    problem = replace(problem, turns=turning_prices(problem.scores, problem.cost))
    found = {}

    def miss(rate: float) -> tuple[float, float]:
        bounded = at_rate(rate, problem, bound, groups)
        if not bounded.pays_floors:
            return np.inf, np.inf
        places = best_places(bounded)
        gap = gap_between(places.tier, bound, groups)
        found[rate] = EvenPlaces(places, gap, most - float(problem.scores @ places.tier))
        return round(max(gap - bound.max_gap, 0.0), 9), found[rate].price

    return found[least(possible_rates(problem, bound, groups), miss)]


def at_rate(rate: float, problem: Problem, bound: ParityBound, groups: list[IntArray]) -> Problem:
    """Bound each group's number at the tier, its best first; who has the tier for sure counts."""
    floor, ceiling = problem.floor.copy(), problem.ceiling.copy()
    for rows in groups:
        able = rows[problem.ceiling[rows] >= bound.tier]
        sure = problem.floor[able] >= bound.tier
        order = able[np.lexsort((-problem.scores[able], ~sure))]
        fewest = int(np.ceil(rate * len(rows) - ROUNDING))
        most = int(np.floor((rate + bound.max_gap) * len(rows) + ROUNDING))
        floor[order[:fewest]] = np.maximum(floor[order[:fewest]], bound.tier)
        beyond = order[max(most, int(sure.sum())) :]
        ceiling[beyond] = np.minimum(ceiling[beyond], bound.tier - 1)
    return replace(problem, floor=floor, ceiling=ceiling)


def gap_between(tier: IntArray, bound: ParityBound, groups: list[IntArray]) -> float:
    """Return the largest difference between two groups' shares at the tier."""
    shares = [float((tier[rows] >= bound.tier).mean()) for rows in groups]
    return max(shares) - min(shares) if shares else 0.0


def possible_rates(problem: Problem, bound: ParityBound, groups: list[IntArray]) -> FloatArray:
    """Return, ascending, the least rates at which some group's bounds change."""
    turns = [np.zeros(1)]
    for rows in groups:
        steps = np.arange(len(rows) + 1) / len(rows)
        turns += [steps, steps - bound.max_gap]
    able = [float((problem.ceiling[rows] >= bound.tier).mean()) for rows in groups]
    every = np.unique(np.concatenate(turns).round(12))
    return every[(every >= 0) & (every <= min(able) + ROUNDING)]


def least(rates: FloatArray, miss: Callable[[float], tuple[float, float]]) -> float:
    """Return the rate that misses least: of a few all are tried, of many finer and finer grids."""
    tried: dict[int, tuple[float, float]] = {}
    low, high = 0, len(rates) - 1
    every = EVERY if len(rates) <= MANY else GRID
    while True:
        points = every if high - low < every else GRID
        for index in np.unique(np.linspace(low, high, min(points, high - low + 1)).astype(int)):
            if index not in tried:
                tried[int(index)] = miss(float(rates[index]))
        best = min(tried, key=lambda index: (*tried[index], index))
        if high - low < every:
            return float(rates[best])
        width = (high - low) // (GRID - 1) + 1
        low, high = max(best - width, 0), min(best + width, len(rates) - 1)
