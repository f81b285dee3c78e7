"""Keys live in PostgreSQL as they do in SQLite, on a real server made for the occasion."""

import getpass
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from segmentation import keys
from segmentation.database import open_database

pytest.importorskip("psycopg", reason="the postgres extra is not installed")
POSTGRES = shutil.which("postgres")
ACCOUNT = "postgres" if os.geteuid() == 0 else getpass.getuser()
NOW = datetime(2026, 11, 1, 2, 3, 4, 567890, tzinfo=timezone(timedelta(hours=8)))

pytestmark = pytest.mark.skipif(POSTGRES is None, reason="no PostgreSQL server on this machine")


@pytest.fixture(scope="module")
def url():
    """The address of a new, empty server that listens on a socket file alone."""
    # Not under `tmp_path`: a server never runs as root, and its account must reach the folder.
    folder = Path(tempfile.mkdtemp(prefix="coterie-"))
    if os.geteuid() == 0:
        shutil.chown(folder, ACCOUNT)
    control = Path(os.path.realpath(POSTGRES)).with_name("pg_ctl")
    options = f"-c listen_addresses= -c fsync=off -k {folder}"
    command = [control, "--pgdata", folder / "data", "--silent"]
    settings = {"user": ACCOUNT if os.geteuid() == 0 else None, "cwd": folder, "check": True}
    subprocess.run([*command, "init", "-o", "--auth=trust --username=coterie"], **settings)
    log = ["--log", folder / "log"]
    subprocess.run([*command, *log, "--wait", "start", "-o", options], **settings)
    yield f"postgresql://coterie@/postgres?host={folder}"
    subprocess.run([*command, "--wait", "--mode=immediate", "stop"], **settings)
    shutil.rmtree(folder)


def test_a_key_lives_and_dies(url, tmp_path):
    """Made, verified, listed and revoked; the moment stays what it was."""
    database = open_database(tmp_path / "store", url)
    key, secret = keys.create(database, name="shop", scopes=["read"], now=NOW)

    assert keys.verify(database, secret, NOW) == key
    assert key in keys.list_keys(database)
    keys.revoke(database, key.key_id, now=NOW.astimezone(UTC))

    assert keys.verify(database, secret, NOW) is None
    assert not (tmp_path / "store").exists()
    database.dispose()


def test_many_may_open_a_new_database_at_once(url, tmp_path):
    """As the workers of several services do."""
    first = open_database(tmp_path, url)
    with first.begin() as connection:
        connection.exec_driver_sql("DROP TABLE api_keys")

    with ThreadPoolExecutor(8) as pool:
        databases = list(pool.map(lambda _: open_database(tmp_path, url), range(8)))

    assert [keys.list_keys(database) for database in databases] == [[]] * 8
    for database in (first, *databases):
        database.dispose()
