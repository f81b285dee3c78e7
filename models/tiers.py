"""Who has which tier: entering, staying, losing it after fair notice, within a budget.

Entering asks more than staying. Whoever should lose a tier gets notice first and keeps it until
the review date, which lies after both the dwell in the tier and the grace after the notice; a
good score before that date ends the notice. The budget holds always.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.places import Places, best_places, spending

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
TimeArray = NDArray[np.datetime64]

REASONS = {
    "base": "This tier is open to everyone.",
    "entered": "The score reached what this tier asks for.",
    "stayed": "The score is still enough to keep this tier.",
    "dwell": "Kept: too short a time in this tier to lose it.",
    "grace": "Kept until the review date, although the score or the budget no longer carries it.",
    "fell": "The score stayed below what keeping the tier asks for until the review date.",
    "budget": "The budget went to people with a higher score.",
}
"""Every reason for a tier, with the words for people."""


@dataclass(frozen=True, kw_only=True)
class TierRules:
    """The numbers of a policy; every array has one value a tier, lowest tier first.

    `enter` and `stay` are scores in [0, 1], ascending, with stay <= enter; those of the base
    tier are never asked. `cost` is the expected cost of one person, non-decreasing.
    """

    enter: FloatArray
    stay: FloatArray
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
class TierAssignment:
    """Tiers for everyone, with reasons and what the rules cost.

    `reasons` maps each code of REASONS to the people it holds for. `protection` is the worth
    (sum of scores over steps) that keeping people through dwell and grace has displaced.
    """

    standing: Standing
    reasons: dict[str, BoolArray]
    cost: float
    shadow_price: float
    protection: float


def assign_tiers(
    scores: FloatArray, *, rules: TierRules, before: Standing, now: np.datetime64
) -> TierAssignment:
    """Give everyone a tier at `now` (NaT: no clock, so notice lasts one call)."""
    entitled = entitled_tiers(scores, rules=rules, before=before)
    wished = placed(scores, rules, before, floor=np.zeros_like(entitled), ceiling=entitled)
    due = before.on_notice & ~(now < before.review_after)
    floor = np.where(due, 0, np.maximum(before.tier, 0))
    ceiling = np.maximum(entitled, floor)
    held = placed(scores, rules, before, floor=floor, ceiling=ceiling)
    standing = new_standing(held.tier, wished.tier, rules=rules, before=before, now=now)
    return TierAssignment(
        standing=standing,
        reasons=reasons_for(standing, entitled, before=before, rules=rules, now=now),
        cost=spending(held.tier, rules.cost),
        shadow_price=held.shadow_price,
        protection=float(scores @ (wished.tier - np.minimum(held.tier, entitled))),
    )


def entitled_tiers(scores: FloatArray, *, rules: TierRules, before: Standing) -> IntArray:
    """Return the highest tier each score carries: `stay` up to the present tier, `enter` above."""
    entitled = np.zeros(len(scores), dtype=np.int64)
    for tier in range(1, len(rules.cost)):
        asked = np.where(tier <= before.tier, rules.stay[tier], rules.enter[tier])
        entitled[scores >= asked] = tier
    return entitled


def placed(
    scores: FloatArray, rules: TierRules, before: Standing, *, floor: IntArray, ceiling: IntArray
) -> Places:
    """Fit the tiers into the budget; people of the same earlier tier are one group."""
    return best_places(
        scores,
        floor=floor,
        ceiling=ceiling,
        group=before.tier,
        cost=rules.cost,
        budget=rules.budget,
    )


def new_standing(
    tier: IntArray, wished: IntArray, *, rules: TierRules, before: Standing, now: np.datetime64
) -> Standing:
    """Carry dates on, start notices, and end those of people who recovered."""
    moved = tier != before.tier
    since = np.where(moved, now, before.since)
    on_notice = ~moved & (wished < tier)
    settled = since + days(rules.dwell_days)
    noticed = np.fmax(settled, now + days(rules.grace_days))
    running = on_notice & before.on_notice
    review = np.where(on_notice, np.where(running, before.review_after, noticed), settled)
    review[tier == 0] = np.datetime64("NaT", "us")
    return Standing(tier, since, review, on_notice)


def reasons_for(
    after: Standing, entitled: IntArray, *, before: Standing, rules: TierRules, now: np.datetime64
) -> dict[str, BoolArray]:
    """Say for everyone why the tier is what it is; several reasons may hold."""
    rose, lost = after.tier > np.maximum(before.tier, 0), after.tier < before.tier
    young = now < after.since + days(rules.dwell_days)
    return {
        "base": (after.tier == 0) & ~lost,
        "entered": rose,
        "stayed": (after.tier == before.tier) & (after.tier > 0) & ~after.on_notice,
        "dwell": after.on_notice & young,
        "grace": after.on_notice & ~young,
        "fell": lost & (entitled < before.tier),
        "budget": after.tier < entitled,
    }


def days(number: float) -> np.timedelta64:
    """Return a number of days as a difference of times, to the microsecond."""
    return np.timedelta64(round(number * 86_400_000_000), "us")
