"""The tables of a simulation as Parquet files, the columns those of the input contract."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from segmentation.simulator.contents import Contents
from segmentation.simulator.population import NONE, user_ids
from segmentation.simulator.randomness import IntArray

TIME = pa.timestamp("us", tz="UTC")
TABLE_FILES = {
    table: f"{table}.parquet"
    for table in ("events", "labels", "edges", "exposures", "content", "consent")
}
SCHEMAS = {
    "events": pa.schema(
        {
            "user_id": pa.string(),
            "ts": TIME,
            "channel": pa.string(),
            "tag": pa.string(),
            "value": pa.float64(),
            "content_id": pa.string(),
        }
    ),
    "labels": pa.schema({"user_id": pa.string(), "namespace": pa.string(), "label": pa.string()}),
    "edges": pa.schema({"src": pa.string(), "dst": pa.string(), "ts": TIME}),
    "exposures": pa.schema(
        {"user_id": pa.string(), "content_id": pa.string(), "ts": TIME, "shared": pa.int8()}
    ),
    "content": pa.schema(
        {"content_id": pa.string(), "tag": pa.string(), "author": pa.string(), "ts": TIME}
    ),
    "consent": pa.schema({"user_id": pa.string(), "purpose": pa.string(), "granted": pa.bool_()}),
    "truth": pa.schema(
        {"user_id": pa.string(), "facet": pa.string(), "circle": pa.string(), "rank": pa.int8()}
    ),
    "truth_sharing": pa.schema(
        {
            "user_id": pa.string(),
            "content_id": pa.string(),
            "ts": TIME,
            "probability": pa.float64(),
            "shared_within_horizon": pa.int8(),
        }
    ),
    "truth_users": pa.schema(
        {"user_id": pa.string(), "share_propensity": pa.float64(), "pull": pa.float64()}
    ),
    "truth_tags": pa.schema({"tag": pa.string(), "theme": pa.string(), "currency": pa.float64()}),
    "truth_profiles": pa.schema(
        {"circle": pa.string(), "tag": pa.string(), "weight": pa.float64()}
    ),
    "lineage_truth": pa.schema(
        {
            "period": pa.int32(),
            "event": pa.string(),
            "circle": pa.string(),
            "from_circles": pa.list_(pa.string()),
        }
    ),
}


class TableWriter:
    """Writes tables chunk by chunk into a folder; a table never written to stays empty."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.rows = dict.fromkeys(names, 0)
        self._files = {
            name: pq.ParquetWriter(folder / f"{name}.parquet", SCHEMAS[name], compression="zstd")
            for name in names
        }

    def write(self, name: str, columns: Sequence[object]) -> None:
        """Append rows given as columns in the table's order."""
        schema = SCHEMAS[name]
        arrays = [
            column_of(values, kind.type) for values, kind in zip(columns, schema, strict=True)
        ]
        table = pa.Table.from_arrays(arrays, schema=schema)
        self.rows[name] += table.num_rows
        if table.num_rows:
            self._files[name].write_table(table)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self._files.values():
            file.close()


def user_names(numbers: IntArray) -> pa.Array:
    """Return the ids of people, who may be many rows of few neighbouring numbers."""
    if len(numbers) == 0:
        return pa.array([], type=pa.string())
    first = int(numbers.min())
    return named(numbers - first, user_ids(np.arange(first, int(numbers.max()) + 1)))


def content_names(contents: Contents, rows: IntArray) -> pa.Array:
    """Return the ids of contents by row; null for -1."""
    return named(rows, [f"c{number:06d}" for number in contents.number])


def column_of(values: object, kind: pa.DataType) -> pa.Array:
    """Return values as an Arrow array of a type."""
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    return pa.array(values, type=kind)


def named(numbers: IntArray, names: Sequence[str] | np.ndarray) -> pa.Array:
    """Return the name of each number as strings; null for -1."""
    missing = np.asarray(numbers) == NONE
    indices = pa.array(np.asarray(numbers, dtype=np.int32), mask=missing)
    words = pa.array(names, type=pa.string())
    return pa.DictionaryArray.from_arrays(indices, words).cast(pa.string())
