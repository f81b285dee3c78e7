"""Write one table of a snapshot to a file that other tools read."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from segmentation.durable import replacing
from segmentation.errors import UsageError
from segmentation.inforce import with_hand
from segmentation.store import Store
from segmentation.tables import read_table

Format: TypeAlias = Literal["parquet", "csv", "ndjson"]
BATCH = 65_536
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def export_table(
    store: Store,
    what: str,
    out: Path,
    *,
    run: str | None = None,
    format: Format | None = None,
    held: Mapping[str, dict[str, Any]] | None = None,
) -> int:
    """Write a table of a run, by default the live one, and return its number of rows.

    `held` are tiers in force of which the run says otherwise, by user; they are told instead.

    The format is the one named, or that of the file's ending. The file appears whole or not at all.
    In CSV a list is JSON text; in CSV and NDJSON a time is UTC text.

    Raises
    ------
    UsageError
        When the format cannot be told, or the file cannot be written.
    """
    chosen = format or format_of(out)
    folder = store.live_folder() if run is None else store.folder(run)
    return write_file(with_hand(read_table(folder, what), what, held or {}), out, format=chosen)


def write_file(table: pa.Table, out: Path, *, format: Format) -> int:
    """Write a table to a file, whole or not at all, and return its number of rows."""
    write = WRITERS[format]
    try:
        with replacing(out) as beside, beside.open("wb") as file:
            write(table, file)
    except OSError as error:
        raise UsageError(f"`{out}` cannot be written: {error.strerror or error}.") from error
    return int(table.num_rows)


def format_of(out: Path) -> Format:
    """Tell the format by a file's ending."""
    ending = out.suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(
            f"The format of `{out.name}` cannot be told: end it in {', '.join(ENDINGS)}, "
            "or name a format."
        )
    return ENDINGS[ending]


def write_parquet(table: pa.Table, file: BinaryIO) -> None:
    """Write Parquet, types kept."""
    pq.write_table(table, file, compression="zstd")


def write_csv(table: pa.Table, file: BinaryIO) -> None:
    """Write CSV with a header; nothing known is an empty field."""
    flat = pa.table({name: flattened(table[name]) for name in table.column_names})
    pa_csv.write_csv(flat, file)


def write_ndjson(table: pa.Table, file: BinaryIO) -> None:
    """Write one JSON object a line."""
    options = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
    for batch in table.to_batches(BATCH):
        file.writelines(orjson.dumps(row, option=options) for row in batch.to_pylist())


def flattened(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as CSV can hold it."""
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, format=TIME_FORMAT)
    if pa.types.is_list(column.type):
        texts = (None if value is None else orjson.dumps(value) for value in column.to_pylist())
        return pa.array((text and text.decode() for text in texts), pa.string())
    return column


WRITERS: dict[str, Callable[[pa.Table, BinaryIO], None]] = {
    "parquet": write_parquet,
    "csv": write_csv,
    "ndjson": write_ndjson,
}
ENDINGS: dict[str, Format] = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}
