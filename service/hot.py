"""The hottest look-up there is, `GET /v1/users/{user_id}`, answered before the framework begins.

Only the plain case is answered here: a key that was verified a moment ago and may read, a user
that is known, a request without conditions. Everything else, every refusal among it, goes the way
of all requests; a test holds the two ways to the same answers.
"""

import time
from datetime import UTC, datetime
from typing import Final

import orjson
from starlette.types import Message, Scope

from segmentation.audit import AuditLog, Call, subject_of
from segmentation.errors import NotFound
from segmentation.keys import Key
from service.auth import Doorkeeper
from service.errors import TooOften
from service.live import LiveSnapshots, etag
from service.telemetry import SECURITY_HEADERS, Telemetry, names

PREFIX: Final = "/v1/users/"
TEMPLATE: Final = "/v1/users/{user_id:path}"
ACTION: Final = "GET /v1/users/{user_id}"
BEARER: Final = b"Bearer "
# A request with one of these asks for more than the plain case.
SPECIAL: Final = frozenset({b"if-none-match", b"x-request-id", b"x-purpose"})


class HotLookUp:
    """Answers the plain case of one look-up; `None` leaves a request to the framework."""

    def __init__(
        self, door: Doorkeeper, live: LiveSnapshots, telemetry: Telemetry, audit: AuditLog
    ) -> None:
        self._door = door
        self._live = live
        self._telemetry = telemetry
        self._audit = audit
        self._names = names()

    def answer(self, scope: Scope) -> tuple[Message, Message] | None:
        """The two messages of the answer, or None."""
        began = time.perf_counter()
        key = self._caller(scope)
        if key is None or self._live.run_id is None or self._audit.is_full:
            return None
        snapshot = self._live.current()
        user_id = scope["path"][len(PREFIX) :]
        try:
            known = snapshot.user(user_id)
            self._door.pace.spend(key.key_id)
        except (NotFound, TooOften):
            return None
        body = orjson.dumps({"run_id": snapshot.run_id, **known})
        name = next(self._names)
        self._audit.take(
            Call(
                at=datetime.now(UTC),
                key_id=key.key_id,
                action=ACTION,
                subject=subject_of(user_id),
                status=200,
                request_id=name,
            )
        )
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"etag", etag(snapshot.run_id).encode()),
            *SECURITY_HEADERS,
            (b"x-request-id", name.encode()),
        ]
        seconds = time.perf_counter() - began
        self._telemetry.finished("GET", TEMPLATE, status=200, seconds=seconds, name=name)
        return (
            {"type": "http.response.start", "status": 200, "headers": headers},
            {"type": "http.response.body", "body": body},
        )

    def _caller(self, scope: Scope) -> Key | None:
        """The key of a request, when it was verified a moment ago, may read, and asks plainly."""
        key: Key | None = None
        for name, value in scope["headers"]:
            if name in SPECIAL:
                return None
            if name == b"authorization" and value.startswith(BEARER):
                key = self._door.remembered(value[len(BEARER) :])
        return key if key is not None and key.allows("read") else None


def is_hot(scope: Scope) -> bool:
    """Whether a request may be the look-up."""
    return bool(
        scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(PREFIX)
    )
