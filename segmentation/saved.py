"""Saved audiences: filters with a name, an owner and versions, kept between runs."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from segmentation.database import Database
from segmentation.errors import NotFound, UsageError
from segmentation.sqltables import audience_counts, audience_versions, audiences


class VersionChanged(UsageError):
    """Somebody changed the thing after the caller last read it."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A saved audience; `owner` is the id of the key it was made with."""

    audience_id: str
    name: str
    filter: str
    purpose: str | None
    owner: str
    version: int
    created: datetime
    updated: datetime


@dataclass(frozen=True, kw_only=True)
class Version:
    """What a saved audience was from `at` on, and by which key."""

    version: int
    name: str
    filter: str
    purpose: str | None
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The last count that worked: of which run and version, and what may be told of it."""

    run_id: str
    version: int
    count: int
    told: int | None
    at: datetime


def create(
    database: Database, *, name: str, filter: str, purpose: str | None, owner: str, now: datetime
) -> Saved:
    """Save a new audience."""
    saved = Saved(
        audience_id=f"aud-{secrets.token_hex(6)}",
        name=name,
        filter=filter,
        purpose=purpose,
        owner=owner,
        version=1,
        created=now,
        updated=now,
    )
    with database.begin() as connection:
        connection.execute(sa.insert(audiences).values(**vars(saved)))
        connection.execute(sa.insert(audience_versions).values(version_row(saved, by=owner)))
    return saved


def find(database: Database, audience_id: str) -> Saved:
    """Return a saved audience; raises `NotFound` when there is none."""
    with database.connect() as connection:
        return read(connection, audience_id)


def list_saved(database: Database, *, after: str = "", limit: int = 100) -> list[Saved]:
    """Saved audiences by id, those after one."""
    query = sa.select(audiences).where(audiences.c.audience_id > after)
    with database.connect() as connection:
        rows = connection.execute(query.order_by(audiences.c.audience_id).limit(limit))
        return [Saved(**row._mapping) for row in rows]


def change(
    database: Database,
    audience_id: str,
    changes: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
    expected: int | None = None,
) -> Saved:
    """Give a saved audience another name, filter or purpose; the versions before are kept.

    Raises
    ------
    VersionChanged
        When it no longer has the expected version.
    """
    with database.begin() as connection:
        before = read(connection, audience_id)
        require_version(before, expected)
        saved = Saved(**{**vars(before), **changes, "version": before.version + 1, "updated": now})
        # The version is asked for again: another writer may have come between.
        mine = (audiences.c.audience_id == audience_id) & (audiences.c.version == before.version)
        done = connection.execute(sa.update(audiences).where(mine).values(**vars(saved)))
        if done.rowcount != 1:
            raise changed_meanwhile(before)
        connection.execute(sa.insert(audience_versions).values(version_row(saved, by=by)))
    return saved


def remove(database: Database, audience_id: str, *, expected: int | None = None) -> None:
    """Forget a saved audience and its versions."""
    with database.begin() as connection:
        require_version(read(connection, audience_id), expected)
        for table in (audience_counts, audience_versions, audiences):
            connection.execute(sa.delete(table).where(table.c.audience_id == audience_id))


def versions(database: Database, audience_id: str) -> list[Version]:
    """What a saved audience was, the latest first."""
    table = audience_versions
    query = sa.select(*(table.c[name] for name in Version.__dataclass_fields__))
    query = query.where(table.c.audience_id == audience_id).order_by(table.c.version.desc())
    with database.connect() as connection:
        read(connection, audience_id)
        return [Version(**row._mapping) for row in connection.execute(query)]


def remember_count(database: Database, audience_id: str, counted: Counted) -> None:
    """Keep the last count that worked, for when the next does not."""
    mine = audience_counts.c.audience_id == audience_id
    with database.begin() as connection:
        connection.execute(sa.delete(audience_counts).where(mine))
        row = vars(counted) | {"audience_id": audience_id}
        connection.execute(sa.insert(audience_counts).values(**row))


def last_count(database: Database, audience_id: str) -> Counted | None:
    """The last count that worked, None before the first."""
    table = audience_counts
    query = sa.select(*(table.c[name] for name in Counted.__dataclass_fields__))
    with database.connect() as connection:
        row = connection.execute(query.where(table.c.audience_id == audience_id)).first()
    return Counted(**row._mapping) if row else None


def read(connection: sa.Connection, audience_id: str) -> Saved:
    """Read one within a transaction."""
    query = sa.select(audiences).where(audiences.c.audience_id == audience_id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound.of("audience", audience_id)
    return Saved(**row._mapping)


def require_version(saved: Saved, expected: int | None) -> None:
    """Refuse a change that was made for another version."""
    if expected is not None and saved.version != expected:
        raise changed_meanwhile(saved)


def changed_meanwhile(saved: Saved) -> VersionChanged:
    """Say which version is there now."""
    return VersionChanged(
        f"The audience `{saved.audience_id}` is at version {saved.version} by now. "
        "Read it again and repeat the change."
    )


def version_row(saved: Saved, *, by: str) -> dict[str, Any]:
    """The row that keeps a version."""
    names = ("audience_id", "version", "name", "filter", "purpose")
    return {name: getattr(saved, name) for name in names} | {"by": by, "at": saved.updated}
