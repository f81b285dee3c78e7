"""Writes every call of a key into the audit log."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segmentation.audit import AuditLog, Call, subject_of
from service.telemetry import method_of, template_of

PERSON = "user_id"
LONGEST = 200


class Witness:
    """Takes note of each call once its answer begins, under the key that was admitted."""

    def __init__(self, app: ASGIApp, audit: AuditLog) -> None:
        self._app = app
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, watching how it ends."""
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            if "coterie.key" in scope:
                self._audit.take(call_of(scope, status))
                if self._audit.is_overfull:
                    await asyncio.to_thread(self._audit.flush)


def call_of(scope: Scope, status: int) -> Call:
    """What is noted of a call: the template of its path, and never an id of a person."""
    asked: dict[str, Any] = scope.get("path_params", {})
    person = asked.get(PERSON) or scope.get("coterie.subject")
    others = [str(value) for name, value in asked.items() if name != PERSON]
    return Call(
        at=datetime.now(UTC),
        key_id=scope["coterie.key"].key_id,
        action=f"{method_of(scope)} {template_of(scope)}",
        target=" ".join(others)[:LONGEST] or None,
        subject=subject_of(person) if person else None,
        purpose=purpose_of(scope),
        people=scope.get("coterie.people"),
        status=status,
        request_id=scope.get("coterie.request_id", ""),
    )


def purpose_of(scope: Scope) -> str | None:
    """What the call says it is for: in its body, or in `X-Purpose`."""
    stated = scope.get("coterie.purpose")
    if stated:
        return str(stated)
    for name, value in scope["headers"]:
        if name == b"x-purpose":
            return str(value.decode("latin-1"))[:LONGEST]
    return None
