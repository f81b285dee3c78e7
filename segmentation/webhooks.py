"""Receivers of webhooks: who is told when a tier changes, and by which secret it is signed."""

import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from segmentation.database import Database
from segmentation.errors import NotFound, UsageError
from segmentation.livemarks import last_seq
from segmentation.posting import check_url
from segmentation.signing import new_secret
from segmentation.sqltables import webhook_endpoints as table
from segmentation.sqltables import webhook_messages
from segmentation.turns import take_turn

PREFIX = "hook-"
MOST = 50
OVERLAP = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A receiver; `seq` is the ledger's entry up to which it was told or is being told.

    Who refused `purpose`, or every purpose, is not told of. `failures` in a row make it wait
    until `retry_at`; it is `ended` once it says that it is gone.
    """

    endpoint_id: str
    url: str
    secret: str = field(repr=False)
    old_secret: str | None = field(default=None, repr=False)
    old_until: datetime | None = None
    purpose: str | None
    seq: int
    created: datetime
    by: str
    delivered: int = 0
    failures: int = 0
    retry_at: datetime | None = None
    ended: datetime | None = None

    def secrets(self, now: datetime) -> list[str]:
        """The secrets messages are signed by: the old one too, as long as it is known there."""
        is_known = self.old_until is not None and now < self.old_until
        return [self.secret, *([self.old_secret] if is_known and self.old_secret else [])]

    def to_dict(self) -> dict[str, Any]:
        """Everything but the secrets."""
        facts = asdict(self)
        return {name: facts[name] for name in facts if not name.startswith(("secret", "old_"))}


def register(
    database: Database,
    url: str,
    *,
    by: str,
    now: datetime,
    purpose: str | None = None,
    loopback: bool = False,
) -> Endpoint:
    """Tell a receiver of every change of a tier from now on; its secret is in the answer."""
    check_url(url, loopback=loopback)
    with database.begin() as connection:
        take_turn(connection)
        if (
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() or 0
        ) >= MOST:
            raise UsageError(f"There are {MOST} receivers, the most there may be. Remove one.")
        made = Endpoint(
            endpoint_id=f"{PREFIX}{secrets.token_hex(8)}",
            url=url,
            secret=new_secret(),
            purpose=purpose,
            seq=last_seq(connection),
            created=now,
            by=by,
        )
        connection.execute(sa.insert(table).values(asdict(made)))
    return made


def find(database: Database, endpoint_id: str) -> Endpoint:
    """Return a receiver; raises `NotFound` when there is none."""
    with database.connect() as connection:
        row = connection.execute(sa.select(table).where(table.c.endpoint_id == endpoint_id)).first()
    if row is None:
        raise NotFound.of("webhook", endpoint_id)
    return Endpoint(**dict(row._mapping))


def list_endpoints(database: Database) -> list[Endpoint]:
    """Return every receiver, the oldest first."""
    query = sa.select(table).order_by(table.c.created, table.c.endpoint_id)
    with database.connect() as connection:
        return [Endpoint(**dict(row._mapping)) for row in connection.execute(query)]


def rotate(
    database: Database, endpoint_id: str, *, now: datetime, overlap: timedelta = OVERLAP
) -> Endpoint:
    """Give a receiver a new secret; for a while messages are signed by both."""
    known = find(database, endpoint_id)
    fresh = {
        "secret": new_secret(),
        "old_secret": known.secret if overlap else None,
        "old_until": now + overlap if overlap else None,
    }
    change(database, endpoint_id, fresh)
    return find(database, endpoint_id)


def remove(database: Database, endpoint_id: str) -> None:
    """Tell a receiver no more; what was on its way is dropped."""
    find(database, endpoint_id)
    with database.begin() as connection:
        for one in (webhook_messages, table):
            connection.execute(sa.delete(one).where(one.c.endpoint_id == endpoint_id))


def change(database: Database, endpoint_id: str, facts: dict[str, Any]) -> None:
    """Change some facts of a receiver."""
    with database.begin() as connection:
        connection.execute(sa.update(table).where(table.c.endpoint_id == endpoint_id).values(facts))
