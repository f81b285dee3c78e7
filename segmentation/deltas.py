"""Changes of tier for those who know an earlier state: what they have with these is what holds now.

The entries of the ledger are the changes, whoever made them: a run, a policy applied, a decision
by hand. An erased person leaves the ledger too, so a reader is told the SHA-256 of who is to be
forgotten.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from segmentation.database import Database
from segmentation.ledger import Change, changes_since
from segmentation.livemarks import last_seq
from segmentation.sqltables import erasures, live_marks


@dataclass(frozen=True)
class Reached:
    """How far somebody has read: up to an entry of the ledger, and to an erasure."""

    seq: int
    erasures: int


@dataclass(frozen=True, kw_only=True)
class Delta:
    """Some changes, the oldest first, whom to forget, and how far one has read with them."""

    changes: list[Change]
    erased: list[str]
    reached: Reached
    is_last: bool


def delta(database: Database, since: Reached, *, limit: int) -> Delta:
    """Read on from a place; whom to forget is told with the last stretch."""
    found = changes_since(database, since.seq, limit=limit + 1)
    changes, is_last = found[:limit], len(found) <= limit
    seq = changes[-1].seq if changes else since.seq
    gone = erased_after(database, since.erasures) if is_last else {}
    reached = Reached(seq, max(gone.values(), default=since.erasures))
    return Delta(changes=changes, erased=sorted(gone), reached=reached, is_last=is_last)


def erased_after(database: Database, number: int) -> dict[str, int]:
    """The SHA-256 of everyone erased after an erasure, with the number of theirs."""
    query = sa.select(erasures.c.digest, erasures.c.number).where(erasures.c.number > number)
    with database.connect() as connection:
        return {row.digest: row.number for row in connection.execute(query)}


def start_of_run(database: Database, run_id: str) -> Reached | None:
    """Where to read on from for those who know the tiers of a run; None when nobody knows.

    That is where it first went live: whoever read it then may know nothing that was decided
    before somebody went back to it, and to be told a thing again changes nothing.
    """
    mine = sa.select(live_marks).where(live_marks.c.run_id == run_id)
    with database.connect() as connection:
        mark = connection.execute(mine.order_by(live_marks.c.number).limit(1)).first()
        return reached_at(connection, mark) if mark is not None else None


def reached_at(connection: sa.Connection, mark: sa.Row[Any]) -> Reached:
    """How far somebody has read who knows what was in force when a run went live."""
    before = sa.select(sa.func.max(erasures.c.number)).where(erasures.c.at < mark.recorded)
    return Reached(mark.seq, connection.execute(before).scalar() or 0)


def start_of_last_run(database: Database) -> Reached:
    """Where the run written down last begins; the very beginning while there is but one."""
    query = sa.select(live_marks).order_by(live_marks.c.number.desc()).offset(1).limit(1)
    with database.connect() as connection:
        mark = connection.execute(query).first()
        return reached_at(connection, mark) if mark is not None else Reached(0, 0)


def is_ahead(database: Database, place: Reached) -> bool:
    """Whether a place lies beyond everything written: it is another ledger's."""
    with database.connect() as connection:
        return place.seq > last_seq(connection)
