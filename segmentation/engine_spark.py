"""Where queries run when one machine is too small: Spark behind the same protocol.

Queries are written once, in DuckDB's SQL, and carried over by sqlglot. What looks at a row of an
input file by itself is not carried over: each task of Spark runs it in a DuckDB of its own, so
that both engines judge alike to the letter.
"""

import re
import shutil
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as spark
from sqlglot.errors import SqlglotError

from segmentation.dialect import for_spark
from segmentation.durable import sync_folder, sync_tree
from segmentation.engine import (
    ROW_GROUP,
    Change,
    DuckEngine,
    Parameters,
    QueryError,
    literal,
)
from segmentation.slices import Look, pieces
from segmentation.tasks import Changing, Looking, Task, columns

SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(ROW_GROUP),
}
UNMARKED = "mapreduce.fileoutputcommitter.marksuccessfuljobs"
TIME = "ts"
GLOB = re.compile(r"([\[\]{}*?\\])")


class SparkEngine:
    """Spark for what is heavy, and a DuckDB beside it for looking into input files.

    Parameters
    ----------
    session : SparkSession
        Its settings stay as they are: the engine works in a session of its own within.
    reader : DuckEngine
        Looks into input files, and reads what Spark set down.
    scratch : Path
        A folder that the driver and all executors see under the same name; removed at last.
    """

    def __init__(self, session: SparkSession, reader: DuckEngine, *, scratch: Path) -> None:
        self.session = session.newSession()
        for name, value in SETTINGS.items():
            self.session.conf.set(name, value)
        self._reader = reader
        self._scratch = scratch.resolve()
        self._numbers = count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)

    @property
    def reader(self) -> DuckEngine:
        """The engine that looks into input files, and reads what Spark wrote."""
        return self._reader

    def execute(self, sql: str, parameters: Parameters = None) -> pa.Table:
        """Run a query and return its result as one Arrow table."""
        with _errors():
            return self._frame(sql, parameters).toArrow()

    def rows(self, sql: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
        """Return a small result as Python tuples."""
        with _errors():
            return [tuple(row) for row in self._frame(sql, parameters).collect()]

    def batches(self, sql: str, *, rows: int = ROW_GROUP) -> Iterator[pa.RecordBatch]:
        """Yield a result of any size, about `rows` rows at a time: Spark sets it down first."""
        with _errors():
            folder = self._set_down(self._frame(sql))
        yield from self._taken(folder, rows)

    def write(self, sql: str, path: Path) -> int:
        """Write a result to a folder of Parquet files, whole or not at all; return its row count.

        Read by their names, the files are in the order of the query.
        """
        beside = path.with_name(f".{path.name}.part")
        with _errors():
            _write(self._frame(sql), beside)
        rows = sum(int(pq.read_metadata(file).num_rows) for file in beside.glob("*.parquet"))
        sync_tree(beside)
        _remove(path)
        beside.rename(path)
        sync_folder(path.parent)
        return rows

    def register(self, name: str, source: Path | Sequence[Path]) -> None:
        """Make Parquet files readable as the table `name`, in place of any table so named.

        A folder stands for all the Parquet files in it.
        """
        with _errors():
            paths = [source] if isinstance(source, Path) else source
            self._read(paths).createOrReplaceTempView(name)

    def keep(self, name: str, sql: str) -> None:
        """Hold a result as the table `name`, in place of any table so named."""
        with _errors():
            self._hold(name, self._frame(sql))

    def look_at_rows(self, name: str, looks: Sequence[Look]) -> None:
        """Make what queries say of each row of input files the table `name`, piece by piece."""
        with _errors():
            if any(look.rows for look in looks):
                self._hold(name, self._looked(looks))
            else:
                self._hold(name, self._frame(looks[0].sql))

    def changed(self, sql: str, change: Change, *, total: str) -> Iterator[pa.RecordBatch]:
        """Yield what a pure function makes of a result's batches, totals added up by Spark."""
        with _errors():
            frame = self._frame(sql)
            nothing = pa.RecordBatch.from_pylist([], schema=frame.limit(0).toArrow().schema)
            schema = change(nothing).schema
            summed = (
                _mapped(frame, Changing(change), schema)
                .groupBy(*[name for name in schema.names if name not in (TIME, total)])
                .agg(spark.max(TIME).alias(TIME), spark.sum(total).alias(total))
            )
            folder = self._set_down(summed)
        yield from self._taken(folder, ROW_GROUP)

    def hashed(self, column: str, *, salt: int) -> str:
        """Write a 64-bit hash of a text column: equal texts, equal hashes within one engine."""
        return f"XXHASH64({column}, {salt})"

    def _frame(self, sql: str, parameters: Parameters = None) -> DataFrame:
        if parameters:
            raise QueryError("Spark is asked without parameters: write the values into the query.")
        return self.session.sql(for_spark(sql))

    def _looked(self, looks: Sequence[Look]) -> DataFrame:
        schema = self.reader.execute(f"SELECT * FROM ({looks[0].sql}) AS look LIMIT 0").schema
        tasks = [(look, piece) for look in looks if look.rows for piece in pieces(look.rows)]
        numbers = self.session.range(0, len(tasks), 1, max(len(tasks), 1))
        return _mapped(numbers, Looking(tasks), schema)

    def _hold(self, name: str, frame: DataFrame) -> None:
        self._read([self._set_down(frame)]).createOrReplaceTempView(name)

    def _set_down(self, frame: DataFrame) -> Path:
        folder = self._scratch / str(next(self._numbers))
        _write(frame, folder)
        return folder

    def _taken(self, folder: Path, rows: int) -> Iterator[pa.RecordBatch]:
        """Yield what was set down and forget it."""
        files = literal(str(folder / "*.parquet"))
        yield from self.reader.batches(f"SELECT * FROM read_parquet({files})", rows=rows)
        shutil.rmtree(folder)

    def _read(self, paths: Iterable[Path]) -> DataFrame:
        return self.session.read.parquet(*[GLOB.sub(r"\\\1", _address(path)) for path in paths])


def _mapped(frame: DataFrame, task: Task, schema: pa.Schema) -> DataFrame:
    """Let a task have a result's batches; it gives batches of a schema."""
    with warnings.catch_warnings():
        # No data frame of pandas is made anywhere here.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        return frame.mapInArrow(task, columns(schema))


def _write(frame: DataFrame, folder: Path) -> None:
    frame.write.mode("overwrite").option(UNMARKED, "false").parquet(_address(folder))


def _address(path: Path) -> str:
    """Say that a path is one of the file system all machines see."""
    return f"file://{path.resolve()}"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise QueryError(_said(str(error))) from error
    except SqlglotError as error:
        raise QueryError(f"The query cannot be carried over to Spark: {error}") from error


def _said(text: str) -> str:
    """What a task said of its failure, or else the first line of Spark's own words."""
    own = re.findall(r"QueryError: (.+)", text)
    return str(own[-1]) if own else f"Spark: {text.strip().splitlines()[0]}"
