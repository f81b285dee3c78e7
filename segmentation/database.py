"""What changes between runs: a small SQL database beside the snapshots."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.schema import CreateIndex, CreateTable

from segmentation.errors import ConfigError

Database: TypeAlias = sa.Engine

FILE = "coterie.db"
SCHEMA_LOCK = 0x636F7465


class Moment(sa.types.TypeDecorator[datetime]):
    """A time-zone-aware time, kept as UTC in databases that know no time zones."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Turn a time into naive UTC."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Turn naive UTC into a time that says so."""
        return value.replace(tzinfo=UTC) if value else None


metadata = sa.MetaData()

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("key_id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("scopes", sa.String(200), nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("expires", Moment),
    sa.Column("revoked", Moment),
)


def open_database(store: Path, url: str | None = None) -> Database:
    """Open the database at a URL, or the store's own SQLite file; its tables are made if missing.

    Raises
    ------
    ConfigError
        When the URL is none, or nothing answers there. Never says the URL: it holds a password.
    """
    if url is None:
        store.mkdir(parents=True, exist_ok=True)
    try:
        engine = sa.create_engine(_address(store, url), pool_pre_ping=url is not None)
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _prepare)
        create_tables(engine)
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        what = f"`{store / FILE}`" if url is None else "at `COTERIE_DATABASE_URL`"
        raise ConfigError(
            f"The database {what} cannot be opened: {type(error).__name__}. "
            "Look at its address, and whether it is up and writable."
        ) from error
    return engine


def create_tables(engine: Database) -> None:
    """Make the tables that are missing; several processes may do so at once."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # `IF NOT EXISTS` alone can fail when two sessions race.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(SCHEMA_LOCK)))
        for table in metadata.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))


def _address(store: Path, url: str | None) -> sa.URL:
    if url is None:
        return sa.URL.create("sqlite", database=str(store / FILE))
    parsed = sa.make_url(url)
    bare = parsed.drivername in ("postgres", "postgresql")
    return parsed.set(drivername="postgresql+psycopg") if bare else parsed


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # The wait comes first: two processes may both be switching a new file to WAL.
    for pragma in ("busy_timeout = 10000", "journal_mode = WAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
