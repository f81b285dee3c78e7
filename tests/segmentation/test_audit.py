"""Calls are kept as they were taken, in any database, and none is lost when it fails."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from segmentation.audit import ENOUGH, AuditLog, Call, subject_of
from segmentation.database import open_database
from segmentation.sqltables import audit_log

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)
CALLS = [
    Call(NOW, "k1", "GET /v1/users/{user_id}", 200, "a-1", subject=subject_of("wanda")),
    Call(NOW + timedelta(microseconds=5), "k2", "POST /v1/audiences:query", 200, "a-2",
         purpose='e"m\u00e4il', people=12),
    Call(NOW, "k1", "GET /v1/circles/{circle_id}", 404, "a-3", target="interest-1"),
]  # fmt: skip


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    """An empty database of either kind."""
    is_sqlite = request.param == "sqlite"
    url = None if is_sqlite else request.getfixturevalue("postgres_url")
    opened = open_database(tmp_path, url)
    yield opened
    opened.dispose()


def test_what_is_read_is_what_was_taken(database):
    """Every field, the latest call first."""
    log = AuditLog(lambda: database)
    for call in CALLS:
        log.take(call)

    read = log.read()

    assert [Call(**{name: row[name] for name in Call._fields}) for row in read] == CALLS[::-1]


def test_calls_wait_while_the_database_fails(database):
    """Later they are written, once and in their order."""
    log = AuditLog(lambda: database)
    with database.begin() as connection:
        audit_log.drop(connection)
    log.take(CALLS[0])

    with pytest.raises(sa.exc.SQLAlchemyError):
        log.flush()
    log.take(CALLS[1])
    with database.begin() as connection:
        audit_log.create(connection)

    assert [row["request_id"] for row in log.read()] == ["a-2", "a-1"]
    assert len(log.read()) == 2


def test_whoever_waits_to_flush_is_woken_when_enough_waits(tmp_path):
    """And not before."""
    log = AuditLog(lambda: open_database(tmp_path))
    for _ in range(ENOUGH - 1):
        log.take(CALLS[0])
    assert not log.wait(0.0)

    log.take(CALLS[0])

    assert log.wait(0.0)
    assert not log.wait(0.0)


def test_a_text_no_database_keeps_holds_up_no_other_call(database):
    """One call about `/v1/jobs/%00` would else end all notes taken in PostgreSQL."""
    log = AuditLog(lambda: database)
    log.take(CALLS[0]._replace(target="job\0", purpose="\0"))
    log.take(CALLS[1])

    log.flush()

    assert [row["request_id"] for row in log.read()] == ["a-2", "a-1"]
