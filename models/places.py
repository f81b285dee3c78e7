"""The places a budget can buy: each person at the tier where worth less price is greatest.

A person's place is worth `score * tier` (one score for each step up) and costs what the tier
costs. At a price for money everyone takes the tier that is best for them; the lowest price at
which all of that fits the budget is the shadow price (Lagrange; Everett 1963). What is left
over goes to the next best, and a search of nearby cuts spends the last of it well.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
MAX_CUTS_TRIED = 20_000


@dataclass(frozen=True)
class Places:
    """Who gets which tier, and what one more unit of budget would have been worth."""

    tier: IntArray
    shadow_price: float


def best_places(
    scores: FloatArray,
    *,
    floor: IntArray,
    ceiling: IntArray,
    group: IntArray,
    cost: FloatArray,
    budget: float,
) -> Places:
    """Choose tiers between floor and ceiling that are worth most and cost at most `budget`.

    Parameters
    ----------
    scores : ndarray of shape (n_people,), each >= 0
    floor, ceiling : ndarray of shape (n_people,)
        Lowest and highest tier each person may have. When the floors alone cost more than the
        budget, they become ceilings: nobody rises, and the worst placed fall to the base tier.
    group : ndarray of shape (n_people,)
        Within a group a better score never gets a lower tier.
    cost : ndarray of shape (n_tiers,), non-decreasing
        Expected cost of one person at each tier.
    """
    if cost[0] * len(scores) > budget:
        needed, given = f"{cost[0] * len(scores):g}", f"{budget:g}"
        raise ValueError(f"`budget` must pay the base tier of everyone ({needed}), got {given}.")
    if spending(floor, cost) > budget:
        floor, ceiling = np.zeros_like(floor), floor
    if spending(ceiling, cost) <= budget:
        return Places(ceiling.copy(), 0.0)
    found = priced_places(scores, floor=floor, ceiling=ceiling, cost=cost, budget=budget)
    tier = found.tier
    for name in np.unique(group[floor == 0]):
        rows = np.flatnonzero((floor == 0) & (group == name))
        left = budget - spending(tier, cost)
        better = tier.copy()
        better[rows] = polished(scores[rows], tier[rows], ceiling[rows], cost=cost, left=left)
        # `left` is rounded; the budget is not
        tier = better if spending(better, cost) <= budget else tier
    return Places(tier, found.shadow_price)


def priced_places(
    scores: FloatArray, *, floor: IntArray, ceiling: IntArray, cost: FloatArray, budget: float
) -> Places:
    """Bisect for the lowest price that fits, then raise the marginal people, best first."""
    prices = turning_prices(scores, cost)

    def tiers_at(price: float) -> IntArray:
        return choice(scores, floor=floor, ceiling=ceiling, cost=cost, price=price)

    low, high = 0, len(prices) - 1
    while low < high:
        middle = (low + high) // 2
        fits = spending(tiers_at(prices[middle]), cost) <= budget
        low, high = (low, middle) if fits else (middle + 1, high)
    tier = tiers_at(prices[low])
    dearer = tiers_at(prices[low - 1]) if low else ceiling
    return Places(raised(scores, tier, dearer, cost=cost, budget=budget), float(prices[low]))


def spending(tier: IntArray, cost: FloatArray) -> float:
    """Return what these tiers cost together: the base for all, and each step for who took it.

    It depends on counts alone, so that no order of people changes its last bit.
    """
    above = len(tier) - np.cumsum(np.bincount(tier, minlength=len(cost)))[:-1]
    return float(cost[0] * len(tier) + above @ np.diff(cost))


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


def choice(
    scores: FloatArray, *, floor: IntArray, ceiling: IntArray, cost: FloatArray, price: float
) -> IntArray:
    """Return each person's best tier at this price of money; a tie goes to the lower tier."""
    best = floor.copy()
    utility = scores * floor - price * cost[floor]
    for tier in range(1, len(cost)):
        candidate = scores * tier - price * cost[tier]
        better = (tier > floor) & (tier <= ceiling) & (candidate > utility)
        best[better] = tier
        utility = np.where(better, candidate, utility)
    return best


def raised(
    scores: FloatArray, tier: IntArray, dearer: IntArray, *, cost: FloatArray, budget: float
) -> IntArray:
    """Raise people to their dearer tier, best score first, until the next does not fit."""
    movers = np.flatnonzero(dearer > tier)
    movers = movers[np.argsort(-scores[movers], kind="stable")]
    extra = np.cumsum(cost[dearer[movers]] - cost[tier[movers]])
    n_raised = int(np.searchsorted(extra, budget - spending(tier, cost), side="right"))
    result = tier.copy()
    result[movers[:n_raised]] = dearer[movers[:n_raised]]
    return result if spending(result, cost) <= budget else tier


def polished(
    scores: FloatArray, tier: IntArray, ceiling: IntArray, *, cost: FloatArray, left: float
) -> IntArray:
    """Search the cuts near the given ones for those worth most within the money `left`.

    People ordered by score are cut into tiers: `cuts[t]` people have tier t + 1 or higher.
    Groups whose ceilings do not follow their scores are returned as they are.
    """
    order = np.argsort(-scores, kind="stable")
    if np.any(np.diff(ceiling[order]) > 0) or np.any(np.diff(tier[order]) > 0):
        return tier
    steps = np.arange(1, len(cost))
    cuts = (tier[:, None] >= steps).sum(axis=0)
    tried = nearby(cuts, (ceiling[:, None] >= steps).sum(axis=0))
    spent = (tried - cuts) @ np.diff(cost)
    worth = np.concatenate([[0.0], np.cumsum(scores[order])])[tried].sum(axis=1)
    worth[spent > left] = -np.inf
    result = np.empty_like(tier)
    rank = np.arange(len(tier))
    result[order] = (rank[:, None] < tried[np.argmax(worth)]).sum(axis=1)
    return result


def nearby(cuts: IntArray, most: IntArray) -> IntArray:
    """Return candidate cut vectors around `cuts`, descending and within `most`; itself first."""
    width = int((MAX_CUTS_TRIED ** (1 / max(len(cuts), 1)) - 1) // 2)
    offsets = np.indices((2 * width + 1,) * len(cuts)).reshape(len(cuts), -1).T - width
    tried = np.concatenate([cuts[None, :], cuts + offsets])
    possible = (tried >= 0) & (tried <= most)
    descending = np.all(np.diff(tried, axis=1) <= 0, axis=1)
    kept: IntArray = tried[np.all(possible, axis=1) & descending]
    return kept
