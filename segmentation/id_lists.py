"""Lists of user ids as bytes, piece by piece: NDJSON and CSV at the speed of copying."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import orjson

from segmentation.registry import Strings

Bytes: TypeAlias = npt.NDArray[np.uint8]
Rows: TypeAlias = npt.NDArray[np.int32]

AT_ONCE = 32_768
CONTROL = 0x20
MARKS = frozenset('",\r\n')


@dataclass(frozen=True)
class Frame:
    """What stands before and after each id of a list, and which bytes an id may hold as they are.

    `line` writes an id that holds another byte.
    """

    before: bytes
    after: bytes
    special: bytes
    line: Callable[[str], bytes]


def csv_line(*cells: str) -> bytes:
    """Write one line of CSV; whatever holds a mark or a break stands in quotes (RFC 4180)."""
    return (",".join(map(csv_cell, cells)) + "\n").encode()


def csv_cell(text: str) -> str:
    """Write one cell of CSV."""
    return text if MARKS.isdisjoint(text) else '"' + text.replace('"', '""') + '"'


NDJSON = Frame(
    b'{"user_id":"', b'"}\n', b'"\\', lambda user_id: orjson.dumps({"user_id": user_id}) + b"\n"
)
CSV = Frame(b"", b"\n", b'",', csv_line)
HEADER = b"user_id\n"


def lines_of(ids: Strings, rows: Rows, frame: Frame) -> Iterator[bytes]:
    """Write the ids of some rows, a line each."""
    text = np.asarray(ids.text)
    ends = np.asarray(ids.ends)
    for start in range(0, len(rows), AT_ONCE):
        yield framed(text, ends, rows[start : start + AT_ONCE], frame)


def framed(text: Bytes, ends: npt.NDArray[np.int64], rows: Rows, frame: Frame) -> bytes:
    """Write a piece of the lines: every byte is copied to its place at once."""
    starts, lengths = ends[rows], ends[rows + 1] - ends[rows]
    reached = np.cumsum(lengths)
    within = np.arange(reached[-1]) - np.repeat(reached - lengths, lengths)
    letters = text[np.repeat(starts, lengths) + within]
    if holds(letters, frame.special):
        return b"".join(
            frame.line(text[a : a + n].tobytes().decode())
            for a, n in zip(starts, lengths, strict=True)
        )
    before, after = len(frame.before), len(frame.after)
    width = lengths + before + after
    begins = np.cumsum(width) - width
    out = np.empty(int(width.sum()), dtype=np.uint8)
    out[np.repeat(begins + before, lengths) + within] = letters
    for at, letter in enumerate(frame.before):
        out[begins + at] = letter
    for at, letter in enumerate(frame.after):
        out[begins + before + lengths + at] = letter
    return out.tobytes()


def holds(letters: Bytes, special: bytes) -> bool:
    """Whether a control character or a special one is among some letters."""
    found = letters < CONTROL
    for letter in special:
        found |= letters == letter
    return bool(found.any())


def hashed(user_ids: Iterable[str]) -> Iterator[str]:
    """The SHA-256 of each id, in hexadecimal."""
    return (hashlib.sha256(user_id.encode()).hexdigest() for user_id in user_ids)


def written(rows: Iterable[Sequence[str]], columns: Sequence[str], form: str) -> Iterator[bytes]:
    """Write rows of text as NDJSON or CSV, piece by piece."""
    if form == "csv":
        yield csv_line(*columns)
    for piece in pieces(rows):
        yield as_csv(piece) if form == "csv" else as_ndjson(piece, columns)


def pieces(rows: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    """Cut rows into pieces."""
    piece: list[Sequence[str]] = []
    for row in rows:
        piece.append(row)
        if len(piece) == AT_ONCE:
            yield piece
            piece = []
    if piece:
        yield piece


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Write rows as CSV."""
    return b"".join(csv_line(*row) for row in rows)


def as_ndjson(rows: Sequence[Sequence[str]], columns: Sequence[str]) -> bytes:
    """Write rows as objects, one a line."""
    objects = (dict(zip(columns, row, strict=True)) for row in rows)
    return b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in objects)
