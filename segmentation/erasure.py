"""Erasing a person: from every snapshot kept, from what is left of unfinished runs, from SQL.

Only the SHA-256 of the id is kept, so that a later run from the same source does not bring the
person back.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from segmentation.database import Database
from segmentation.errors import NotFound, StoreLocked
from segmentation.lock import StoreLock
from segmentation.mentions import mention
from segmentation.registry import Registry
from segmentation.scrubbing import erase_in_snapshot
from segmentation.sqltables import erasures, metadata, replays
from segmentation.store import Store
from segmentation.turns import take_turn
from segmentation.work import unfinished


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """What an erasure did: runs that knew the person, SQL rows removed, and whether a run is
    under way that will be scrubbed when it is through.
    """

    runs: list[str]
    rows: int
    run_under_way: bool


def erase(store: Store, database: Database, user_id: str, *, now: datetime) -> Erasure:
    """Erase a person for good; asking again is no error.

    Raises
    ------
    NotFound
        When nobody is or was known by this id.
    """
    rows = erase_in_database(database, user_id)
    runs = [
        manifest["run_id"]
        for manifest in store.runs()
        if erase_in_snapshot(store.folder(manifest["run_id"]), user_id)
    ]
    if not runs and not rows and not is_erased(database, user_id):
        raise NotFound.of("user", user_id)
    note_erasure(database, user_id, now=now)
    return Erasure(runs=runs, rows=rows, run_under_way=not forget_unfinished(store))


def repeat_erasures(folder: Path, database: Database) -> int:
    """Erase from a new snapshot everyone erased before; return how many it knew."""
    with database.connect() as connection:
        gone = set(connection.execute(sa.select(erasures.c.digest)).scalars())
    if not gone:
        return 0
    ids = Registry.open(folder / "index").ids
    known = [
        user_id for user_id in map(ids.__getitem__, range(len(ids))) if digest(user_id) in gone
    ]
    return sum(erase_in_snapshot(folder, user_id) for user_id in known)


def erase_in_database(database: Database, user_id: str) -> int:
    """Remove every row of a person from the tables that have a `user_id`; return how many."""
    from segmentation.batches import erase_from  # pyarrow is for those who erase

    with database.begin() as connection:
        take_turn(connection)  # no run shall file events away meanwhile
        removed = erase_from(connection, user_id)
        for table in metadata.sorted_tables:
            if "user_id" in table.c:
                done = connection.execute(sa.delete(table).where(table.c.user_id == user_id))
                removed += done.rowcount
        forget_answers(connection, user_id)
    if database.dialect.name == "sqlite":  # nothing shall stay in the log of writes
        with database.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return removed


def forget_answers(connection: sa.Connection, user_id: str) -> None:
    """Remove the kept answers to changing calls that name a person.

    The others stay: a call whose answer is gone would be done twice when it is sent again.
    """
    named = re.compile(mention(user_id, deep=2))  # a body within what is kept of an answer
    kept = sa.select(replays).where(replays.c.answer.is_not(None))
    for row in connection.execute(kept).all():
        if named.search(row.answer):
            connection.execute(
                sa.delete(replays).where(replays.c.caller == row.caller, replays.c.name == row.name)
            )


def is_erased(database: Database, user_id: str) -> bool:
    """Whether somebody of this id was erased before."""
    known = sa.select(erasures.c.digest).where(erasures.c.digest == digest(user_id))
    with database.connect() as connection:
        return connection.execute(known).first() is not None


def note_erasure(database: Database, user_id: str, *, now: datetime) -> None:
    """Note that somebody of this id was erased, once."""
    if not is_erased(database, user_id):
        with database.begin() as connection:
            take_turn(connection)
            last = connection.execute(sa.select(sa.func.max(erasures.c.number))).scalar() or 0
            row = {"digest": digest(user_id), "at": now, "number": last + 1}
            connection.execute(sa.insert(erasures).values(row))


def forget_unfinished(store: Store) -> bool:
    """Remove what unfinished runs left, unless one is under way."""
    try:
        with StoreLock(store.path):
            for work in unfinished(store.work_folder):
                work.remove()
    except StoreLocked:
        return False
    return True


def digest(user_id: str) -> str:
    """What is kept of an erased id."""
    return hashlib.sha256(user_id.encode("utf-8", "surrogatepass")).hexdigest()
