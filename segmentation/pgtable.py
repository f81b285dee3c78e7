"""A table of PostgreSQL as an input: copied once into a file of the run's own, then read like one.

The address is libpq's with one parameter more: `postgresql://user@host/database?table=shop.events`.
A view will do, and whatever else libpq knows (`PGPASSWORD`, `~/.pgpass`, `sslmode`) holds here too.
"""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from segmentation.errors import InputError

SCHEMES = ("postgresql", "postgres")
PATIENCE = 10  # seconds until a server that does not answer counts as down


@dataclass(frozen=True)
class Address:
    """Where a table is: how libpq finds its database, its name, and how people know it.

    `shown` holds no password.
    """

    database: str
    table: tuple[str, ...]
    shown: str


def is_address(pattern: str) -> bool:
    """Whether an input names a table of a database instead of files."""
    return pattern.partition("://")[0] in SCHEMES


def address_of(pattern: str) -> Address:
    """Take an address apart.

    Raises
    ------
    InputError
        When it names no table.
    """
    parts = urlsplit(pattern)
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    others = [(name, value) for name, value in parameters if name != "table"]
    tables = [value for name, value in parameters if name == "table" and value]
    user = parts.netloc.rpartition("@")[0].partition(":")[0]
    host = parts.netloc.rpartition("@")[2]
    shown = parts._replace(
        netloc=f"{user}@{host}" if user else host,
        query=urlencode([each for each in parameters if each[0] != "password"], safe="/."),
    )
    if len(tables) != 1:
        raise InputError(
            f"`{urlunsplit(shown)}` must name one table, such as "
            "postgresql://user@host/database?table=events."
        )
    # To libpq a `+` is a plus, a space is `%20` alone.
    query = urlencode(others).replace("+", "%20")
    database = parts._replace(query=query)
    return Address(urlunsplit(database), tuple(tables[0].split(".")), urlunsplit(shown))


def copy_table(pattern: str) -> tuple[Path, str]:
    """Write a table into a new CSV file; return it and what people call the table.

    An absent value stands unquoted, an empty text in quotes.

    Raises
    ------
    InputError
        When the database does not answer, or has no such table to read.
    """
    address = address_of(pattern)
    handle, name = tempfile.mkstemp(prefix="coterie-", suffix=".table")
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in _rows(address):
                file.write(chunk)
    except BaseException:
        path.unlink()
        raise
    return path, address.shown


def _rows(address: Address) -> Iterator[bytes | bytearray | memoryview]:
    """Yield the table as CSV, the column names first, as of one moment."""
    try:
        import psycopg
        from psycopg import sql
    except ImportError as error:
        raise InputError(
            f"`{address.shown}` cannot be read: the extra `postgres` is not installed. "
            "Install `coterie[postgres]`."
        ) from error
    copied = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT (FORMAT csv, HEADER)")
    try:
        with psycopg.connect(_patient(address.database), client_encoding="utf8") as connection:
            connection.execute("SET TIME ZONE 'UTC'")
            connection.execute("SET datestyle = 'ISO'")
            with connection.cursor().copy(copied.format(sql.Identifier(*address.table))) as rows:
                yield from rows
    except psycopg.Error as error:
        raise InputError(
            f"`{address.shown}` cannot be read: {str(error).strip().splitlines()[0]}. "
            "Look at the address, and whether its user may read the table."
        ) from error


def _patient(database: str) -> str:
    """Give up on a server that does not answer, unless the address says how long to wait."""
    if "connect_timeout=" in database:
        return database
    return f"{database}{'&' if urlsplit(database).query else '?'}connect_timeout={PATIENCE}"
