"""`Idempotency-Key`: a changing call that is sent again is done once and answered the same."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segmentation.database import Database
from segmentation.errors import SegmentationError, StoreUnwritable
from segmentation.sqltables import replays
from service.auth import doorkeeper, secret_of
from service.errors import InvalidValue, UnderWay
from service.refusing import OUT_OF_REACH, allowed, refuse, refuse_http

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
ASKING = (":count", ":query", ":overlap", ":export", ":batchGet", ":assign", ":explain", ":project",
          ":resonance", ":score", ":compare", ":lookalikes", ":crossover")  # fmt: skip
LONGEST = 200
KEPT = timedelta(hours=24)
ABANDONED = timedelta(minutes=1)
LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Name:
    """Under what a call is known: its caller's and its own name; and what exactly it asks."""

    caller: str
    name: str
    fingerprint: str


@dataclass(frozen=True)
class Kept:
    """A call that is known: what it asked and, once it is done, its answer."""

    fingerprint: str
    at: datetime
    answer: str | None


class Replay:
    """Answers a repeated call from its first answer; a 2xx is kept for a day.

    A repetition that comes while the first is still being done waits for it. A call that failed
    is forgotten and may be sent again.
    """

    def __init__(self, app: ASGIApp, database: Callable[[], Database]) -> None:
        self._app = app
        self._database = database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or answer it from its first time."""
        try:
            await self._answer(scope, receive, send)
        except (SegmentationError, HTTPException) as error:
            # Out here nobody else turns errors into problems.
            answer = refuse_http if isinstance(error, HTTPException) else refuse
            response = await answer(Request(scope), error)
            await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = name_in(scope)
        if given is None or scope["method"] not in allowed(Request(scope)):
            await self._app(scope, receive, send)
            return
        try:
            await doorkeeper(Request(scope)).admit(Request(scope))
            body = await whole(receive)
            name = Name(caller_of(scope), given, fingerprint_of(scope, body))
            known = await asyncio.to_thread(self._begin, name)
        except sa.exc.OperationalError as error:
            raise StoreUnwritable(OUT_OF_REACH) from error
        if known is None:
            await self._do(name, scope, again(body), send)
            return
        if known.fingerprint != name.fingerprint:
            raise InvalidValue(
                "This `Idempotency-Key` was sent with another call. Give each call one of its own.",
                field="header.idempotency-key",
            )
        await write(send, known.answer or await self._awaited(name))

    async def _do(self, name: Name, scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def heard(message: Message) -> None:
            messages.append(message)
            await send(message)

        answer = None
        try:
            await self._app(scope, receive, heard)
            answer = packed(messages)
        finally:
            await asyncio.to_thread(self._end, name, answer)

    async def _awaited(self, name: Name) -> str:
        for _ in range(round(PATIENCE_SECONDS / LOOK_SECONDS)):
            await asyncio.sleep(LOOK_SECONDS)
            known = await asyncio.to_thread(self._look, name)
            if known is None:
                break
            if known.answer is not None:
                return known.answer
        raise UnderWay(
            "The first call of this `Idempotency-Key` has not come to an end. Ask again."
        )

    def _begin(self, name: Name) -> Kept | None:
        """Take the name for this call; or return what is known of the call that has it."""
        now = datetime.now(UTC)
        with self._database().begin() as connection:
            connection.execute(sa.delete(replays).where(replays.c.at < now - KEPT))
            left = replays.c.answer.is_(None) & (replays.c.at < now - ABANDONED)
            connection.execute(sa.delete(replays).where(left))
        row = {"caller": name.caller, "name": name.name, "fingerprint": name.fingerprint}
        while True:
            try:
                with self._database().begin() as connection:
                    connection.execute(sa.insert(replays).values(**row, at=now, answer=None))
            except sa.exc.IntegrityError:
                # The call that had it may have failed since: then the name is free again.
                if (known := self._look(name)) is not None:
                    return known
            else:
                return None

    def _look(self, name: Name) -> Kept | None:
        columns = (replays.c.fingerprint, replays.c.at, replays.c.answer)
        with self._database().connect() as connection:
            row = connection.execute(sa.select(*columns).where(under(name))).first()
        return None if row is None else Kept(*row)

    def _end(self, name: Name, answer: str | None) -> None:
        done = sa.delete(replays) if answer is None else sa.update(replays).values(answer=answer)
        with self._database().begin() as connection:
            connection.execute(done.where(under(name)))


def name_in(scope: Scope) -> str | None:
    """The `Idempotency-Key` of a changing call; None for any other."""
    if scope["type"] != "http" or not is_changing(scope["method"], scope["path"]):
        return None
    for name, value in scope["headers"]:
        if name == b"idempotency-key":
            return checked(value.decode("latin-1"))
    return None


def is_changing(method: str, path: str) -> bool:
    """Whether a call changes anything; some only ask by POST."""
    return method.upper() in CHANGING and path.startswith("/v1/") and not path.endswith(ASKING)


def checked(name: str) -> str:
    """Refuse a name that is empty or too long."""
    if not 0 < len(name.strip()) <= LONGEST:
        raise InvalidValue(
            f"`Idempotency-Key` must have 1 to {LONGEST} letters, got {len(name)}.",
            field="header.idempotency-key",
        )
    return name.strip()


def caller_of(scope: Scope) -> str:
    """What tells callers apart: their secret, hashed."""
    return hashlib.sha256((secret_of(scope) or "").encode()).hexdigest()


def fingerprint_of(scope: Scope, body: bytes) -> str:
    """What a call asks, as a hash."""
    asked = (scope["method"], scope["path"], scope["query_string"].decode("latin-1"))
    return hashlib.sha256(orjson.dumps(asked) + body).hexdigest()


def under(name: Name) -> sa.ColumnElement[bool]:
    """The row of a name."""
    return (replays.c.caller == name.caller) & (replays.c.name == name.name)


async def whole(receive: Receive) -> bytes:
    """Read a body to its end."""
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def again(body: bytes) -> Receive:
    """Give a body that was read to whoever reads it next."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if left:
            return left.pop()
        await asyncio.Event().wait()  # nothing comes after the body until the caller leaves
        raise AssertionError

    return receive


def packed(messages: list[Message]) -> str | None:
    """An answer as text, None unless it is a success."""
    if not messages or not 200 <= messages[0]["status"] < 300:
        return None
    start = messages[0]
    headers = [
        [name.decode("latin-1"), value.decode("latin-1")] for name, value in start["headers"]
    ]
    body = b"".join(message.get("body", b"") for message in messages[1:])
    kept: dict[str, Any] = {"status": start["status"], "headers": headers, "body": body.decode()}
    return orjson.dumps(kept).decode()


async def write(send: Send, answer: str) -> None:
    """Send a kept answer, marked as one."""
    kept = orjson.loads(answer)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept["headers"]]
    headers.append((b"idempotent-replayed", b"true"))
    await send({"type": "http.response.start", "status": kept["status"], "headers": headers})
    await send({"type": "http.response.body", "body": kept["body"].encode()})
