"""The places a budget can buy: each person at the tier where worth less price is greatest.

A person's place is worth `score * tier` (one score for each step up) and costs what the tier
costs. At a price for money everyone takes the tier that is best for them; the lowest price at
which all of that fits the budget is the shadow price (Lagrange; Everett 1963). What is left
over is spent exactly among the core: the people whose choice that price hardly decides (Balas &
Zemel 1980; Pisinger 1995). With few people the core is everyone and the places are optimal.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
CORE = 32
MAX_STATES = 20_000


@dataclass(frozen=True)
class Places:
    """Who gets which tier, and what one more unit of budget would have been worth."""

    tier: IntArray
    shadow_price: float


@dataclass(frozen=True)
class Problem:
    """Who may have which tier, and what there is to spend.

    Parameters
    ----------
    scores : ndarray of shape (n_people,), each >= 0
    floor, ceiling : ndarray of shape (n_people,)
        Lowest and highest tier each person may have. When the floors alone cost more than the
        budget, they become ceilings: nobody rises, and the worst placed fall (`affordable`).
    group : ndarray of shape (n_people,)
        A small whole number each. Within a group a better score never gets a lower tier.
    cost : ndarray of shape (n_tiers,), non-decreasing
        Expected cost of one person at each tier.
    turns : ndarray, optional
        The `turning_prices` of scores and cost, where they are known already.
    firm : ndarray of shape (n_people,), optional
        A tier at or below each floor that stays a floor when the others give way, as far as the
        budget pays it; by default the base tier.
    """

    scores: FloatArray
    floor: IntArray
    ceiling: IntArray
    group: IntArray
    cost: FloatArray
    budget: float
    turns: FloatArray | None = None
    firm: IntArray | None = None

    @property
    def pays_floors(self) -> bool:
        """Whether the budget pays what nobody may lose."""
        return spending(self.floor, self.cost) <= self.budget


def best_places(problem: Problem) -> Places:
    """Choose tiers between floor and ceiling that are worth most and cost at most the budget.

    Raises
    ------
    ValueError
        When the budget cannot even pay the base tier of everyone.
    """
    base = problem.cost[0] * len(problem.scores)
    if base > problem.budget:
        needed, given = f"{base:g}", f"{problem.budget:g}"
        raise ValueError(f"`budget` must pay the base tier of everyone ({needed}), got {given}.")
    problem = affordable(problem)
    if spending(problem.ceiling, problem.cost) <= problem.budget:
        return Places(problem.ceiling.copy(), 0.0)
    found = priced_places(problem)
    spent = refined(problem, found.tier, price=found.shadow_price)
    return Places(orderly(problem, spent), found.shadow_price)


def affordable(problem: Problem) -> Problem:
    """Return the problem with floors the budget pays: itself, or the floors as ceilings.

    What is firm stays a floor then, unless the budget does not even pay that.
    """
    if problem.pays_floors:
        return problem
    least = np.zeros_like(problem.floor) if problem.firm is None else problem.firm
    given_way = replace(problem, floor=least, ceiling=problem.floor)
    return given_way if given_way.pays_floors else replace(given_way, floor=np.zeros_like(least))


def priced_places(problem: Problem) -> Places:
    """Bisect for the lowest price that fits, then raise the marginal people, best first."""
    prices = problem.turns
    if prices is None:
        prices = turning_prices(problem.scores, problem.cost)
    alike = classes(problem)
    low, high = 0, len(prices) - 1
    while low < high:
        middle = (low + high) // 2
        counts = [counted(each, float(prices[middle]), problem.cost) for each in alike]
        fits = spending_of(np.sum(counts, axis=0), problem.cost) <= problem.budget
        low, high = (low, middle) if fits else (middle + 1, high)
    tier = choice(problem, prices[low])
    while spending(tier, problem.cost) > problem.budget:  # a tie that rounding broke otherwise
        low += 1
        tier = choice(problem, prices[low])
    dearer = choice(problem, prices[low - 1]) if low else problem.ceiling
    return Places(raised(problem, tier, dearer), float(prices[low]))


def spending(tier: IntArray, cost: FloatArray) -> float:
    """Return what these tiers cost together: the base for all, and each step for who took it.

    It depends on counts alone, so that no order of people changes its last bit.
    """
    return spending_of(np.bincount(tier, minlength=len(cost)), cost)


def spending_of(counts: IntArray, cost: FloatArray) -> float:
    """Return what so many people at each tier cost together."""
    people = counts.sum()
    above = people - np.cumsum(counts)[:-1]
    return float(cost[0] * people + above @ np.diff(cost))


@dataclass(frozen=True)
class Class:
    """People of one floor and one ceiling, by their scores in ascending order."""

    floor: int
    ceiling: int
    scores: FloatArray


def classes(problem: Problem) -> list[Class]:
    """Sort people into their classes: within one the better score has the higher choice."""
    codes = problem.floor * len(problem.cost) + problem.ceiling
    found = []
    for code in np.flatnonzero(np.bincount(codes)):
        floor, ceiling = divmod(int(code), len(problem.cost))
        found.append(Class(floor, ceiling, np.sort(problem.scores[codes == code])))
    return found


def counted(alike: Class, price: float, cost: FloatArray) -> IntArray:
    """Count how many of a class choose each tier at a price, looking at few of their scores."""
    costs = cost.tolist()

    def chosen(place: int) -> int:
        score, best = float(alike.scores[place]), alike.floor
        utility = score * best - price * costs[best]
        for tier in range(alike.floor + 1, alike.ceiling + 1):
            candidate = score * tier - price * costs[tier]
            if candidate > utility:
                best, utility = tier, candidate
        return best

    places, begins = range(len(alike.scores)), [0]
    for tier in range(1, len(costs)):
        begins.append(bisect_left(places, tier, lo=begins[-1], key=chosen))
    return np.diff(np.array([*begins, len(places)]))


def turning_prices(scores: FloatArray, cost: FloatArray) -> FloatArray:
    """Return, ascending, every price at which somebody changes tier, and one beyond them all."""
    positive = np.unique(scores[scores > 0])
    n_tiers = len(cost)
    turns = [np.array([0.0])]
    for lower in range(n_tiers):
        for upper in range(lower + 1, n_tiers):
            if cost[upper] > cost[lower]:
                turns.append(positive * ((upper - lower) / (cost[upper] - cost[lower])))
    prices = np.unique(np.concatenate(turns))
    return np.append(prices, 2.0 * prices[-1] + 1.0)


def choice(problem: Problem, price: float) -> IntArray:
    """Return each person's best tier at this price of money; a tie goes to the lower tier."""
    scores, floor, cost = problem.scores, problem.floor, problem.cost
    best = floor.copy()
    utility = scores * floor - price * cost[floor]
    for tier in range(1, len(cost)):
        candidate = scores * tier - price * cost[tier]
        better = (tier > floor) & (tier <= problem.ceiling) & (candidate > utility)
        best[better] = tier
        utility = np.where(better, candidate, utility)
    return best


def raised(problem: Problem, tier: IntArray, dearer: IntArray) -> IntArray:
    """Raise people to their dearer tier, best score first, until the next does not fit."""
    cost, budget = problem.cost, problem.budget
    movers = np.flatnonzero(dearer > tier)
    movers = movers[np.argsort(-problem.scores[movers], kind="stable")]
    extra = np.cumsum(cost[dearer[movers]] - cost[tier[movers]])
    n_raised = int(np.searchsorted(extra, budget - spending(tier, cost), side="right"))
    result = tier.copy()
    result[movers[:n_raised]] = dearer[movers[:n_raised]]
    return result if spending(result, cost) <= budget else tier


def refined(problem: Problem, tier: IntArray, *, price: float) -> IntArray:
    """Choose anew for the core, every way there is, while everyone else keeps their tier."""
    scores, floor, cost = problem.scores, problem.floor, problem.cost
    core = undecided(problem, price)
    base = tier.copy()
    base[core] = floor[core]
    left = problem.budget - spending(base, cost)
    spent, worth = np.zeros(1), np.zeros(1)
    chosen = np.empty((1, 0), dtype=np.int8)
    for row in core:
        steps = np.arange(floor[row], problem.ceiling[row] + 1)
        spent = np.add.outer(spent, cost[steps] - cost[floor[row]]).ravel()
        worth = np.add.outer(worth, scores[row] * steps).ravel()
        last = np.tile(steps, len(chosen)).astype(np.int8)
        chosen = np.column_stack([np.repeat(chosen, len(steps), axis=0), last])
        kept = undominated(spent, worth, left=left, price=price)
        spent, worth, chosen = spent[kept], worth[kept], chosen[kept]
    better = base
    better[core] = chosen[np.argmax(worth)]
    # `left` is rounded; the budget is not
    is_better = scores @ better > scores @ tier and spending(better, cost) <= problem.budget
    return better if is_better else tier


def undecided(problem: Problem, price: float) -> IntArray:
    """Return the people whose best and second best tier differ least at a price."""
    free = np.flatnonzero(problem.floor < problem.ceiling)
    tiers = np.arange(len(problem.cost))
    utility = problem.scores[free, None] * tiers - price * problem.cost
    outside = (tiers < problem.floor[free, None]) | (tiers > problem.ceiling[free, None])
    utility[outside] = -np.inf
    two = np.partition(utility, -2, axis=1)[:, -2:]
    return free[np.argsort(two[:, 1] - two[:, 0], kind="stable")[:CORE]]


def undominated(spent: FloatArray, worth: FloatArray, *, left: float, price: float) -> IntArray:
    """Return the affordable states that no cheaper one matches, the most promising if too many."""
    order = np.lexsort((-worth, spent.round(9)))
    order = order[spent[order] <= left * (1 + 1e-12) + 1e-12]
    ahead = np.maximum.accumulate(worth[order])
    kept = order[np.r_[True, worth[order][1:] > ahead[:-1]]]
    if len(kept) > MAX_STATES:
        promise = worth[kept] - price * spent[kept]
        kept = kept[np.sort(np.argsort(-promise, kind="stable")[:MAX_STATES])]
    return kept


def orderly(problem: Problem, tier: IntArray) -> IntArray:
    """Within a group and floor, hand the same tiers out again, the better score first.

    It costs the same and is worth no less. Where ceilings do not follow the scores, people of
    one ceiling are a group of their own.
    """
    result, ceiling = tier.copy(), problem.ceiling
    among = (problem.group - problem.group.min(initial=0)) * len(problem.cost) + problem.floor
    for name in np.flatnonzero(np.bincount(among)):
        rows = np.flatnonzero(among == name)
        order = rows[np.lexsort((-ceiling[rows], -problem.scores[rows]))]
        if np.all(np.diff(ceiling[order]) <= 0):
            result[order] = np.sort(tier[rows])[::-1]
            continue
        for top in np.unique(ceiling[rows]):
            same = order[ceiling[order] == top]
            result[same] = np.sort(tier[same])[::-1]
    return result
