"""What is particular to PostgreSQL; the rest is tested there and on SQLite alike."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

from segmentation import keys
from segmentation.database import open_database

NOW = datetime(2026, 11, 1, 2, 3, 4, 567890, tzinfo=timezone(timedelta(hours=8)))


def test_a_key_lives_and_dies(postgres_url, tmp_path):
    """Made, verified, listed and revoked; the moment stays what it was."""
    database = open_database(tmp_path / "store", postgres_url)
    key, secret = keys.create(database, name="shop", scopes=["read"], now=NOW)

    assert keys.verify(database, secret, NOW) == key
    assert key in keys.list_keys(database)
    keys.revoke(database, key.key_id, now=NOW.astimezone(UTC))

    assert keys.verify(database, secret, NOW) is None
    assert not (tmp_path / "store").exists()
    database.dispose()


def test_many_may_open_a_new_database_at_once(postgres_url, tmp_path):
    """As the workers of several services do."""
    with ThreadPoolExecutor(8) as pool:
        databases = list(pool.map(lambda _: open_database(tmp_path, postgres_url), range(8)))

    assert [keys.list_keys(database) for database in databases] == [[]] * 8
    for database in databases:
        database.dispose()
