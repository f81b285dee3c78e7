"""Who asked for what: one row a call, kept in SQL, without an id of a person in it."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from segmentation.database import Database, audit_log

FULL = 500


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: who, what, of whom or how many, what for, and how it ended.

    `subject` is the SHA-256 of the user asked for, so that a person's own record of look-ups can
    be drawn up for them, and only by who knows their id.
    """

    at: datetime
    key_id: str
    action: str
    target: str | None = None
    subject: str | None = None
    purpose: str | None = None
    people: int | None = None
    status: int
    request_id: str


class AuditLog:
    """Takes calls at once and writes them in batches; reading writes what waits first.

    A worker that is killed loses what it took since the last flush, at most half a second.
    """

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database
        self._waiting: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def take(self, call: Call) -> None:
        """Take one call; it is written with the next flush."""
        self._waiting.append(vars(call))

    @property
    def is_full(self) -> bool:
        """Whether enough calls wait that they should be written now."""
        return len(self._waiting) >= FULL

    def flush(self) -> None:
        """Write what waits."""
        with self._lock:
            rows, self._waiting = self._waiting, []
            if not rows:
                return
            try:
                with self._database().begin() as connection:
                    connection.execute(sa.insert(audit_log), rows)
            except sa.exc.SQLAlchemyError:
                self._waiting[:0] = rows
                raise

    def read(
        self,
        *,
        before: int | None = None,
        limit: int = 100,
        key_id: str | None = None,
        user_id: str | None = None,
    ) -> list[dict[str, Any]]:
        """Read calls, the latest first, those before a number, of a key or about a user."""
        self.flush()
        query = sa.select(audit_log).order_by(audit_log.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(audit_log.c.number < before)
        if key_id is not None:
            query = query.where(audit_log.c.key_id == key_id)
        if user_id is not None:
            query = query.where(audit_log.c.subject == subject_of(user_id))
        with self._database().connect() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]


def subject_of(user_id: str) -> str:
    """What stands for a user in the log."""
    return hashlib.sha256(user_id.encode("utf-8", "surrogatepass")).hexdigest()
