"""Rights: everyone's tier under a policy, why, since when, and who moved."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.qualification import qualify
from models.tiers import REASONS, Standing, TierAssignment, TierRules, assign_tiers
from segmentation.errors import ConfigError
from segmentation.policy import Policy
from segmentation.tables import CODES, TIME

FloatArray = NDArray[np.float64]
MEASURES = {
    "value": "What they are expected to spend lifted the score most.",
    "share": "How likely they are to share lifted the score most.",
    "stickiness": "How likely they are to come back lifted the score most.",
    "influence": "How many people they reach lifted the score most.",
    "tenure": "How long they have been here lifted the score most.",
}
REASON_WORDS = REASONS | {f"by_{name}": words for name, words in MEASURES.items()}
"""Every reason code with the words for people."""
ON_NOTICE = ("dwell", "grace")
SAMPLES = 5


@dataclass(frozen=True)
class Rights:
    """Everyone's tier, in the order of the people given.

    `tier` numbers the policy's tiers from 0; `since` and `review_after` are datetime64[us],
    NaT where there is no such date. `tiers` and `changes` are the tables of the same names.
    """

    tier: NDArray[np.int64]
    score: FloatArray
    reason_codes: list[list[str]]
    since: NDArray[np.datetime64]
    review_after: NDArray[np.datetime64]
    tiers: pa.Table
    changes: pa.Table
    report: dict[str, Any]


def assign_rights(
    policy: Policy,
    *,
    user_ids: Sequence[str],
    measures: Mapping[str, FloatArray],
    previous: pa.Table | None,
    as_of: datetime | None,
) -> Rights:
    """Assign everyone a tier at `as_of`; the same arguments give the same tiers.

    Parameters
    ----------
    measures : mapping of `value`, `share`, `stickiness`, `influence`, `tenure` to arrays by person
        NaN means not known. A measure that is absent takes no part.
    previous : table or None
        The `tiers` table of the run before: `user_id, tier, reason_codes, since, review_after`.
    as_of : datetime with a timezone, or None
        None when the source has no time: a notice then lasts until the next run.
    """
    before = standing_of(previous, policy=policy, user_ids=user_ids)
    known = {name: measures[name] for name in MEASURES if name in measures}
    weights = np.array([getattr(policy.weights, name) for name in known], dtype=np.float64)
    stack = np.column_stack([np.asarray(known[name], dtype=np.float64) for name in known])
    found = qualify(stack, weights=weights)
    rules = rules_of(policy, n_people=len(user_ids), as_of=as_of)
    assigned = assigned_tiers(found.score, rules=rules, before=before, now=moment(as_of))
    codes = reason_codes(assigned, leading=found.leading, names=list(known))
    tiers = tiers_table(policy, user_ids=user_ids, score=found.score, codes=codes, given=assigned)
    report = {
        **assignment_report(policy, assigned, before=before, rules=rules),
        "measures_used": [name for name, used in zip(known, found.used, strict=True) if used],
        "basis": "one window: no times in the source" if as_of is None else "dated",
        "samples": samples(policy, assigned.standing, before=before, user_ids=user_ids),
    }
    return Rights(
        tier=assigned.standing.tier,
        score=found.score,
        reason_codes=codes,
        since=assigned.standing.since,
        review_after=assigned.standing.review_after,
        tiers=tiers,
        changes=changes_table(policy, tiers=tiers, before=before, given=assigned, as_of=as_of),
        report=report,
    )


def rules_of(policy: Policy, *, n_people: int, as_of: datetime | None) -> TierRules:
    """Return the policy's numbers on that day; benefits out of their dates cost nothing."""
    return TierRules(
        enter=np.array([tier.enter for tier in policy.tiers]),
        stay=np.array([tier.stay for tier in policy.tiers]),
        cost=np.array(policy.costs(as_of.date() if as_of else None)),
        budget=policy.budget.amount(n_people),
        dwell_days=policy.dwell_days,
        grace_days=policy.grace_days,
    )


def assigned_tiers(
    score: FloatArray, *, rules: TierRules, before: Standing, now: np.datetime64
) -> TierAssignment:
    """Assign tiers, or say that the budget cannot even pay the lowest tier."""
    try:
        return assign_tiers(score, rules=rules, before=before, now=now)
    except ValueError as error:
        raise ConfigError(f"The rights policy cannot be kept: {error}") from error


def standing_of(previous: pa.Table | None, *, policy: Policy, user_ids: Sequence[str]) -> Standing:
    """Return where each person stood in the run before; tiers no longer known count as none."""
    standing = Standing.newcomers(len(user_ids))
    if previous is None or not len(user_ids):
        return standing
    place = {user: row for row, user in enumerate(user_ids)}
    rows = np.array([place.get(user, -1) for user in previous["user_id"].to_pylist()], dtype=int)
    here = rows >= 0
    rank = {name: number for number, name in enumerate(policy.names)}
    tier = np.array([rank.get(name, -1) for name in previous["tier"].to_pylist()], dtype=int)
    notice = np.array(
        [any(code in ON_NOTICE for code in codes) for codes in previous["reason_codes"].to_pylist()]
    )
    standing.tier[rows[here]] = tier[here]
    standing.since[rows[here]] = times(previous["since"])[here]
    standing.review_after[rows[here]] = times(previous["review_after"])[here]
    standing.on_notice[rows[here]] = notice[here]
    return standing


def reason_codes(
    given: TierAssignment, *, leading: NDArray[np.int64], names: list[str]
) -> list[list[str]]:
    """List everyone's reason codes: those of the tier, then the measure that lifted most."""
    columns = given.reasons | {
        f"by_{name}": (leading == number) & (given.standing.tier > 0)
        for number, name in enumerate(names)
    }
    codes: list[list[str]] = [[] for _ in range(len(leading))]
    for code, holds in columns.items():
        for row in np.flatnonzero(holds):
            codes[row].append(code)
    return codes


def tiers_table(
    policy: Policy,
    *,
    user_ids: Sequence[str],
    score: FloatArray,
    codes: list[list[str]],
    given: TierAssignment,
) -> pa.Table:
    """Lay the assignment out as the `tiers` table."""
    return pa.table(
        {
            "user_id": pa.array(user_ids, pa.string()),
            "tier": tier_names(policy, given.standing.tier),
            "score": pa.array(score),
            "reason_codes": pa.array(codes, CODES),
            "since": pa.array(given.standing.since).cast(TIME),
            "review_after": pa.array(given.standing.review_after).cast(TIME),
        }
    )


def changes_table(
    policy: Policy,
    *,
    tiers: pa.Table,
    before: Standing,
    given: TierAssignment,
    as_of: datetime | None,
) -> pa.Table:
    """List everyone whose tier is not what it was; `before` is null for new people."""
    moved = np.flatnonzero(given.standing.tier != before.tier)
    rows = tiers.take(pa.array(moved))
    return pa.table(
        {
            "user_id": rows["user_id"],
            "before": tier_names(policy, before.tier[moved]),
            "after": rows["tier"],
            "reason_codes": rows["reason_codes"],
            "policy_version": pa.array([policy.version] * len(moved), pa.string()),
            "at": pa.array([as_of] * len(moved), TIME),
        }
    )


def assignment_report(
    policy: Policy, given: TierAssignment, *, before: Standing, rules: TierRules
) -> dict[str, Any]:
    """Count people by tier and by what happened to them, and say what it costs."""
    after, old = given.standing.tier, before.tier
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
        "budget": rules.budget if math.isfinite(rules.budget) else None,
        "shadow_price": given.shadow_price,
        "protection": given.protection,
        "reasons": {code: int(holds.sum()) for code, holds in given.reasons.items()},
    }


def samples(
    policy: Policy, after: Standing, *, before: Standing, user_ids: Sequence[str]
) -> dict[str, list[dict[str, str]]]:
    """Name a few people who rise and a few who fall, first in the order given."""
    known = before.tier >= 0
    ways = {"up": after.tier > before.tier, "down": after.tier < before.tier}
    return {
        way: [
            {
                "user_id": user_ids[row],
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


def times(column: pa.ChunkedArray) -> NDArray[np.datetime64]:
    """Return a UTC time column as datetime64[us], null as NaT."""
    return np.asarray(column.cast(pa.timestamp("us")).to_numpy(), dtype="datetime64[us]")


def moment(as_of: datetime | None) -> np.datetime64:
    """Return a time as datetime64[us] in UTC; None is NaT."""
    if as_of is None:
        return np.datetime64("NaT", "us")
    return np.datetime64(round(as_of.timestamp() * 1_000_000), "us")
