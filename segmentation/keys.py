"""API keys: a random secret shown once, of which only a hash is kept."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from segmentation.database import Database
from segmentation.errors import NotFound, UsageError
from segmentation.sqltables import api_keys

SCOPES = ("read", "members", "export", "tiers", "runs", "admin")
PREFIX = "cot"
LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class Key:
    """What is known of a key; never its secret."""

    key_id: str
    name: str
    scopes: tuple[str, ...]
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None

    def allows(self, scope: str) -> bool:
        """Whether the key opens what a scope guards; `admin` opens everything."""
        return scope in self.scopes or "admin" in self.scopes

    def is_valid(self, now: datetime) -> bool:
        """Whether the key is neither revoked nor expired."""
        return self.revoked is None and (self.expires is None or now < self.expires)

    def to_dict(self) -> dict[str, Any]:
        """The key as plain values, times as text."""
        times = {
            name: moment.isoformat() if moment else None
            for name, moment in (
                ("created", self.created),
                ("expires", self.expires),
                ("revoked", self.revoked),
            )
        }
        return asdict(self) | times | {"scopes": list(self.scopes)}


class NewKey(NamedTuple):
    """A key just made, and the secret its holder sends: it cannot be had again."""

    key: Key
    secret: str


def create(
    database: Database,
    *,
    name: str,
    scopes: Sequence[str],
    now: datetime,
    expires: datetime | None = None,
) -> NewKey:
    """Make a key for somebody.

    Raises
    ------
    UsageError
        When the name is empty or too long, a scope is unknown, or the key would never be valid.
    """
    _check(name, scopes, now, expires)
    known = tuple(scope for scope in SCOPES if scope in scopes)
    key = Key(key_id=secrets.token_hex(8), name=name, scopes=known, created=now, expires=expires)
    secret = f"{PREFIX}_{key.key_id}_{secrets.token_urlsafe(32)}"
    row = asdict(key) | {"scopes": " ".join(known), "secret_hash": _hash(secret)}
    with database.begin() as connection:
        connection.execute(sa.insert(api_keys).values(row))
    return NewKey(key, secret)


def list_keys(database: Database) -> list[Key]:
    """All keys ever made, oldest first."""
    query = sa.select(api_keys).order_by(api_keys.c.created, api_keys.c.key_id)
    with database.connect() as connection:
        return [_key(row) for row in connection.execute(query)]


def revoke(database: Database, key_id: str, *, now: datetime) -> None:
    """End a key; the first time counts. Raises `NotFound` when there is none with this id."""
    ours = api_keys.c.key_id == key_id
    with database.begin() as connection:
        if connection.execute(sa.select(api_keys.c.key_id).where(ours)).first() is None:
            raise NotFound.of("key", key_id)
        fresh = sa.update(api_keys).where(ours, api_keys.c.revoked.is_(None))
        connection.execute(fresh.values(revoked=now))


def rotate(
    database: Database, key_id: str, *, now: datetime, overlap: timedelta = timedelta(0)
) -> NewKey:
    """Make a key of the same name and scopes; the old one works for the overlap and then no more.

    Raises
    ------
    NotFound
        When no valid key has this id.
    """
    old = next((key for key in list_keys(database) if key.key_id == key_id), None)
    if old is None or not old.is_valid(now):
        raise NotFound.of("valid key", key_id)
    made = create(database, name=old.name, scopes=old.scopes, now=now, expires=old.expires)
    end = now + overlap if old.expires is None else min(now + overlap, old.expires)
    with database.begin() as connection:
        ours = sa.update(api_keys).where(api_keys.c.key_id == key_id)
        connection.execute(ours.values(expires=end))
    return made


def verify(database: Database, secret: str, now: datetime) -> Key | None:
    """Return the key a secret belongs to, None when it is unknown, expired or revoked."""
    prefix, _, rest = secret.partition("_")
    key_id = rest.partition("_")[0]
    if prefix != PREFIX or not key_id.isalnum():
        return None
    with database.connect() as connection:
        row = connection.execute(sa.select(api_keys).where(api_keys.c.key_id == key_id)).first()
    if row is None or not hmac.compare_digest(row.secret_hash, _hash(secret)):
        return None
    key = _key(row)
    return key if key.is_valid(now) else None


def _check(name: str, scopes: Sequence[str], now: datetime, expires: datetime | None) -> None:
    if not 0 < len(name.strip()) <= LONGEST:
        raise UsageError(f"`name` must have 1 to {LONGEST} letters, got {len(name)}.")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        given = ", ".join(f"`{scope}`" for scope in unknown) or "none"
        raise UsageError(f"`scopes` must be of {', '.join(SCOPES)}, got {given}.")
    if expires is not None and expires <= now:
        raise UsageError(f"`expires` must lie ahead, got {expires.isoformat()}.")


def _key(row: sa.Row[Any]) -> Key:
    facts = dict(row._mapping)
    del facts["secret_hash"]
    return Key(**facts | {"scopes": tuple(facts["scopes"].split())})


def _hash(secret: str) -> str:
    # A random secret of 256 bits cannot be guessed: it needs no salt and no slow hash.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
