"""Tiers set by hand, as the ledger tells of them up to one of its entries.

A run's snapshot never changes, and people decide between runs. What they decided is read from the
ledger, so that everyone who reads it up to the same entry is told the same: an answer comes from a
run and a place in the ledger.
"""

from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from segmentation.database import Database
from segmentation.overlay import HandSet, HandSets
from segmentation.sqltables import tier_ledger

UNTIL = "until"
"""Under this name the evidence of an entry holds the end of what was set by hand."""


def mark(database: Database) -> tuple[int, int]:
    """What changes whenever a decision is written, or erased."""
    counted = sa.select(sa.func.count(), sa.func.max(tier_ledger.c.seq)).where(by_hand())
    with database.connect() as connection:
        count, last = connection.execute(counted).one()
    return int(count), int(last or 0)


def read(connection: sa.Connection, *, through: int | None = None) -> HandSets:
    """Read the latest decision about each user, up to an entry of the ledger or all."""
    within = [by_hand()] if through is None else [by_hand(), tier_ledger.c.seq <= through]
    latest = sa.select(sa.func.max(tier_ledger.c.seq)).where(*within)
    query = sa.select(tier_ledger).where(
        by_hand(), tier_ledger.c.seq.in_(latest.group_by(tier_ledger.c.user_id))
    )
    rows = connection.execute(query.order_by(tier_ledger.c.seq)).all()
    return HandSets(rows[-1].seq if rows else 0, {row.user_id: hand_set(row) for row in rows})


def hand_set(row: sa.Row[Any]) -> HandSet:
    """Read one entry."""
    until = orjson.loads(row.evidence).get(UNTIL)
    return HandSet(
        tier=row.after,
        reason_codes=orjson.loads(row.reason_codes),
        since=row.at,
        until=datetime.fromisoformat(until) if until else None,
    )


def by_hand() -> sa.ColumnElement[bool]:
    """Say which entries of the ledger no run made."""
    return tier_ledger.c.run_id.is_(None)
