"""What changes between runs: a small SQL database beside the snapshots."""

import os
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.pool import ConnectionPoolEntry

from segmentation.errors import ConfigError, StoreUnwritable
from segmentation.schema import bring_up_to_date

Database: TypeAlias = sa.Engine

FILE = "coterie.db"
PATIENCE_SECONDS = 60.0
"""A run writes down the first tiers of a million people in less; no other writer shall fail."""
SWITCHES_TRIED, SWITCH_AGAIN_SECONDS = 200, 0.05


def open_database(
    store: Path, url: str | None = None, *, patience: float = PATIENCE_SECONDS
) -> Database:
    """Open the database at a URL, or the store's own SQLite file, and bring its tables up to date.

    Parameters
    ----------
    patience : float
        How many seconds a change waits for others' before it fails; of SQLite, where one is made
        at a time.

    Raises
    ------
    ConfigError
        When the URL is none, or nothing answers there. Never says the URL: it holds a password.
    StoreError
        When a newer version of the program has been at the database.
    """
    if url is None:
        store.mkdir(parents=True, exist_ok=True)
    try:
        return _opened(_address(store, url), patience)
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        what = f"`{store / FILE}`" if url is None else "at `COTERIE_DATABASE_URL`"
        raise ConfigError(
            f"The database {what} cannot be opened: {type(error).__name__}. "
            "Look at its address, and whether it is up and writable."
        ) from error


def _opened(address: sa.URL, patience: float) -> Database:
    is_sqlite = address.get_backend_name() == "sqlite"
    engine = sa.create_engine(address, pool_pre_ping=not is_sqlite)
    if is_sqlite and "uri" not in address.query:
        sa.event.listen(engine, "connect", partial(_prepare, patience))
    sa.event.listen(engine, "handle_error", _say_unwritable)
    try:
        bring_up_to_date(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _address(store: Path, url: str | None) -> sa.URL:
    if url is None:
        return _file_address(store / FILE)
    parsed = sa.make_url(url)
    bare = parsed.drivername in ("postgres", "postgresql")
    return parsed.set(drivername="postgresql+psycopg") if bare else parsed


def _file_address(file: Path) -> sa.URL:
    """The address of a file; for looking alone where nothing may be written."""
    if not file.exists() or _is_writable(file):
        return sa.URL.create("sqlite", database=str(file))
    log = file.with_name(f"{file.name}-wal")
    # Beside a log SQLite reads both; without one it would make it, were it not told never to.
    still = "" if log.exists() and log.stat().st_size else "&immutable=1"
    path = quote(str(file.absolute()))
    return sa.make_url(f"sqlite:///file:{path}?mode=ro{still}&uri=true")


def _is_writable(file: Path) -> bool:
    """Whether a database may be changed: its log lies in the same folder."""
    return all(os.access(path, os.W_OK) for path in (file, file.parent))


def _say_unwritable(context: sa.engine.ExceptionContext) -> StoreUnwritable | None:
    """Tell a change of what may only be read as what it is."""
    if "readonly database" not in str(context.original_exception):
        return None
    return StoreUnwritable(
        "The database of this store may only be read here and would have to be written: for what "
        "was asked, or to bring it up to date. Ask as a user who may write the store."
    )


def _prepare(patience: float, connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    wait = f"busy_timeout = {round(patience * 1_000)}"
    # What is deleted shall not stay in free pages: whoever is erased later would be found there.
    for pragma in (wait, "foreign_keys = ON", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    _switch_to_wal(cursor)
    cursor.close()


def _switch_to_wal(cursor: DBAPICursor) -> None:
    """Keep a log beside the file; of several who switch a new file, SQLite lets none wait."""
    for _ in range(SWITCHES_TRIED):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as refused:
            if "locked" not in str(refused):
                raise
            time.sleep(SWITCH_AGAIN_SECONDS)
        else:
            return
    cursor.execute("PRAGMA journal_mode = WAL")
