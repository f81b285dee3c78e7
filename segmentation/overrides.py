"""Tiers set by hand: who decided, why, and until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from segmentation import ledger
from segmentation.database import Database
from segmentation.errors import NotFound, UsageError
from segmentation.handset import UNTIL
from segmentation.index import Snapshot
from segmentation.ledger import Change
from segmentation.reasonwords import BY_HAND, ENDED, RESTORED
from segmentation.sqltables import tier_ledger, tier_overrides
from segmentation.turns import take_turn

LONGEST = 2_000
TOLD_ONCE = (ENDED, RESTORED)


@dataclass(frozen=True, kw_only=True)
class Override:
    """One decision about one user's tier; it holds until its time comes or it is `ended`."""

    override_id: int
    user_id: str
    tier: str
    created: datetime
    until: datetime
    reason: str
    author: str
    ended: datetime | None = None


def check_override(*, until: datetime, now: datetime, reason: str) -> None:
    """Refuse a decision that is over already or says no reason."""
    if until <= now:
        raise UsageError(f"`until` must lie ahead, got {until.isoformat()}.")
    if not 0 < len(reason.strip()) <= LONGEST:
        raise UsageError(f"`reason` must have 1 to {LONGEST} letters: it is read aloud one day.")


def decide(
    connection: sa.Connection,
    user_id: str,
    *,
    tier: str,
    until: datetime,
    reason: str,
    author: str,
    now: datetime,
) -> int:
    """Put a decision in place of an earlier one about the same user, and return its number."""
    end(connection, user_id, now=now)
    row = {"user_id": user_id, "tier": tier, "created": now, "until": until}
    made = connection.execute(sa.insert(tier_overrides).values(**row, reason=reason, author=author))
    return int(made.inserted_primary_key[0]) if made.inserted_primary_key else 0


def end(connection: sa.Connection, user_id: str, *, now: datetime) -> bool:
    """End what was decided about a user; return whether anything was."""
    ours = tier_overrides.c.user_id == user_id
    fresh = sa.update(tier_overrides).where(ours, tier_overrides.c.ended.is_(None))
    return connection.execute(fresh.values(ended=now)).rowcount > 0


def in_force(database: Database, *, now: datetime) -> dict[str, Override]:
    """Return the decisions that hold now, by user."""
    holds = tier_overrides.c.ended.is_(None) & (tier_overrides.c.until > now)
    query = sa.select(tier_overrides).where(holds).order_by(tier_overrides.c.override_id)
    with database.connect() as connection:
        return {row.user_id: override(row) for row in connection.execute(query)}


def of_user(database: Database, user_id: str) -> list[Override]:
    """Return everything ever decided about a user, the newest first."""
    query = (
        sa.select(tier_overrides)
        .where(tier_overrides.c.user_id == user_id)
        .order_by(tier_overrides.c.override_id.desc())
    )
    with database.connect() as connection:
        return [override(row) for row in connection.execute(query)]


def override(row: sa.Row[Any]) -> Override:
    """Read one row."""
    return Override(**dict(row._mapping))


def set_tier(
    database: Database,
    snapshot: Snapshot,
    user_id: str,
    *,
    tier: str,
    until: datetime,
    reason: str,
    author: str,
    now: datetime,
) -> Change:
    """Give a user a tier by hand; it is in force at once, and runs keep it until its time.

    Raises
    ------
    NotFound
        When there is no such user or tier.
    UsageError
        When the time is past or no reason is given.
    """
    check_override(until=until, now=now, reason=reason)
    snapshot.user(user_id)
    known = [row["name"] for row in snapshot.tiers()]
    if tier not in known:
        raise NotFound(f"There is no tier `{tier}`; the policy has {', '.join(known)}.")
    with database.begin() as connection:
        take_turn(connection)
        decide(connection, user_id, tier=tier, until=until, reason=reason, author=author, now=now)
        evidence = {"reason": reason, UNTIL: until.isoformat()}
        return ledger.append_one(
            connection, snapshot, user_id, tier, [BY_HAND], evidence, author=author, now=now
        )


def lift(
    database: Database, snapshot: Snapshot, user_id: str, *, author: str, now: datetime
) -> Change:
    """End what was decided by hand; the tier the user has beneath is in force again.

    Raises
    ------
    NotFound
        When there is no such user, or nothing holds that was decided of them.
    UsageError
        When there is no tier to go back to.
    """
    if snapshot.as_published.user(user_id)["tier"] is None:
        raise UsageError(f"The live run gives `{user_id}` no tier to go back to.")
    with database.begin() as connection:
        take_turn(connection)
        if not end(connection, user_id, now=now):
            raise NotFound(f"No tier of `{user_id}` is set by hand, so there is none to end.")
        return give_back(connection, snapshot, user_id, author=author, now=now)


def end_due(database: Database, snapshot: Snapshot, *, now: datetime) -> int:
    """End what is past its time, as of that time; return how many decisions were ended.

    Whoever reads tiers does so first, and it happens once, however many do.
    """
    due = tier_overrides.c.ended.is_(None) & (tier_overrides.c.until <= now)
    query = sa.select(tier_overrides).where(due).order_by(tier_overrides.c.until)
    with database.connect() as connection:
        if connection.execute(query.limit(1)).first() is None:
            return 0
    with database.begin() as connection:
        take_turn(connection)
        ended = [override(row) for row in connection.execute(query)]
        for each in ended:
            end(connection, each.user_id, now=each.until)
            give_back(
                connection, snapshot, each.user_id, author=each.author, now=now, at=each.until
            )
    return len(ended)


def give_back(
    connection: sa.Connection,
    snapshot: Snapshot,
    user_id: str,
    *,
    author: str,
    now: datetime,
    at: datetime | None = None,
) -> Change:
    """Write down that what was set by hand is over, and which tier is in force again.

    That is what the run gave, or, where the run took over what was set, the tier held before.
    """
    last = ledger.newest(connection, user_id)
    at = max(at, last.at) if at and last else at or now
    tier, codes = beneath(connection, snapshot, user_id)
    is_gone = last is not None and last.after is None
    return ledger.append_one(
        connection,
        snapshot,
        user_id,
        None if is_gone else tier,
        [ENDED, *codes],
        {},
        author=author,
        now=now,
        at=at,
    )


def beneath(
    connection: sa.Connection, snapshot: Snapshot, user_id: str
) -> tuple[str | None, list[str]]:
    """The tier a user has but for what was set by hand, and why."""
    held = snapshot.as_published.tier_of(user_id)
    if held is not None and BY_HAND not in held["reason_codes"]:
        return held["tier"], held["reason_codes"]
    tiers = snapshot.tiers()
    known = {tier.get("was", tier["name"]): tier["name"] for tier in tiers}
    known |= {name: name for name in known.values()}
    mine = sa.select(tier_ledger).where(tier_ledger.c.user_id == user_id)
    for row in connection.execute(mine.order_by(tier_ledger.c.seq.desc())):
        entry = ledger.change(row)
        if BY_HAND not in entry.reason_codes and entry.after in known:
            codes = [code for code in entry.reason_codes if code not in TOLD_ONCE]
            return known[entry.after], codes
    return tiers[0]["name"], ["base"]
