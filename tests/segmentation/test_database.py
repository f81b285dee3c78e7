"""One small database, in the store unless said otherwise."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from segmentation import keys
from segmentation.database import open_database
from segmentation.errors import ConfigError, StoreError
from segmentation.sqltables import api_keys, metadata

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)


def test_a_database_is_made_on_first_use(tmp_path):
    """In the store, with every table, ready for readers beside a writer."""
    database = open_database(tmp_path / "store")

    assert (tmp_path / "store/coterie.db").exists()
    assert set(sa.inspect(database).get_table_names()) == {*metadata.tables, "alembic_version"}
    with database.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    database.dispose()


def test_times_come_back_as_the_same_moment(database):
    """In UTC, whatever zone they were given in."""
    given = datetime(2026, 11, 1, 7, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5.5)))
    row = {"key_id": "k", "name": "n", "scopes": "", "secret_hash": "", "created": given}

    with database.begin() as connection:
        connection.execute(sa.insert(api_keys).values(row))
        created, expires = connection.execute(
            sa.select(api_keys.c.created, api_keys.c.expires)
        ).one()

    assert created == given
    assert created.tzinfo is UTC
    assert expires is None


def test_a_change_waits_for_others_as_long_as_it_is_told_to(tmp_path):
    """A worker outlasts a run that writes down everybody's tiers; a server gives up sooner."""
    patient, hasty = open_database(tmp_path), open_database(tmp_path, patience=0.05)
    row = {"key_id": "k", "name": "n", "scopes": "", "secret_hash": "", "created": NOW}

    def write(database):
        with database.begin() as connection:
            connection.execute(sa.insert(api_keys).values(row))

    with ThreadPoolExecutor(1) as threads:
        with patient.connect() as other:
            other.exec_driver_sql("BEGIN IMMEDIATE")
            with pytest.raises(sa.exc.OperationalError, match="locked"):
                write(hasty)
            waiting = threads.submit(write, patient)
            assert not wait([waiting], timeout=0.2).done
        waiting.result()

    with hasty.connect() as connection:
        assert connection.execute(sa.select(api_keys.c.key_id)).scalars().all() == ["k"]


def test_an_address_can_be_given(tmp_path):
    """The store is then left alone."""
    engine = open_database(tmp_path / "store", f"sqlite:///{tmp_path}/elsewhere.db")

    assert (tmp_path / "elsewhere.db").exists()
    assert not (tmp_path / "store").exists()
    engine.dispose()


def test_processes_may_open_a_new_store_at_once(tmp_path):
    """As the workers of a service do."""
    script = (
        "import sys; from pathlib import Path; from segmentation.database import open_database;"
        "sys.stdin.readline(); open_database(Path(sys.argv[1])).dispose()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(4)]
    for worker in workers:
        worker.stdin.write(b"go\n")
        worker.stdin.close()

    assert [worker.wait() for worker in workers] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "url", ["not a url", "postgres://user:hunter2@localhost:1/none", "nosuchdatabase://x"]
)
def test_an_address_that_leads_nowhere_is_a_clear_error(tmp_path, url):
    """Which never shows the address: there is a password in it."""
    with pytest.raises(ConfigError, match="at `COTERIE_DATABASE_URL` cannot be opened") as caught:
        open_database(tmp_path, url)

    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path):
    """It is named."""
    (tmp_path / "coterie.db").write_bytes(b"no database" * 100)

    with pytest.raises(ConfigError, match=r"coterie\.db` cannot be opened: DatabaseError"):
        open_database(tmp_path)


@pytest.fixture
def unwritable(tmp_path, monkeypatch):
    """A store that may only be read, with one key; whoever runs the tests."""
    database = open_database(tmp_path)
    keys.create(database, name="reader", scopes=("read",), expires=None, now=NOW)
    database.dispose()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    return tmp_path


def test_a_store_that_may_only_be_read_is_read(unwritable):
    """Nothing is written beside it, not even the log of a reader."""
    before = {path.name: path.read_bytes() for path in unwritable.iterdir()}

    database = open_database(unwritable)

    assert [key.name for key in keys.list_keys(database)] == ["reader"]
    database.dispose()
    assert {path.name: path.read_bytes() for path in unwritable.iterdir()} == before


def test_a_change_of_what_may_only_be_read_is_told_as_such(unwritable):
    """In a sentence, with what to do."""
    database = open_database(unwritable)

    with pytest.raises(StoreError, match="may only be read here"):
        keys.create(database, name="another", scopes=("read",), expires=None, now=NOW)

    database.dispose()


def test_what_others_wrote_last_is_read_too(unwritable, monkeypatch):
    """While somebody who may write holds the store open, their log counts."""
    with monkeypatch.context() as allowed:
        allowed.setattr(os, "access", lambda path, mode: True)
        writer = open_database(unwritable)
    keys.create(writer, name="late", scopes=("read",), expires=None, now=NOW)

    database = open_database(unwritable)

    assert {key.name for key in keys.list_keys(database)} == {"reader", "late"}
    database.dispose()
    writer.dispose()
