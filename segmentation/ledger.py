"""The ledger of tiers: every change with what came before and after, why, and on what evidence.

It is only ever added to. Replayed to its end it gives the tiers in force; replayed to an earlier
moment, those in force then, as they were known then.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import sqlalchemy as sa

from segmentation import handset
from segmentation.arrays import load_arrays
from segmentation.database import Database
from segmentation.index import Snapshot, Standing
from segmentation.livemarks import in_effect, mark, seq_of_run
from segmentation.noticeboard import moment_of, replace_notices
from segmentation.reasonwords import LEFT, RESTORED
from segmentation.sqltables import tier_ledger
from segmentation.turns import take_turn

CHUNK = 10_000
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One entry; `at` is when it took effect, `recorded` when it was written here."""

    seq: int
    user_id: str
    before: str | None
    after: str | None
    at: datetime
    recorded: datetime
    reason_codes: list[str]
    policy_version: str
    run_id: str | None
    author: str
    evidence: dict[str, Any]


def record_run(
    database: Database,
    snapshot: Snapshot,
    *,
    now: datetime,
    author: str = "run",
    at: datetime | None = None,
) -> int:
    """Write down how the tiers of the run that went live differ from those in force before.

    Whatever went live, forward or back, the ledger then replays to it, with what was set by hand
    laid over; doing so again adds nothing. Changes take effect `at` a time, by default at the
    moment the run looks from; those of a run that was live before at `now`, with a reason that
    says so. Returns the number of entries.
    """
    merits = Evidence.of(snapshot.folder)
    again = seq_of_run(database, snapshot.run_id) is not None
    at = now if again else at or moment_of(snapshot.manifest["as_of"]) or now
    facts = {
        "at": at,
        "recorded": now,
        "policy_version": snapshot.manifest["policy_version"],
        "run_id": snapshot.run_id,
        "author": author,
    }
    with database.begin() as connection:
        take_turn(connection)
        before, seen = state(connection), snapshot.seen_with(handset.read(connection))
        told = [RESTORED] if again else []
        rows = (row | facts for row in differences(before, seen, merits, told=told))
        added = add(connection, rows)
        mark(connection, snapshot.run_id, at=at, now=now)
        replace_notices(connection, snapshot)
    return added


def differences(
    before: dict[str, str], snapshot: Snapshot, merits: "Evidence", *, told: Sequence[str]
) -> Iterator[Row]:
    """Give an entry for everyone whose tier is not what it was, and for those who left.

    What is `told` of all of them stands before their own reasons.
    """
    for held in snapshot.standings():
        old = before.pop(held.user_id, None)
        if old != held.tier:
            why, evidence = [*told, *held.reason_codes], merits.of_row(held)
            yield entry(held.user_id, old, held.tier, codes=why, evidence=evidence)
    for user_id, old in sorted(before.items()):
        yield entry(user_id, old, None, codes=[*told, LEFT], evidence={})


def entry(
    user_id: str,
    before: str | None,
    after: str | None,
    *,
    codes: Sequence[str],
    evidence: Mapping[str, Any],
) -> Row:
    """One row of the ledger without the facts that many share."""
    text = orjson.dumps(evidence, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return {
        "user_id": user_id,
        "before": before,
        "after": after,
        "reason_codes": orjson.dumps(codes).decode(),
        "evidence": text,
    }


@dataclass(frozen=True)
class Evidence:
    """What everyone was measured by in a run, in the order of its users."""

    measures: Mapping[str, np.ndarray[Any, np.dtype[np.float64]]]

    @classmethod
    def of(cls, folder: Path) -> "Evidence":
        """Read the measures kept with a snapshot; an older one has none."""
        path = folder / "merits" / "merits.npz"
        return cls(load_arrays(path) if path.exists() else {})

    def of_row(self, held: Standing) -> dict[str, float | None]:
        """Give one user's score and measures; what was not known is None."""
        known = {name: float(values[held.row]) for name, values in self.measures.items()}
        return {"score": held.score} | {
            name: round(value, 6) if value == value else None for name, value in known.items()
        }


def add(connection: sa.Connection, rows: Iterable[Row]) -> int:
    """Append rows, many at a time."""
    left, added = iter(rows), 0
    while chunk := list(islice(left, CHUNK)):
        connection.execute(sa.insert(tier_ledger), chunk)
        added += len(chunk)
    return added


def state(
    connection: sa.Connection,
    *,
    at: datetime | None = None,
    known_at: datetime | None = None,
    up_to: int | None = None,
) -> dict[str, str]:
    """Replay the ledger: everyone's tier now, or as it stood `at` a time, by what was `known_at`
    another."""
    limits = [
        in_effect(at) if at else None,
        tier_ledger.c.recorded <= known_at if known_at else None,
        tier_ledger.c.seq <= up_to if up_to is not None else None,
    ]
    newest = (
        sa.select(sa.func.max(tier_ledger.c.seq).label("seq"))
        .where(*(limit for limit in limits if limit is not None))
        .group_by(tier_ledger.c.user_id)
        .subquery()
    )
    query = (
        sa.select(tier_ledger.c.user_id, tier_ledger.c.after)
        .join(newest, tier_ledger.c.seq == newest.c.seq)
        .where(tier_ledger.c.after.is_not(None))
    )
    return {row.user_id: row.after for row in connection.execute(query)}


def tiers_at(
    database: Database, *, at: datetime | None = None, known_at: datetime | None = None
) -> dict[str, str]:
    """Everyone's tier at a time, by default now."""
    with database.connect() as connection:
        return state(connection, at=at, known_at=known_at)


def tier_at(database: Database, user_id: str, *, at: datetime | None = None) -> Change | None:
    """The entry by which a user holds their tier at a time, by default now; None for no tier."""
    query = (
        sa.select(tier_ledger)
        .where(tier_ledger.c.user_id == user_id, *([in_effect(at)] if at else []))
        .order_by(tier_ledger.c.seq.desc())
        .limit(1)
    )
    with database.connect() as connection:
        row = connection.execute(query).first()
    return change(row) if row is not None and row.after is not None else None


def history(database: Database, user_id: str) -> list[Change]:
    """Every change of a user's tier, the newest first."""
    query = (
        sa.select(tier_ledger)
        .where(tier_ledger.c.user_id == user_id)
        .order_by(tier_ledger.c.seq.desc())
    )
    with database.connect() as connection:
        return [change(row) for row in connection.execute(query)]


def changes_since(database: Database, seq: int, *, limit: int) -> list[Change]:
    """The entries after one, the oldest first."""
    query = (
        sa.select(tier_ledger)
        .where(tier_ledger.c.seq > seq)
        .order_by(tier_ledger.c.seq)
        .limit(limit)
    )
    with database.connect() as connection:
        return [change(row) for row in connection.execute(query)]


def span(database: Database) -> tuple[int, int]:
    """The oldest and the newest entry kept, 0 and 0 while there is none."""
    ends = sa.select(sa.func.min(tier_ledger.c.seq), sa.func.max(tier_ledger.c.seq))
    with database.connect() as connection:
        low, high = connection.execute(ends).one()
    return int(low or 0), int(high or 0)


def append_one(
    connection: sa.Connection,
    snapshot: Snapshot,
    user_id: str,
    tier: str | None,
    codes: Sequence[str],
    evidence: Mapping[str, Any],
    *,
    author: str,
    now: datetime,
    at: datetime | None = None,
) -> Change:
    """Append one entry about one user, in effect `at` a time or now, and return it."""
    before = newest(connection, user_id)
    row = entry(user_id, before.after if before else None, tier, codes=codes, evidence=evidence)
    facts = {
        "at": at or now,
        "recorded": now,
        "policy_version": snapshot.manifest["policy_version"],
        "author": author,
    }
    connection.execute(sa.insert(tier_ledger).values(row | facts))
    written = newest(connection, user_id)
    assert written is not None
    return written


def newest(connection: sa.Connection, user_id: str) -> Change | None:
    """The last entry about a user; None when there is none."""
    mine = sa.select(tier_ledger).where(tier_ledger.c.user_id == user_id)
    row = connection.execute(mine.order_by(tier_ledger.c.seq.desc()).limit(1)).first()
    return None if row is None else change(row)


def change(row: sa.Row[Any]) -> Change:
    """Read one row."""
    return change_of(dict(row._mapping))


def change_of(facts: Row) -> Change:
    """Read the columns of one row."""
    read = {name: orjson.loads(facts[name]) for name in ("reason_codes", "evidence")}
    return Change(**facts | read)
