"""Events sent over HTTP that a run has read lie in batches, on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from segmentation import batches
from segmentation.batches import file_away, forget, write_out
from segmentation.erasure import erase_in_database
from segmentation.sent import judge, keep, last
from segmentation.sqltables import sent_batches, sent_events
from tests.segmentation.test_sent import EVENTS, plain

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)
A_WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Batches small enough to see several."""
    monkeypatch.setattr(batches, "BATCH", 10)


@pytest.fixture
def read(database, tmp_path):
    """Read what a run would, from a number on."""

    def read(after=0, through=None):
        through = last(database) if through is None else through
        count = write_out(database, tmp_path / "sent.parquet", after=after, through=through)
        found = pq.read_table(tmp_path / "sent.parquet").to_pylist()
        assert len(found) == count
        return found

    return read


def events(count, user="u"):
    """So many events of a person; the tag counts them."""
    rows = [{"user_id": user, "channel": "browse", "tag": f"t{row}"} for row in range(count)]
    return judge(rows, money=(), now=NOW).valid


def sizes(database):
    """How many events each batch holds."""
    with database.connect() as connection:
        return list(
            connection.execute(sa.select(sent_batches.c.rows).order_by(sent_batches.c.last))
            .scalars()
        )  # fmt: skip


def test_events_are_written_out_as_they_were_kept_from_a_number_on(database, read):
    """In their order, their times in UTC; SQL has no row of them any more."""
    valid = judge(EVENTS, money=("return",), now=NOW).valid
    first = keep(database, valid[:2], by="k", now=NOW)
    through = keep(database, valid[2:], by="k", now=NOW)

    moved = file_away(database, through=through)

    assert (first, through, last(database)) == (2, len(valid), len(valid))
    assert moved == len(valid)
    assert read() == [plain(event) for event in valid]
    assert read(after=first) == [plain(event) for event in valid[2:]]
    assert read(after=first, through=through - 1) == [plain(event) for event in valid[2:-1]]
    with database.connect() as connection:
        assert connection.execute(sa.select(sent_events)).all() == []


def test_small_batches_take_the_next_events_in(database, read):
    """Many calls make few batches, and none is large; what was not asked for waits."""
    for count in (1, 3, 2, 9, 30, 4):
        file_away(database, through=keep(database, events(count), by="k", now=NOW))
    waiting = keep(database, events(5), by="k", now=NOW)

    assert file_away(database, through=waiting - 5) == 0
    assert sum(sizes(database)) == 49
    assert all(10 <= size < 20 for size in sizes(database)[:-1])
    assert len(read()) == 49
    assert last(database) == waiting


def test_filing_that_ends_midway_loses_and_doubles_nothing(database, read, monkeypatch):
    """A batch is there and its rows are not, or the other way round."""
    valid = events(35)
    through = keep(database, valid, by="k", now=NOW)
    append, calls = batches.append, []

    def append_twice(connection, rows):
        append(connection, rows)
        calls.append(len(rows))
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(batches, "append", append_twice)
    with pytest.raises(KeyboardInterrupt):
        file_away(database, through=through)
    assert sizes(database) == [10]

    assert file_away(database, through=through) == 25
    assert read() == [plain(event) for event in valid]


def test_events_that_come_while_others_are_filed_are_read_once(database, read):
    """Whoever sends them waits for a batch, not for all."""

    def send(number):
        return keep(database, events(3, user=f"u{number}"), by="k", now=NOW)

    with ThreadPoolExecutor(4) as threads:
        sending = [threads.submit(send, number) for number in range(40)]
        while not all(each.done() for each in sending):
            file_away(database, through=last(database))
    file_away(database, through=last(database))

    found = sorted((row["user_id"], row["tag"]) for row in read())
    assert found == sorted((f"u{number}", f"t{row}") for number in range(40) for row in range(3))
    assert len({each.result() for each in sending}) == 40


def test_who_is_erased_is_in_no_batch(database, read):
    """Everybody else's events are as before, and numbers go on."""
    for user in ("u", "gone", "v", "gone"):
        keep(database, events(8, user=user), by="k", now=NOW)
    through = last(database)
    file_away(database, through=through)
    before = read()

    removed = erase_in_database(database, "gone")

    assert removed == 16
    assert read() == [row for row in before if row["user_id"] != "gone"]
    assert last(database) == through
    assert keep(database, events(1), by="k", now=NOW) == through + 1
    assert erase_in_database(database, "gone") == 0


def test_what_came_too_long_ago_is_forgotten(database, read):
    """By the day it came, whatever it is about; to the event, also within a batch."""
    for weeks in (3, 2, 1, 0):
        keep(database, events(7, user=f"{weeks}"), by="k", now=NOW - weeks * A_WEEK)
    through = last(database)
    file_away(database, through=through)

    assert forget(database, before=NOW - 5 * A_WEEK) == 0
    assert forget(database, before=NOW - 1.5 * A_WEEK) == 14
    assert [row["user_id"] for row in read()] == ["1"] * 7 + ["0"] * 7
    assert 0 not in sizes(database)
    assert forget(database, before=NOW + A_WEEK) == 14
    assert read() == []
    assert last(database) == through
