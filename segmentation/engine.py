"""Where queries run: one small protocol, and DuckDB behind it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeAlias

import duckdb
import pyarrow
import pyarrow.parquet as pq

from segmentation.durable import replacing
from segmentation.errors import ConfigError, SegmentationError
from segmentation.slices import Look

Value: TypeAlias = str | int | float | bool | None
Parameters: TypeAlias = Sequence[object] | Mapping[str, object] | None
Change: TypeAlias = Callable[[pyarrow.RecordBatch], pyarrow.RecordBatch]

ROW_GROUP = 122_880


class QueryError(SegmentationError):
    """A query could not be run; the message is the engine's."""


class Engine(Protocol):
    """What the pipeline asks of a query engine.

    Queries are written in DuckDB's SQL. Results come in the order the query asks for.
    """

    @property
    def reader(self) -> "Engine":
        """The engine that looks into input files, which speaks all of DuckDB's SQL."""
        ...

    def execute(self, sql: str, parameters: Parameters = None) -> pyarrow.Table:
        """Run a statement and return its result as one Arrow table."""
        ...

    def rows(self, sql: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
        """Return a small result as Python tuples."""
        ...

    def batches(self, sql: str, *, rows: int = ROW_GROUP) -> Iterator[pyarrow.RecordBatch]:
        """Yield a result of any size, about `rows` rows at a time."""
        ...

    def write(self, sql: str, path: Path) -> int:
        """Write a result to a Parquet file, whole or not at all, and return its row count."""
        ...

    def register(self, name: str, source: Path | Sequence[Path]) -> None:
        """Make Parquet files readable as the table `name`, in place of any table so named.

        A folder stands for all the Parquet files in it.
        """
        ...

    def keep(self, name: str, sql: str) -> None:
        """Hold a result as the table `name`, in place of any table so named."""
        ...

    def look_at_rows(self, name: str, looks: Sequence[Look]) -> None:
        """Make what queries say of each row of input files the table `name`."""
        ...

    def changed(self, sql: str, change: Change, *, total: str) -> Iterator[pyarrow.RecordBatch]:
        """Yield what a pure function makes of a result's batches.

        It is a function that can be imported. Rows that are alike but for `ts` and for the whole
        number `total` may come as one: with the latest `ts`, and their totals together.
        """
        ...

    def hashed(self, column: str, *, salt: int) -> str:
        """Write a 64-bit hash of a text column: equal texts, equal hashes within one engine."""
        ...


class DuckEngine:
    """DuckDB in this process, held to a share of memory and spilling the rest to disk.

    Parameters
    ----------
    memory_limit : str, default="8GB"
        What a query may hold; sorts and joins beyond it spill to `temp_directory`.
    threads : int, default=2
        Threads of one query. Results do not depend on it.
    temp_directory : Path or None, default=None
        Where to spill; None means nothing may spill.
    """

    def __init__(
        self,
        memory_limit: str = "8GB",
        *,
        threads: int = 2,
        temp_directory: Path | None = None,
    ) -> None:
        self.memory_limit = memory_limit
        self.connection = _connect(memory_limit, threads, temp_directory)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def reader(self) -> Self:
        """The engine that looks into input files: this one."""
        return self

    def close(self) -> None:
        """Give memory and temporary files back."""
        self.connection.close()

    def execute(self, sql: str, parameters: Parameters = None) -> pyarrow.Table:
        """Run a statement and return its result as one Arrow table."""
        with self._errors():
            return self.connection.sql(sql, params=parameters).to_arrow_table()

    def rows(self, sql: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
        """Return a small result as Python tuples."""
        with self._errors():
            return self.connection.execute(sql, parameters).fetchall()

    def batches(self, sql: str, *, rows: int = ROW_GROUP) -> Iterator[pyarrow.RecordBatch]:
        """Yield a result of any size, about `rows` rows at a time.

        The engine must run nothing else until the last batch is taken.
        """
        with self._errors():
            yield from self.connection.sql(sql).to_arrow_reader(rows)

    def write(self, sql: str, path: Path) -> int:
        """Write a result to a Parquet file, whole or not at all, and return its row count."""
        with replacing(path) as beside, self._errors():
            reader = self.connection.sql(sql).to_arrow_reader(ROW_GROUP)
            # DuckDB's own writer gave equal rows other bytes when they came by another plan.
            with pq.ParquetWriter(beside, reader.schema, compression="zstd") as writer:
                rows = 0
                for group in _row_groups(reader):
                    writer.write_table(group)
                    rows += group.num_rows
        return rows

    def register(self, name: str, source: Path | Sequence[Path]) -> None:
        """Make Parquet files readable as the table `name`, in place of any table so named.

        A folder stands for all the Parquet files in it.
        """
        paths = [source] if isinstance(source, Path) else source
        named = (path / "*.parquet" if path.is_dir() else path for path in paths)
        files = ", ".join(literal(str(path)) for path in named)
        self.rows(
            f"CREATE OR REPLACE TEMP VIEW {identifier(name)} AS "
            f"SELECT * FROM read_parquet([{files}])"
        )

    def keep(self, name: str, sql: str) -> None:
        """Hold a result as the table `name`, in place of any table so named."""
        self.rows(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {sql}")

    def look_at_rows(self, name: str, looks: Sequence[Look]) -> None:
        """Make what queries say of each row of input files the table `name`."""
        together = " UNION ALL ".join(look.sql for look in looks)
        self.rows(f"CREATE OR REPLACE TEMP VIEW {identifier(name)} AS {together}")

    def changed(self, sql: str, change: Change, *, total: str) -> Iterator[pyarrow.RecordBatch]:
        """Yield what a pure function makes of a result's batches, row by row."""
        return map(change, self.batches(sql))

    def hashed(self, column: str, *, salt: int) -> str:
        """Write a 64-bit hash of a text column: equal texts, equal hashes within one engine."""
        return f"hash({column}, {salt})" if salt else f"hash({column})"

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise QueryError(
                f"A query needs more than `memory_limit` {self.memory_limit}. "
                "Raise it under [resources], or free disk space for spilling."
            ) from error
        except duckdb.Error as error:
            raise QueryError(str(error).split("\n\nLINE ")[0]) from error


def literal(value: Value) -> str:
    """Write a value as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return repr(value)


def identifier(name: str) -> str:
    """Write a table or column name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _row_groups(batches: Iterable[pyarrow.RecordBatch]) -> Iterator[pyarrow.Table]:
    """Cut batches of any length into tables of `ROW_GROUP` rows and a shorter last one."""
    held: list[pyarrow.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        while rows >= ROW_GROUP:
            table = pyarrow.Table.from_batches(held)
            yield table.slice(0, ROW_GROUP)
            held, rows = table.slice(ROW_GROUP).to_batches(), rows - ROW_GROUP
    if rows:
        yield pyarrow.Table.from_batches(held)


def _connect(memory_limit: str, threads: int, spill: Path | None) -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "threads": threads,
        "temp_directory": str(spill) if spill else "",
        "preserve_insertion_order": True,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        connection = duckdb.connect(":memory:", config=settings)
    except duckdb.Error as error:
        raise ConfigError(
            f"[resources] with `memory_limit` {memory_limit!r} and `threads` {threads} "
            f"cannot be used: {error}. Write a size such as 8GB and a number of threads above 0."
        ) from error
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection
