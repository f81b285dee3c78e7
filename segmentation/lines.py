"""Text files as whole lines that know their number, unpacked a block at a time."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import pyarrow as pa

from segmentation.errors import InputError
from segmentation.sources import Source

BLOCK = 1 << 20
LONGEST_LINE = 1 << 26


@dataclass(frozen=True)
class Reject:
    """A line that is no record: its number, the reason code, and its text."""

    row: int
    reason: str
    text: str


@dataclass(frozen=True)
class Block:
    """Whole lines of a file as bytes, the number of the first, and whether the file ends here."""

    data: bytes
    first_line: int
    is_last: bool


@contextmanager
def open_lines(source: Source) -> Iterator[IO[bytes]]:
    """Open a text file's bytes, unpacked.

    Raises
    ------
    InputError
        When the file is not packed the way its name says.
    """
    try:
        with _unpacked(source) as file:
            yield file
    except (gzip.BadGzipFile, EOFError, zlib.error, pa.ArrowException) as error:
        raise InputError(
            f"{source.path} is not packed the way its name says, or is cut short: {error}. "
            "Write the file again."
        ) from error


def blocks(file: IO[bytes], *, first_line: int = 1) -> Iterator[Block]:
    """Yield the rest of a file in blocks of whole lines; the last one may be empty.

    Raises
    ------
    InputError
        When a line never ends, so that the file cannot be text.
    """
    rest = b""
    while chunk := file.read(BLOCK):
        data, line_end, tail = (rest + chunk).rpartition(b"\n")
        rest = tail
        if len(rest) > LONGEST_LINE:
            raise InputError(
                f"Line {first_line} is over {LONGEST_LINE} bytes long. "
                "Give CSV or NDJSON with one record a line."
            )
        if line_end:
            yield Block(data + line_end, first_line, is_last=False)
            first_line += data.count(b"\n") + 1
    yield Block(rest, first_line, is_last=True)


def decoded(line: bytes) -> str | None:
    """Return a line as text without its line end; None when it is not UTF-8."""
    try:
        return line.rstrip(b"\r\n").decode("utf-8")
    except UnicodeDecodeError:
        return None


def readable(line: bytes) -> str:
    """Return a line that is not UTF-8 as text all the same, its odd bytes written as `\\xff`."""
    return line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")


def _unpacked(source: Source) -> IO[bytes]:
    name = source.path.name.lower()
    if name.endswith(".gz"):
        return io.BufferedReader(gzip.open(source.path, "rb"))
    if name.endswith(".zst"):
        return io.BufferedReader(pa.input_stream(source.path, compression="zstd"))
    return source.path.open("rb")
