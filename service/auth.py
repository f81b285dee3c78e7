"""Who is asking: API keys, what each may do, and the keyless mode of one's own machine."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, cast

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from starlette.types import Scope

from segmentation import keys
from segmentation.database import Database
from segmentation.keys import Key
from service.errors import Forbidden, Unauthorized
from service.pace import Pace
from service.settings import is_loopback
from service.strictness import refuse_unknown_parameters

bearer = HTTPBearer(
    scheme_name="key",
    description="An API key made by `coterie keys create`, such as `cot_<id>_<secret>`.",
    auto_error=False,
)
# It stands in the description of every operation; `secret_of` reads the key itself.
Described = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]


OWNER = Key(
    key_id="",
    name="owner of this machine",
    scopes=("admin",),
    created=datetime.fromtimestamp(0, UTC),
)


@dataclass(frozen=True)
class Trusted:
    """A verified key and the monotonic second until which no new look-up is needed."""

    key: Key
    until: float


class KeyRing:
    """Verifies keys against the database, and remembers the verified ones for a short while.

    Only the SHA-256 of a secret is remembered. A revoked key works at most `seconds` longer; an
    unknown key is looked up each time, so that a new one works at once.
    """

    def __init__(
        self,
        database: Database,
        *,
        seconds: float,
        size: int = 1024,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._seconds = seconds
        self._size = size
        self._clock = clock
        self._trusted: OrderedDict[bytes, Trusted] = OrderedDict()

    def __len__(self) -> int:
        return len(self._trusted)

    async def find(self, secret: str) -> Key | None:
        """Return the key of a secret, or None when it is unknown, expired or revoked."""
        digest = hashlib.sha256(secret.encode()).digest()
        known = self._trusted.get(digest)
        if known is not None and self._clock() < known.until:
            return known.key
        return await self._look_up(secret, digest)

    def remembered(self, secret: bytes) -> Key | None:
        """Return the key of a secret that was verified a moment ago, without a look-up."""
        known = self._trusted.get(hashlib.sha256(secret).digest())
        return known.key if known is not None and self._clock() < known.until else None

    async def _look_up(self, secret: str, digest: bytes) -> Key | None:
        now = datetime.now(UTC)
        key = await asyncio.to_thread(keys.verify, self._database, secret, now)
        self._trusted.pop(digest, None)
        if key is None:
            return None
        self._trusted[digest] = Trusted(key, self._clock() + self._life(key, now))
        while len(self._trusted) > self._size:
            self._trusted.popitem(last=False)
        return key

    def _life(self, key: Key, now: datetime) -> float:
        if key.expires is None:
            return self._seconds
        return min(self._seconds, (key.expires - now).total_seconds())


class Doorkeeper:
    """Decides whether a request may pass; one serves the whole application."""

    def __init__(self, ring: KeyRing | None, pace: Pace) -> None:
        self._ring = ring
        self.pace = pace

    async def admit(self, request: Request, *scopes: str) -> Key:
        """Return the caller; raise when the key is not valid, lacks a scope or calls too often."""
        key = await self._identify(request)
        if "coterie.key" not in request.scope:
            request.scope["coterie.key"] = key
            self.pace.spend(key.key_id)
        for scope in scopes:
            if not key.allows(scope):
                raise Forbidden(
                    f"The key `{key.name}` lacks the scope `{scope}`. Ask with a key that has it."
                )
        return key

    @property
    def asks_for_keys(self) -> bool:
        """Whether a call must bring a key."""
        return self._ring is not None

    def remembered(self, secret: bytes) -> Key | None:
        """Return the key of a secret that was verified a moment ago; None without keys."""
        return None if self._ring is None else self._ring.remembered(secret)

    async def _identify(self, request: Request) -> Key:
        if self._ring is None:
            return owner_of_this_machine(request)
        secret = secret_of(request.scope)
        if not secret:
            raise Unauthorized("The call has no key. Send `Authorization: Bearer <key>`.")
        key = await self._ring.find(secret)
        if key is None:
            raise Unauthorized(
                "The key is unknown, expired or revoked. `coterie keys create` makes a new one."
            )
        return key


def owner_of_this_machine(request: Request) -> Key:
    """Admit a keyless caller from loopback, and no page of another site in their browser."""
    client = request.client.host if request.client else ""
    if is_loopback(client) and is_loopback(request.url.hostname or ""):
        return OWNER
    raise Forbidden("Without keys only this machine may ask. Serve with keys to be reached.")


def secret_of(scope: Scope) -> str | None:
    """Return the key in a request's `Authorization: Bearer <key>`, None when there is none."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, secret = value.decode("latin-1").partition(" ")
            return secret.strip() if scheme.lower() == "bearer" else None
    return None


def doorkeeper(request: Request) -> Doorkeeper:
    """Return the application's doorkeeper."""
    return cast(Doorkeeper, request.app.state.door)


async def admit(request: Request, needed: SecurityScopes, _: Described) -> Key:
    """Admit a caller who holds every scope the operation names and asks for what it takes."""
    key = await doorkeeper(request).admit(request, *needed.scopes)
    refuse_unknown_parameters(request)
    return key


Caller = Annotated[Key, Security(admit)]
CanRead = Annotated[Key, Security(admit, scopes=["read"])]
CanListMembers = Annotated[Key, Security(admit, scopes=["members"])]
CanExport = Annotated[Key, Security(admit, scopes=["export"])]
CanReadTiers = Annotated[Key, Security(admit, scopes=["tiers"])]
CanSeeRuns = Annotated[Key, Security(admit, scopes=["runs"])]
CanAdminister = Annotated[Key, Security(admit, scopes=["admin"])]
