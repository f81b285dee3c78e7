"""Rows of input files as a table, whole or a piece at a time, and queries that judge each alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow.parquet as pq

PIECE = 1_000_000
"""About so many rows are judged at a time where an engine works in pieces."""


@dataclass(frozen=True)
class Piece:
    """Neighbouring rows of one Parquet file: numbers from 0, both ends included."""

    path: str
    first: int
    last: int


@dataclass(frozen=True)
class Rows:
    """Rows of Parquet files, to be read under a name.

    `select` is what is taken from them, as SQL of DuckDB in which `__path` is a row's file and
    `file_row_number` its place in it, from 0.
    """

    name: str
    select: str
    paths: tuple[str, ...]

    def sql(self, piece: Piece | None = None) -> str:
        """Return the query that gives all rows, or those of a piece."""
        paths = self.paths if piece is None else (piece.path,)
        named = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        files = f"read_parquet([{named}], filename = '__path', file_row_number = true)"
        if piece is None:
            return f"SELECT {self.select} FROM {files}"
        between = f"file_row_number BETWEEN {piece.first} AND {piece.last}"
        return f"SELECT {self.select} FROM {files} WHERE {between}"

    def view(self, piece: Piece | None = None) -> str:
        """Return the statement that makes them a table."""
        return f"CREATE OR REPLACE TEMP VIEW {self.name} AS {self.sql(piece)}"


@dataclass(frozen=True)
class Look:
    """A query, in DuckDB's SQL, that looks at each of some rows by itself; of None there are none.

    Cut into pieces the rows give the same answers.
    """

    sql: str
    rows: Rows | None


def pieces(rows: Rows) -> Iterator[Piece]:
    """Cut each file into runs of row groups of about `PIECE` rows."""
    for path in rows.paths:
        yield from _pieces_of(path)


def _pieces_of(path: str) -> Iterator[Piece]:
    first = end = 0
    for size in _group_sizes(path):
        end += size
        if end - first >= PIECE:
            yield Piece(path, first, end - 1)
            first = end
    if end > first:
        yield Piece(path, first, end - 1)


def _group_sizes(path: str) -> Sequence[int]:
    found = pq.read_metadata(path)
    return [found.row_group(number).num_rows for number in range(found.num_row_groups)]
