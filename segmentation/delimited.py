"""CSV as records that know their line: none is lost, a torn one is kept as it stands.

Lines whose quotes are plain go through Arrow a block at a time; a block with anything odd in it
(torn quotes, quoted line ends, blank lines, bytes that are not UTF-8) is read record by record.
Both ways judge a record alike, so that it does not matter which lines share its block.
"""

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from segmentation.errors import InputError
from segmentation.lines import Block, Reject, blocks, decoded, readable
from segmentation.sources import Source

DELIMITERS = ",;\t|"
LONGEST = 100  # lines a quoted value may run over before its quote counts as torn


@dataclass(frozen=True)
class Header:
    """A CSV file's column names, what divides them, and the line they stand on."""

    columns: tuple[str, ...]
    delimiter: str
    line: int


@dataclass(frozen=True)
class Records:
    """What a block of lines held: line numbers, the fields by column, and the torn lines.

    `open_record` is a record at the end of the block that goes on in the next.
    """

    rows: pa.Array
    columns: list[pa.Array]
    rejects: list[Reject]
    open_record: bytes = b""


def read_header(file: IO[bytes], source: Source) -> Header:
    """Read the line of column names and leave the file behind it.

    Raises
    ------
    InputError
        When the file is empty, is not text, or a column has no name or one already taken.
    """
    for number, line in enumerate(file, 1):
        if line.strip():
            return _header(line, number, source)
    raise InputError(f"{source.path} is empty. A CSV file begins with a line of column names.")


def read_records(file: IO[bytes], header: Header) -> Iterator[Records]:
    """Yield the records behind the header, a block at a time."""
    open_record = b""
    for block in blocks(file, first_line=header.line + 1):
        whole = Block(
            open_record + block.data, block.first_line - open_record.count(b"\n"), block.is_last
        )
        read = _at_once if is_plain(whole.data, header.delimiter) else _one_by_one
        records = read(whole, header)
        open_record = records.open_record
        yield records


def is_plain(data: bytes, delimiter: str) -> bool:
    """Whether every line is one record under any reading of its quotes.

    So it is when each quote opens a field right behind a delimiter or closes one right before,
    on the same line, and nothing else is odd.
    """
    if b"\n\n" in data or b"\n\r\n" in data or data[:1] in (b"\n", b"\r") or b"\0" in data:
        return False
    if data.startswith(BOM_UTF8):  # Arrow would drop it
        return False
    if data.count(b"\r") != data.count(b"\r\n"):
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b'"' not in data or _has_plain_quotes(data, delimiter)


def _has_plain_quotes(data: bytes, delimiter: str) -> bool:
    text = np.frombuffer(b"\n" + data + b"\n", dtype=np.uint8)
    quotes = np.flatnonzero(text == ord('"'))
    opening, closing = quotes[0::2], quotes[1::2]
    if len(opening) != len(closing):
        return False
    ends = (ord(delimiter), ord("\n"), ord("\r"))
    line_ends = np.flatnonzero(text == ord("\n"))
    same_line = np.searchsorted(line_ends, opening) == np.searchsorted(line_ends, closing)
    return bool(
        np.isin(text[opening - 1], ends[:2]).all()
        and np.isin(text[closing + 1], ends).all()
        and same_line.all()
    )


def _at_once(block: Block, header: Header) -> Records:
    """Parse plain lines with Arrow; lines of another width come back as rejects."""
    ragged: list[Reject] = []

    def keep(row: pacsv.InvalidRow) -> str:
        ragged.append(Reject(block.first_line + row.number - 1, "malformed", row.text))
        return "skip"

    if not block.data:
        empty = pa.array([], pa.string())
        return Records(pa.array([], pa.int64()), [empty] * len(header.columns), [])
    names = [str(place) for place in range(len(header.columns))]
    table = pacsv.read_csv(
        io.BytesIO(block.data),
        # Only without threads does Arrow know the number of a ragged line.
        pacsv.ReadOptions(column_names=names, use_threads=False, block_size=2 * len(block.data)),
        pacsv.ParseOptions(
            delimiter=header.delimiter, ignore_empty_lines=False, invalid_row_handler=keep
        ),
        pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    lines = np.arange(block.first_line, block.first_line + table.num_rows + len(ragged))
    rows = np.setdiff1d(lines, [reject.row for reject in ragged], assume_unique=True)
    columns = [column.combine_chunks() for column in table.columns]
    return Records(pa.array(rows, pa.int64()), columns, ragged)


def _one_by_one(block: Block, header: Header) -> Records:
    """Parse odd lines one record at a time."""
    lines = block.data.split(b"\n")
    rows, fields, rejects = [], [], []
    place = 0
    while place < len(lines):
        row = block.first_line + place
        found = _record(lines, place, header)
        if found.runs_on and not block.is_last:
            break
        if found.fields:
            rows.append(row)
            fields.append(found.fields)
        elif found.reason:
            rejects.append(Reject(row, found.reason, readable(lines[place])))
        place += found.lines
    columns = list(zip(*fields, strict=True)) or [()] * len(header.columns)
    return Records(
        pa.array(rows, pa.int64()),
        [pa.array(column, pa.string()) for column in columns],
        rejects,
        open_record=b"\n".join(lines[place:]),
    )


@dataclass(frozen=True)
class _Found:
    """One record's fields, or why there are none; neither for a blank line."""

    fields: list[str] = field(default_factory=list)
    reason: str = ""
    lines: int = 1
    runs_on: bool = False


def _record(lines: list[bytes], place: int, header: Header) -> _Found:
    text = decoded(lines[place])
    if text is None:
        return _Found(reason="bad_encoding")
    if not text:
        return _Found()
    fields = _fields(text, header) if '"' in text else text.split(header.delimiter)
    if fields is None:
        return _long_record(lines, place, header)
    fits = len(fields) == len(header.columns)
    return _Found(fields) if fits else _Found(reason="malformed")


def _long_record(lines: list[bytes], place: int, header: Header) -> _Found:
    """Read a record whose quote stays open at the line's end, up to where quotes pair up."""
    torn = _Found(reason="malformed")
    text, quotes = "", 0
    for used, line in enumerate(lines[place : place + LONGEST], 1):
        more = decoded(line)
        if more is None:
            return torn
        text += more if used == 1 else f"\n{more}"
        quotes += more.count('"')
        if quotes % 2 == 0:
            fields = _fields(text, header) or []
            return _Found(fields, lines=used) if len(fields) == len(header.columns) else torn
    reaches_end = place + LONGEST >= len(lines)
    return _Found(reason="malformed", runs_on=reaches_end)


def _fields(text: str, header: Header) -> list[str] | None:
    """Split one record; None when its quotes are torn."""
    try:
        records = list(csv.reader([text], delimiter=header.delimiter, strict=True))
    except csv.Error:
        return None
    return records[0] if len(records) == 1 else None


def _header(line: bytes, number: int, source: Source) -> Header:
    text = decoded(line.removeprefix(BOM_UTF8))
    if text is None or "\0" in text:
        raise InputError(f"{source.path} is not UTF-8 text. Save it as CSV in UTF-8.")
    delimiter = max(DELIMITERS, key=text.count)
    columns = tuple(name.strip() for name in next(csv.reader([text], delimiter=delimiter)))
    twice = sorted({name for name in columns if columns.count(name) > 1 or not name})
    if twice:
        raise InputError(
            f"The header of {source.path} has columns without a name or with the same one: "
            f"{', '.join(f'`{name}`' for name in twice)}. Give each column its own name."
        )
    return Header(columns, delimiter, number)
