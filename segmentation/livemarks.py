"""When which run went live, and up to where the ledger of tiers tells of it.

A run may go live many times: each has a mark of its own, so that going back forgets nothing.
"""

from datetime import datetime

import sqlalchemy as sa

from segmentation.database import Database
from segmentation.sqltables import live_marks, tier_ledger


def mark(connection: sa.Connection, run_id: str, *, at: datetime, now: datetime) -> None:
    """Remember up to where the ledger tells of a run that went live, and from when it holds."""
    place = {"run_id": run_id, "seq": last_seq(connection), "at": at, "recorded": now}
    connection.execute(sa.insert(live_marks).values(place))


def last_seq(connection: sa.Connection) -> int:
    """The number of the newest entry, 0 before the first."""
    return int(connection.execute(sa.select(sa.func.max(tier_ledger.c.seq))).scalar() or 0)


def seq_of_run(database: Database, run_id: str) -> int | None:
    """Up to which entry the ledger tells of a run that first went live; None for an unknown one."""
    query = sa.select(sa.func.min(live_marks.c.seq)).where(live_marks.c.run_id == run_id)
    with database.connect() as connection:
        return connection.execute(query).scalar()


def last_run(database: Database) -> str | None:
    """The run written down last."""
    query = sa.select(live_marks.c.run_id).order_by(live_marks.c.number.desc()).limit(1)
    with database.connect() as connection:
        return connection.execute(query).scalar()


def in_effect(at: datetime) -> sa.ColumnElement[bool]:
    """Say which entries had taken effect at a time.

    A run that looks from a moment tells everyone's tier at that moment, so what earlier runs and
    policies changed was in effect by then, though they were written down at a later time: a year
    of runs may be made up for in an afternoon.
    """
    summed_up = sa.select(sa.func.max(live_marks.c.seq)).where(live_marks.c.at <= at)
    by_run = tier_ledger.c.run_id.is_not(None)
    return (tier_ledger.c.at <= at) | (by_run & (tier_ledger.c.seq <= summed_up.scalar_subquery()))
