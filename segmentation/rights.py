"""Rights: everyone's tier under a policy, why, since when, and who moved."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.parity import ParityBound
from models.tiers import Merits, Standing, TierAssignment, TierRules, assign_tiers
from segmentation.errors import ConfigError
from segmentation.merits import People
from segmentation.notices import notices
from segmentation.policy import STANDARD, Policy
from segmentation.qualification import (
    Qualified,
    bound_of,
    merits_of,
    parity_report,
    qualifications,
    score,
    unreached,
)
from segmentation.standings import Earlier, placed_by_hand
from segmentation.tables import CODES, TIME

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
SAMPLES = 5


@dataclass(frozen=True)
class Rights:
    """Everyone's tier, in the order of the people given.

    `tier` numbers the policy's tiers from 0; `since` and `review_after` are datetime64[us],
    NaT where there is no such date. `tiers` and `changes` are the tables of the same names;
    `notices` tells those who may soon lose a tier what it takes to stay. The report names nobody,
    for it is kept; `samples` names a few who rise and a few who fall.
    """

    tier: NDArray[np.int64]
    score: FloatArray
    reason_codes: list[list[str]]
    since: NDArray[np.datetime64]
    review_after: NDArray[np.datetime64]
    tiers: pa.Table
    changes: pa.Table
    notices: pa.Table
    report: dict[str, Any]
    samples: dict[str, list[dict[str, str]]]


def assign_rights(
    policy: Policy,
    people: People,
    *,
    previous: pa.Table | None,
    as_of: datetime | None,
    set_by_hand: Mapping[str, str] | None = None,
) -> Rights:
    """Assign everyone a tier at `as_of`; the same arguments give the same tiers.

    Parameters
    ----------
    people : People
        A standard measure that is absent takes no part in the score.
    previous : table or None
        The `tiers` table of the run before: `user_id, tier, reason_codes, since, review_after`.
    as_of : datetime with a timezone, or None
        None when the source has no time: a notice then lasts until the next run.
    set_by_hand : mapping of user ids to tiers, optional
        What somebody decided, whatever the measures say.
    """
    earlier = Earlier.of(previous, policy=policy, user_ids=people.user_ids)
    before = earlier.standing
    known = [name for name in STANDARD if name in people.measures]
    found = score(policy, people, known)
    qualified = qualifications(policy, people, found.score)
    assigned = assigned_tiers(
        merits_of(
            qualified, found.score, by_hand=placed_by_hand(policy, people, set_by_hand or {})
        ),
        rules=rules_of(policy, n_people=len(people), as_of=as_of),
        before=before,
        now=moment(as_of),
        bound=bound_of(policy, people),
    )
    told = earlier.reasons(assigned.standing.tier)
    codes = reason_codes(assigned, qualified, told, leading=found.leading, names=known)
    tiers = tiers_table(policy, people.user_ids, score=found.score, codes=codes, given=assigned)
    report = {
        **assignment_report(policy, assigned, before=before, n_people=len(people)),
        "renamed": earlier.renamed(),
        "gone": earlier.gone(),
        "unreached": unreached(policy, qualified),
        "parity": parity_report(policy, people, assigned),
        "measures_used": [name for name, used in zip(known, found.used, strict=True) if used],
        "basis": "one window: no times in the source" if as_of is None else "dated",
    }
    return Rights(
        tier=assigned.standing.tier,
        score=found.score,
        reason_codes=codes,
        since=assigned.standing.since,
        review_after=assigned.standing.review_after,
        tiers=tiers,
        changes=changes_table(policy, tiers=tiers, before=earlier.names, as_of=as_of),
        notices=notices(policy, people, assigned, score=found.score, now=moment(as_of)),
        report=report,
        samples=samples(policy, assigned.standing, before=before, user_ids=people.user_ids),
    )


def rules_of(policy: Policy, *, n_people: int, as_of: datetime | None) -> TierRules:
    """Return the policy's numbers on that day; benefits out of their dates cost nothing."""
    return TierRules(
        cost=np.array(policy.costs(as_of.date() if as_of else None)),
        budget=policy.budget.amount(n_people),
        dwell_days=policy.dwell_days,
        grace_days=policy.grace_days,
    )


def assigned_tiers(
    merits: Merits,
    *,
    rules: TierRules,
    before: Standing,
    now: np.datetime64,
    bound: ParityBound,
) -> TierAssignment:
    """Assign tiers, or say that the budget cannot even pay the lowest tier."""
    try:
        return assign_tiers(merits, rules=rules, before=before, now=now, bound=bound)
    except ValueError as error:
        raise ConfigError(f"The rights policy cannot be kept: {error}") from error


def reason_codes(
    given: TierAssignment,
    qualified: Sequence[Qualified],
    told: Mapping[str, NDArray[np.bool_]],
    *,
    leading: IntArray,
    names: list[str],
) -> list[list[str]]:
    """List everyone's reason codes: of the tier, what is told besides, the way, the measure."""
    tier = given.standing.tier
    by_score = np.array([not rung.ways for rung in qualified])[tier] & (tier > 0)
    columns = (
        {**given.reasons, **told}
        | {
            f"way_{name}": (tier == rank) & reached
            for rank, rung in enumerate(qualified)
            for name, reached in rung.ways.items()
        }
        | {f"by_{name}": (leading == number) & by_score for number, name in enumerate(names)}
    )
    codes: list[list[str]] = [[] for _ in range(len(tier))]
    for code, holds in columns.items():
        for row in np.flatnonzero(holds):
            codes[row].append(code)
    return codes


def tiers_table(
    policy: Policy,
    user_ids: pa.Array,
    *,
    score: FloatArray,
    codes: list[list[str]],
    given: TierAssignment,
) -> pa.Table:
    """Lay the assignment out as the `tiers` table."""
    return pa.table(
        {
            "user_id": user_ids,
            "tier": tier_names(policy, given.standing.tier),
            "score": pa.array(score),
            "reason_codes": pa.array(codes, CODES),
            "since": pa.array(given.standing.since).cast(TIME),
            "review_after": pa.array(given.standing.review_after).cast(TIME),
        }
    )


def changes_table(
    policy: Policy, *, tiers: pa.Table, before: pa.Array, as_of: datetime | None
) -> pa.Table:
    """List everyone whose tier is not what it was, by its name then; null for new people."""
    same = pc.fill_null(pc.equal(tiers["tier"].combine_chunks(), before), False)
    moved = pc.invert(same)
    rows = tiers.filter(moved)
    return pa.table(
        {
            "user_id": rows["user_id"],
            "before": before.filter(moved),
            "after": rows["tier"],
            "reason_codes": rows["reason_codes"],
            "policy_version": pa.array([policy.version] * len(rows), pa.string()),
            "at": pa.array([as_of] * len(rows), TIME),
        }
    )


def assignment_report(
    policy: Policy, given: TierAssignment, *, before: Standing, n_people: int
) -> dict[str, Any]:
    """Count people by tier and by what happened to them, and say what it costs."""
    after, old = given.standing.tier, before.tier
    budget = policy.budget.amount(n_people)
    known = old >= 0
    return {
        "policy_version": policy.version,
        "people": len(after),
        "tiers": {name: int((after == rank).sum()) for rank, name in enumerate(policy.names)},
        "new": int((~known).sum()),
        "up": int((known & (after > old)).sum()),
        "down": int((known & (after < old)).sum()),
        "unchanged": int((known & (after == old)).sum()),
        "on_notice": int(given.standing.on_notice.sum()),
        "changed_share": float((after != old)[known].mean()) if known.any() else 0.0,
        "cost": given.cost,
        "budget": budget if math.isfinite(budget) else None,
        "shadow_price": given.shadow_price,
        "stability": {"worth": given.protection, "money": given.protection_cost},
        "reasons": {code: int(holds.sum()) for code, holds in given.reasons.items()},
    }


def samples(
    policy: Policy, after: Standing, *, before: Standing, user_ids: pa.Array
) -> dict[str, list[dict[str, str]]]:
    """Name a few people who rise and a few who fall, first in the order given."""
    known = before.tier >= 0
    ways = {"up": after.tier > before.tier, "down": after.tier < before.tier}
    return {
        way: [
            {
                "user_id": user_ids[row].as_py(),
                "before": policy.names[before.tier[row]],
                "after": policy.names[after.tier[row]],
            }
            for row in np.flatnonzero(known & moved)[:SAMPLES]
        ]
        for way, moved in ways.items()
    }


def tier_names(policy: Policy, tier: NDArray[np.int64]) -> pa.Array:
    """Return names for tier numbers; -1 becomes null."""
    return pa.array(policy.names, pa.string()).take(pa.array(tier, mask=tier < 0))


def moment(as_of: datetime | None) -> np.datetime64:
    """Return a time as datetime64[us] in UTC; None is NaT."""
    if as_of is None:
        return np.datetime64("NaT", "us")
    return np.datetime64(round(as_of.timestamp() * 1_000_000), "us")
