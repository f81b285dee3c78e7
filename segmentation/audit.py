"""Who asked for what: one row a call, kept in SQL, without an id of a person in it."""

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa

from segmentation.database import Database
from segmentation.draining import drained
from segmentation.sqltables import audit_log

ENOUGH = 2_000
MOST = 50_000


class Call(NamedTuple):
    """One call: when (in UTC), who, what, of whom or how many, what for, and how it ended.

    `subject` is the SHA-256 of the user asked for, so that a person's own record of look-ups can
    be drawn up for them, and only by who knows their id.
    """

    at: datetime
    key_id: str
    action: str
    status: int
    request_id: str
    target: str | None = None
    subject: str | None = None
    purpose: str | None = None
    people: int | None = None


class AuditLog:
    """Takes calls at once and writes them in batches; reading writes what waits first.

    A worker that is stopped writes all it took; one that is killed loses what it took since the
    last flush, at most half a second. While the database fails, calls wait for it to come back.
    """

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database
        self._waiting: deque[Call] = deque()
        self._writing = threading.Lock()
        self._enough = threading.Event()

    def take(self, call: Call) -> None:
        """Take one call; it is written with the next flush."""
        self._waiting.append(call)
        if len(self._waiting) >= ENOUGH:
            self._enough.set()

    def wait(self, seconds: float) -> bool:
        """Return once enough waits to be written, else after some time; say which."""
        is_enough = self._enough.wait(seconds)
        self._enough.clear()
        return is_enough

    def hurry(self) -> None:
        """Let whoever waits to flush do so now."""
        self._enough.set()

    @property
    def is_overfull(self) -> bool:
        """Whether so many calls wait that no more should be answered before they are written."""
        return len(self._waiting) >= MOST

    def flush(self) -> None:
        """Write what waits."""
        with self._writing:
            calls = list(drained(self._waiting))
            if not calls:
                return
            try:
                with self._database().begin() as connection:
                    write(connection, calls)
            except BaseException:
                self._waiting.extendleft(reversed(calls))
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


def write(connection: sa.Connection, calls: Sequence[Call]) -> None:
    """Insert calls.

    SQLite takes them as one value and in one step, during which the driver lets others run; row by
    row it would take the interpreter's lock anew for each, from the thread that answers callers.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(sa.insert(audit_log), [keepable(call) for call in calls])
        return
    rows = [(call.at.isoformat(" ", "microseconds")[:26], *call[1:]) for call in calls]
    listed = sa.func.json_each(orjson.dumps(rows).decode()).table_valued("value")
    fields = [sa.func.json_extract(listed.c.value, f"$[{at}]") for at in range(len(Call._fields))]
    connection.execute(sa.insert(audit_log).from_select(Call._fields, sa.select(*fields)))


def keepable(call: Call) -> dict[str, Any]:
    """A call as PostgreSQL takes it, which keeps no NUL: one such call would hold up all others."""
    return {
        name: value.replace("\0", "\ufffd") if isinstance(value, str) else value
        for name, value in call._asdict().items()
    }


def subject_of(user_id: str) -> str:
    """What stands for a user in the log."""
    return hashlib.sha256(user_id.encode("utf-8", "surrogatepass")).hexdigest()
