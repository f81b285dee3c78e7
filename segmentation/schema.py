"""The tables of the database, brought from any earlier shape to today's by migrations.

A migration is a file `migrations/versions/rNNNN_what.py`. To change a table, change it where it is
declared and add the next file; a test holds the two against each other on every database.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from segmentation.errors import StoreError

MIGRATIONS = Path(__file__).with_name("migrations")
FILE = re.compile(r"r(\d{4})_\w+\.py")
LOCK = 0x636F7465
VERSION = sa.table("alembic_version", sa.column("version_num"))


def bring_up_to_date(engine: sa.Engine) -> None:
    """Run the migrations that are missing; several processes may do so at once.

    Raises
    ------
    StoreError
        When a newer version of the program has been at the database.
    """
    # A look costs one query; the migrations and Alembic are loaded for those who need them.
    with engine.connect() as connection:
        found = revision(connection)
    if found is not None and found > newest_revision():
        raise StoreError(
            f"The database is at revision {found}, this program knows {newest_revision()}: "
            "a newer version has been here. Use that one."
        )
    if found != newest_revision():
        with exclusive(engine) as connection:
            migrate(connection)


def revision(connection: sa.Connection) -> str | None:
    """Return the last migration that ran here, None before the first."""
    if not sa.inspect(connection).has_table(VERSION.name):
        return None
    return connection.execute(sa.select(VERSION.c.version_num)).scalar()


@cache
def newest_revision() -> str:
    """Return the number of the newest migration."""
    files = (FILE.fullmatch(path.name) for path in (MIGRATIONS / "versions").iterdir())
    return max(file[1] for file in files if file)


@contextmanager
def exclusive(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open one transaction that no other process can be in; all of it happens, or nothing."""
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            yield connection
        return
    # The driver begins late and lightly by itself; a migration needs the write lock at once.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")


def migrate(connection: sa.Connection, target: str = "head") -> None:
    """Run the migrations up to one, on a connection that is in a transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    # Alembic reads settings with interpolation: a percent sign of a path would be one.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, target)
