"""Text files set down as Parquet, every line accounted for, so that all sources read alike."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from segmentation.delimited import Header, Records, read_header, read_records
from segmentation.lines import Block, blocks, decoded, open_lines, readable
from segmentation.sources import Source

FILE, ROW, REASON, TEXT = "__file", "__row", "__reason", "__text"
OWN = {FILE: pa.string(), ROW: pa.int64(), REASON: pa.string(), TEXT: pa.string()}


@dataclass(frozen=True)
class Staged:
    """CSV files of one header, set down in one Parquet file."""

    path: Path
    columns: tuple[str, ...]
    sources: list[Source]


def stage_csv(sources: Sequence[Source], folder: Path) -> list[Staged]:
    """Set CSV files down as Parquet, one file for each different header.

    A torn line is a row whose `__reason` and `__text` are set and whose columns are null.
    """
    staged: dict[tuple[str, ...], Staged] = {}
    for source in sources:
        with open_lines(source) as file:
            names = read_header(file, source).columns
        alike = staged.setdefault(names, Staged(folder / f"csv-{len(staged)}.parquet", names, []))
        alike.sources.append(source)
    for alike in staged.values():
        _stage_alike(alike)
    return list(staged.values())


def stage_ndjson(sources: Sequence[Source], path: Path) -> None:
    """Set NDJSON files down as Parquet: a row for each line that is not blank, its text whole."""
    with _writer(path, ()) as writer:
        for source in sources:
            with open_lines(source) as file:
                for block in blocks(file):
                    writer.write_table(_lines(block, source))


def stage_table(source: Source, path: Path) -> list[str]:
    """Set the copy of a database's table down as Parquet, rows counted from 1; name its columns."""
    with source.path.open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file))
    rows = 0
    with _writer(path, names) as writer:
        for batch in _table_batches(source.path, names):
            own = [
                pa.repeat(source.name, len(batch)),
                pa.array(range(rows + 1, rows + len(batch) + 1), pa.int64()),
                *[pa.nulls(len(batch), pa.string())] * 2,
            ]
            writer.write_table(pa.table([*own, *batch.columns], schema=writer.schema))
            rows += len(batch)
    return names


def _table_batches(path: Path, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Read a copy as PostgreSQL writes it: all values text, an absent one unquoted."""
    yield from pacsv.open_csv(
        path,
        pacsv.ReadOptions(column_names=names, skip_rows_after_names=1),
        pacsv.ParseOptions(newlines_in_values=True),
        pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
        ),
    )  # fmt: skip


def _stage_alike(staged: Staged) -> None:
    with _writer(staged.path, staged.columns) as writer:
        for source in staged.sources:
            with open_lines(source) as file:
                header = read_header(file, source)
                for records in read_records(file, header):
                    _write(writer, records, header, source)


def _writer(path: Path, names: Sequence[str]) -> pq.ParquetWriter:
    schema = pa.schema({**OWN, **dict.fromkeys(names, pa.string())})
    return pq.ParquetWriter(path, schema, compression="lz4")


def _write(writer: pq.ParquetWriter, records: Records, header: Header, source: Source) -> None:
    good, torn = len(records.rows), len(records.rejects)
    if good:
        nothing = pa.nulls(good, pa.string())
        own = [pa.repeat(source.name, good), records.rows, nothing, nothing]
        writer.write_table(pa.table([*own, *records.columns], schema=writer.schema))
    if torn:
        rejects = records.rejects
        own = [
            pa.repeat(source.name, torn),
            pa.array([reject.row for reject in rejects], pa.int64()),
            pa.array([reject.reason for reject in rejects], pa.string()),
            pa.array([reject.text for reject in rejects], pa.string()),
        ]
        nothing = [pa.nulls(torn, pa.string())] * len(header.columns)
        writer.write_table(pa.table([*own, *nothing], schema=writer.schema))


def _lines(block: Block, source: Source) -> pa.Table:
    rows, reasons, texts = [], [], []
    for row, line, text in _numbered(block):
        rows.append(row)
        reasons.append("bad_encoding" if text is None else None)
        texts.append(readable(line) if text is None else text)
    files = pa.repeat(source.name, len(rows))
    return pa.table([files, rows, reasons, texts], schema=pa.schema(OWN))


def _numbered(block: Block) -> Iterator[tuple[int, bytes, str | None]]:
    for row, line in enumerate(block.data.split(b"\n"), block.first_line):
        if line.strip():
            yield row, line, decoded(line)
