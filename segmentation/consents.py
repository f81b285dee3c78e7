"""What people decide between runs: consent to a purpose given or withdrawn, kept in SQL.

A run knows the decisions of its `consent` table. One made since wins over it at once, in every
list of every run kept, until the same person decides anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from segmentation.database import Database
from segmentation.sqltables import consents as table
from segmentation.turns import take_turn


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a person decided about a purpose; `*` is every purpose."""

    user_id: str
    purpose: str
    granted: bool


def decide(database: Database, decision: Decision, *, by: str, now: datetime) -> None:
    """Keep a decision in the place of the same person's earlier one about the purpose."""
    mine = (table.c.user_id == decision.user_id) & (table.c.purpose == decision.purpose)
    with database.begin() as connection:
        take_turn(connection)  # else two at once get one number, and others miss the second
        last = connection.execute(sa.select(sa.func.max(table.c.number))).scalar() or 0
        connection.execute(sa.delete(table).where(mine))
        row = {**vars(decision), "by": by, "at": now, "number": last + 1}
        connection.execute(sa.insert(table).values(**row))


def mark(database: Database) -> tuple[int, int]:
    """What changes whenever a decision does."""
    counted = sa.select(sa.func.count(), sa.func.max(table.c.number)).select_from(table)
    with database.connect() as connection:
        count, last = connection.execute(counted).one()
    return int(count), int(last or 0)


def decisions(database: Database) -> Iterable[Decision]:
    """Everything decided, by person."""
    columns = (table.c.user_id, table.c.purpose, table.c.granted)
    query = sa.select(*columns).order_by(table.c.user_id, table.c.purpose)
    with database.connect() as connection:
        return [
            Decision(user_id=row.user_id, purpose=row.purpose, granted=bool(row.granted))
            for row in connection.execute(query)
        ]
