"""What people decided for the runs to come: the policy in force, and tiers set by hand.

The policy in force is the live run's. Every policy that ever was is kept by its version, so that
an entry of the ledger can be explained when its run is long gone.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from segmentation import handset
from segmentation.database import Database
from segmentation.errors import NotFound, StoreOutdated
from segmentation.index import Snapshot
from segmentation.ledger import Change
from segmentation.overrides import end_due, in_force
from segmentation.policyfile import parse_policy
from segmentation.sqltables import tier_policies
from segmentation.store import Store

POLICY = "merits/rights.toml"


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """The text of the policy in force (None before the first run), and users' tiers by hand.

    `held` tells the tier in force of everyone of whom the live run's tables say otherwise, because
    it was set by hand since or what was set has ended.
    """

    policy: str | None
    by_hand: dict[str, str]
    held: dict[str, dict[str, Any]] = field(default_factory=dict)


def decisions(store: Store, database: Database, *, now: datetime) -> Decisions:
    """Return what is in force now."""
    live = store.current()
    path = store.folder(live) / POLICY if live else None
    return Decisions(
        policy=path.read_text(encoding="utf-8") if path and path.exists() else None,
        by_hand={user: held.tier for user, held in in_force(database, now=now).items()},
        held=held_otherwise(store, database, now=now) if live else {},
    )


def held_otherwise(store: Store, database: Database, *, now: datetime) -> dict[str, dict[str, Any]]:
    """The tiers in force of which the live run's tables say otherwise, by user.

    A run of an earlier version, which cannot be asked, stands as it is.
    """
    try:
        snapshot = store.snapshot()
    except StoreOutdated:
        return {}
    with snapshot:
        seen = in_force_on(snapshot, database, now=now)
        return {user_id: dict(told) for user_id, told in seen.told_by_hand()}


def in_force_on(snapshot: Snapshot, database: Database, *, now: datetime) -> Snapshot:
    """A live run with the tiers set by hand laid over; what is past its time is ended first."""
    end_due(database, snapshot, now=now)
    with database.connect() as connection:
        return snapshot.seen_with(handset.read(connection))


def remember_policy(database: Database, snapshot: Snapshot, *, author: str, now: datetime) -> None:
    """Keep the text of a run's policy, once for each version."""
    path = snapshot.folder / POLICY
    version = snapshot.manifest["policy_version"]
    known = sa.select(tier_policies.c.version).where(tier_policies.c.version == version)
    with database.begin() as connection:
        if not path.exists() or connection.execute(known).first() is not None:
            return
        row = {"version": version, "text": path.read_text(encoding="utf-8"), "applied": now}
        made_by = {"author": author, "run_id": snapshot.run_id}
        connection.execute(sa.insert(tier_policies).values(row | made_by))


def policy_of(database: Database, version: str) -> str:
    """The text of a policy that was once in force."""
    query = sa.select(tier_policies.c.text).where(tier_policies.c.version == version)
    with database.connect() as connection:
        text: str | None = connection.execute(query).scalar()
    if text is None:
        raise NotFound.of("policy", version)
    return text


def benefits_on(database: Database, held: Change, moment: datetime) -> list[dict[str, Any]]:
    """What a tier gives on a day by the policy under which it is held."""
    text = policy_of(database, held.policy_version)
    policy = parse_policy(text, file=f"the policy {held.policy_version}", in_force=True)
    given = policy.benefits_of(str(held.after), moment.astimezone(UTC).date())
    return [benefit.to_dict() for benefit in given]
