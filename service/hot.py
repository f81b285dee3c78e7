"""The hottest look-up there is, `GET /v1/users/{user_id}`, answered before the framework begins.

Only the plain case is answered here: a key that was verified a moment ago and may read, a user
that is known, a request without conditions. Everything else, every refusal among it, goes the way
of all requests; a test holds the two ways to the same answers.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote_to_bytes

import orjson

from segmentation.audit import AuditLog, Call, subject_of
from segmentation.errors import NotFound
from segmentation.index import Snapshot
from segmentation.keys import Key
from service.auth import Doorkeeper
from service.errors import TooOften
from service.live import LiveSnapshots, etag
from service.telemetry import SECURITY_HEADERS, Finished, Telemetry, names

HOT: Final = "coterie.hot"
"""Under this name the application hands the look-up over to its connections."""
PREFIX: Final = b"/v1/users/"
TEMPLATE: Final = "/v1/users/{user_id:path}"
ACTION: Final = "GET /v1/users/{user_id}"
BEARER: Final = b"Bearer "
SPECIAL: Final = frozenset(
    {b"content-length", b"expect", b"if-none-match", b"transfer-encoding", b"upgrade"}
    | {b"x-purpose", b"x-request-id"}
)
"""A request with one of these asks for more than the plain case."""

Header = tuple[bytes, bytes]


class HotLookUp:
    """Answers the plain case of one look-up; `None` leaves a request to the framework.

    Its row in the audit log, its line and its figures are written with those of many others.
    """

    def __init__(
        self, door: Doorkeeper, live: LiveSnapshots, telemetry: Telemetry, audit: AuditLog
    ) -> None:
        self._door = door
        self._live = live
        self._telemetry = telemetry
        self._audit = audit
        self._names = names()
        self._snapshot: Snapshot | None = None
        self._head = b""

    def answer(self, target: bytes, headers: Iterable[Header]) -> bytes | None:
        """The answer's headers after the server's own, and its body; None for the framework."""
        began = time.perf_counter()
        key = self._caller(headers)
        if key is None or self._live.run_id is None or self._audit.is_overfull:
            return None
        snapshot = self._live.current()
        try:
            user_id = user_of(target)
            known = snapshot.user(user_id)
            self._door.pace.spend(key.key_id)
        except (NotFound, TooOften):
            return None
        body = orjson.dumps({"run_id": snapshot.run_id, **known})
        name = next(self._names)
        answer = b"%bcontent-length: %d\r\nx-request-id: %b\r\n\r\n%b" % (
            self._head_of(snapshot),
            len(body),
            name.encode(),
            body,
        )
        now = datetime.now(UTC)
        self._audit.take(Call(now, key.key_id, ACTION, 200, name, subject=subject_of(user_id)))
        seconds = time.perf_counter() - began
        self._telemetry.finished(Finished("GET", TEMPLATE, 200, seconds, name, now))
        return answer

    def _caller(self, headers: Iterable[Header]) -> Key | None:
        """The key of a request, when it was verified a moment ago, may read, and asks plainly."""
        secret: bytes | None = None
        for name, value in headers:
            if name in SPECIAL:
                return None
            if name == b"authorization" and secret is None:
                secret = value
        if secret is None or not secret.startswith(BEARER):
            return None
        key = self._door.remembered(secret[len(BEARER) :])
        return key if key is not None and key.allows("read") else None

    def _head_of(self, snapshot: Snapshot) -> bytes:
        """The headers that all answers of a snapshot have in common, written once."""
        if snapshot is not self._snapshot:
            tag = (b"etag", etag(snapshot.version).encode())
            self._head = written(((b"content-type", b"application/json"), tag, *SECURITY_HEADERS))
            self._snapshot = snapshot
        return self._head


def is_hot(target: bytes) -> bool:
    """Whether what a GET asks for may be a look-up without conditions."""
    return (
        target.startswith(PREFIX) and b"?" not in target and b"#" not in target and target.isascii()
    )


def user_of(target: bytes) -> str:
    """The user a look-up asks for."""
    path = target[len(PREFIX) :]
    return unquote_to_bytes(path).decode(errors="replace") if b"%" in path else path.decode("ascii")


def written(headers: Sequence[Header]) -> bytes:
    """Headers as they go over the wire."""
    return b"".join(b"%b: %b\r\n" % header for header in headers)
