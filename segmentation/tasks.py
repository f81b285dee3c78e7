"""What Spark's tasks do in Python on whichever machine they run: pure functions of batches."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

from segmentation.engine import Change, DuckEngine
from segmentation.slices import Look, Piece

Task: TypeAlias = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]

MEMORY = "1GB"
"""What the DuckDB of one task may hold: it looks at rows one by one."""
TYPES = {
    "string": "STRING",
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int32": "INT",
    "int64": "BIGINT",
    "uint16": "INT",
    "uint32": "BIGINT",
    "double": "DOUBLE",
    "timestamp[us]": "TIMESTAMP_NTZ",
}
WIDER = {"uint16": pa.int32(), "uint32": pa.int64()}
"""Spark counts with a sign."""


@dataclass(frozen=True)
class Looking:
    """Look at pieces of input files; each row that comes is the number of one of them."""

    tasks: Sequence[tuple[Look, Piece]]

    def __call__(self, numbers: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield what is said of the rows of each piece."""
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                yield from self.looked(*self.tasks[number])

    def looked(self, look: Look, piece: Piece) -> Iterator[pa.RecordBatch]:
        """Look at one piece in a DuckDB that is there for nothing else."""
        with DuckEngine(MEMORY, threads=1) as engine:
            if look.rows:
                engine.rows(look.rows.view(piece))
            yield from map(fitted, engine.batches(look.sql))


@dataclass(frozen=True)
class Changing:
    """Apply a function to every batch."""

    change: Change

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the changed batches."""
        return (fitted(self.change(batch)) for batch in batches)


def columns(schema: pa.Schema) -> str:
    """Write the columns of an Arrow schema as Spark declares them."""
    return ", ".join(f"`{field.name}` {TYPES[str(field.type)]}" for field in schema)


def fitted(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Widen what Spark has no type for."""
    kinds = [WIDER.get(str(field.type), field.type) for field in batch.schema]
    return batch.cast(pa.schema(list(zip(batch.schema.names, kinds, strict=True))))
