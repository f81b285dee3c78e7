"""Who has which tier: entering, staying, losing it after fair notice, within a budget.

Entering asks more than staying. Whoever should lose a tier gets notice first and keeps it until
the review date, which lies after both the dwell in the tier and the grace after the notice; a
good score before that date ends the notice. The budget holds always.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.parity import NO_BOUND, ParityBound, even_places
from models.places import Problem, spending

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
TimeArray = NDArray[np.datetime64]

REASONS = {
    "by_hand": "Set by hand, until the date given there.",
    "base": "This tier is open to everyone.",
    "entered": "What this tier asks for was reached.",
    "stayed": "What this tier asks for is still there.",
    "dwell": "Kept: too short a time in this tier to lose it.",
    "grace": "Kept until the review date, although merit or the budget no longer carries it.",
    "fell": "What keeping the tier asks for was not reached until the review date.",
    "budget": "The budget or the parity of groups did not reach this far down the scores.",
}
"""Every reason for a tier, with the words for people."""


@dataclass(frozen=True, kw_only=True)
class TierRules:
    """The numbers of a policy; `cost` of one person in each tier, non-decreasing."""

    cost: FloatArray
    budget: float
    dwell_days: float
    grace_days: float


@dataclass(frozen=True)
class Standing:
    """Where people stood before: tier (-1: new here), since when, and when it may be lost.

    `since` and `review_after` are datetime64[us]; NaT means not known.
    """

    tier: IntArray
    since: TimeArray
    review_after: TimeArray
    on_notice: BoolArray

    @classmethod
    def newcomers(cls, n_people: int) -> "Standing":
        """Everybody is new."""
        unknown = np.full(n_people, np.datetime64("NaT", "us"))
        nobody = np.zeros(n_people, dtype=bool)
        return cls(np.full(n_people, -1), unknown, unknown.copy(), nobody)


@dataclass(frozen=True)
class Merits:
    """What people have earned: an order of merit, and the tiers open to them.

    `score` is >= 0. `opens` and `keeps` (people x tiers) say who reached what a tier asks to
    enter and to stay; whoever may enter may stay. The lowest tier is open whatever they say.
    `set_by_hand` is the tier somebody decided on, -1 where nobody did.
    """

    score: FloatArray
    opens: BoolArray
    keeps: BoolArray
    set_by_hand: IntArray


@dataclass(frozen=True)
class TierAssignment:
    """Tiers for everyone, with reasons and what the rules cost.

    `reasons` maps each code of REASONS to the people it holds for. `protection` is the worth
    (sum of scores over steps) that keeping people through dwell and grace has displaced, and
    `protection_cost` the money in the tiers they would not have otherwise. `gap` is what lies
    between the groups of a parity bound and `parity_price` the worth given up for it.
    """

    standing: Standing
    reasons: dict[str, BoolArray]
    cost: float
    shadow_price: float
    protection: float
    protection_cost: float
    gap: float
    parity_price: float


def assign_tiers(
    merits: Merits,
    *,
    rules: TierRules,
    before: Standing,
    now: np.datetime64,
    bound: ParityBound = NO_BOUND,
) -> TierAssignment:
    """Give everyone a tier at `now` (NaT: no clock, so notice lasts one call)."""
    entitled, by_hand = entitled_tiers(merits, before=before), merits.set_by_hand
    due = is_due(before, rules=rules, now=now)
    lowest = np.maximum(by_hand, 0)
    floor = np.where(due | (by_hand >= 0), lowest, np.maximum(before.tier, 0))
    kept = placing(merits, rules, before, floor=floor, ceiling=np.maximum(entitled, floor))
    free = placing(merits, rules, before, floor=lowest, ceiling=entitled)
    held = even_places(kept, bound=bound)
    wished = even_places(free, bound=bound) if floor.any() else held
    tier, cost = held.places.tier, rules.cost
    standing = new_standing(tier, wished.places.tier, rules=rules, before=before, now=now)
    carried = np.minimum(tier, entitled)
    return TierAssignment(
        standing=standing,
        reasons=reasons_for(standing, entitled, by_hand, before=before, rules=rules, now=now),
        cost=spending(tier, cost),
        shadow_price=held.places.shadow_price,
        protection=float(merits.score @ (wished.places.tier - carried)),
        protection_cost=spending(tier, cost) - spending(carried, cost),
        gap=held.gap,
        parity_price=held.price,
    )


def is_due(before: Standing, *, rules: TierRules, now: np.datetime64) -> BoolArray:
    """Say who may lose their tier now: notice has run out, or there is nothing to wait for."""
    ran_out = before.on_notice & ~(now < before.review_after)
    return np.asarray(ran_out | (first_review(before.since, rules=rules, now=now) <= now))


def first_review(since: TimeArray, *, rules: TierRules, now: np.datetime64) -> TimeArray:
    """Return when a tier held since then may be lost, were notice given now."""
    return np.fmax(since + days(rules.dwell_days), now + days(rules.grace_days))


def entitled_tiers(merits: Merits, *, before: Standing) -> IntArray:
    """Return the highest tier open to each: to stay up to the present tier, to enter above."""
    entitled = np.zeros(len(merits.score), dtype=np.int64)
    for tier in range(1, merits.opens.shape[1]):
        carries = np.where(tier <= before.tier, merits.keeps[:, tier], merits.opens[:, tier])
        entitled[carries] = tier
    return np.where(merits.set_by_hand >= 0, merits.set_by_hand, entitled)


def placing(
    merits: Merits, rules: TierRules, before: Standing, *, floor: IntArray, ceiling: IntArray
) -> Problem:
    """Pose the problem of tiers within the budget; people of one earlier tier are one group."""
    return Problem(
        merits.score,
        floor,
        ceiling,
        before.tier,
        rules.cost,
        rules.budget,
        firm=np.maximum(merits.set_by_hand, 0),
    )


def new_standing(
    tier: IntArray, wished: IntArray, *, rules: TierRules, before: Standing, now: np.datetime64
) -> Standing:
    """Carry dates on, start notices, and end those of people who recovered."""
    moved = tier != before.tier
    since = np.where(moved, now, before.since)
    on_notice = ~moved & (wished < tier)
    settled = since + days(rules.dwell_days)
    noticed = first_review(since, rules=rules, now=now)
    running = on_notice & before.on_notice
    review = np.where(on_notice, np.where(running, before.review_after, noticed), settled)
    review[tier == 0] = np.datetime64("NaT", "us")
    return Standing(tier, since, review, on_notice)


def reasons_for(
    after: Standing,
    entitled: IntArray,
    by_hand: IntArray,
    *,
    before: Standing,
    rules: TierRules,
    now: np.datetime64,
) -> dict[str, BoolArray]:
    """Say for everyone why the tier is what it is; several reasons may hold."""
    is_set = (by_hand >= 0) & (after.tier == by_hand)
    rose, lost = after.tier > np.maximum(before.tier, 0), after.tier < before.tier
    young = now < after.since + days(rules.dwell_days)
    return {
        "by_hand": is_set,
        "base": (after.tier == 0) & ~lost & ~is_set,
        "entered": rose & ~is_set,
        "stayed": (after.tier == before.tier) & (after.tier > 0) & ~after.on_notice & ~is_set,
        "dwell": after.on_notice & young,
        "grace": after.on_notice & ~young,
        "fell": lost & (entitled < before.tier) & ~is_set,
        "budget": after.tier < entitled,
    }


def days(number: float) -> np.timedelta64:
    """Return a number of days as a difference of times, to the microsecond."""
    return np.timedelta64(round(number * 86_400_000_000), "us")
