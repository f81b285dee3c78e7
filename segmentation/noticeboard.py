"""The notices in force: who may soon lose a tier, when, and what it takes to stay."""

from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from segmentation.database import Database
from segmentation.index import Snapshot
from segmentation.sqltables import tier_notices

CHUNK = 10_000
Row = dict[str, Any]


def replace_notices(connection: sa.Connection, snapshot: Snapshot) -> None:
    """Put the notices of the run that went live in place of those before."""
    connection.execute(sa.delete(tier_notices))
    path = snapshot.folder / "merits" / "notices.ndjson"
    lines = path.read_bytes().splitlines() if path.exists() else []
    rows = [orjson.loads(line) for line in lines]
    for start in range(0, len(rows), CHUNK):
        connection.execute(
            sa.insert(tier_notices),
            [
                {
                    "user_id": row["user_id"],
                    "tier": row["tier"],
                    "review_after": moment_of(row["review_after"]),
                    "ways": orjson.dumps(row["ways"]).decode(),
                    "run_id": snapshot.run_id,
                }
                for row in rows[start : start + CHUNK]
            ],
        )


def list_notices(database: Database, *, after: str = "", limit: int = 100) -> list[Row]:
    """Who may soon lose a tier, by user id, those after one."""
    query = (
        sa.select(tier_notices)
        .where(tier_notices.c.user_id > after)
        .order_by(tier_notices.c.user_id)
        .limit(limit)
    )
    with database.connect() as connection:
        return [
            dict(row._mapping) | {"ways": orjson.loads(row.ways)}
            for row in connection.execute(query)
        ]


def notice_of(database: Database, user_id: str) -> Row | None:
    """A user's notice, None when there is none."""
    query = sa.select(tier_notices).where(tier_notices.c.user_id == user_id)
    with database.connect() as connection:
        row = connection.execute(query).first()
    return dict(row._mapping) | {"ways": orjson.loads(row.ways)} if row is not None else None


def moment_of(text: str | None) -> datetime | None:
    """Read a time as a manifest writes it."""
    return datetime.fromisoformat(text) if text else None
