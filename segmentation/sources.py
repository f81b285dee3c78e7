"""Which files and tables an input names, what kind each is, and what it holds as a hash."""

import glob
import hashlib
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from segmentation.errors import InputError
from segmentation.pgtable import copy_table, is_address

KINDS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".csv.gz": "csv",
    ".csv.zst": "csv",
    ".ndjson": "ndjson",
    ".ndjson.gz": "ndjson",
    ".ndjson.zst": "ndjson",
    ".jsonl": "ndjson",
    ".jsonl.gz": "ndjson",
    ".jsonl.zst": "ndjson",
}


@dataclass(frozen=True)
class Source:
    """One input: the file it is read from, how people know it, and its kind.

    The file of a table is a copy, gone with the `Source`.
    """

    path: Path
    name: str
    kind: str

    def digest(self) -> str:
        """SHA-256 of the file's bytes."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def find(patterns: Sequence[str], *, base: Path) -> list[Source]:
    """Return what paths, folders, globs and addresses of tables name, each once, by name.

    Raises
    ------
    InputError
        When a pattern names nothing, or a file of a kind that is not read.
    """
    tables = [_table(pattern) for pattern in sorted(set(patterns)) if is_address(pattern)]
    found = {}
    for pattern in patterns:
        if not is_address(pattern):
            for path in matches(pattern, base):
                found[path.resolve()] = _source(path, base)
    return sorted([*tables, *found.values()], key=lambda source: source.name)


def matches(pattern: str, base: Path) -> list[Path]:
    """Return the files one pattern names: a file, what lies under a folder, or a glob's finds."""
    if not pattern.strip():
        raise InputError("A path of the input is empty. Give a file, a folder or a glob.")
    place = base / pattern
    if place.exists():
        paths = [place]
    else:
        paths = sorted(Path(found) for found in glob.glob(str(place), recursive=True))
    files = [file for path in paths for file in _files(path)]
    if not files:
        where = "" if Path(pattern).is_absolute() else f" under `{base}`"
        raise InputError(
            f"`{pattern}` names no file{where}. Give a file, a folder or a glob that exists."
        )
    return files


def fingerprint(patterns: Sequence[str], *, base: Path) -> str:
    """Hash what the files of an input are called and hold, whatever the order of the patterns."""
    digest = hashlib.sha256()
    for source in find(patterns, base=base):
        digest.update(f"{source.name}\n{source.digest()}\n".encode())
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        # `_SUCCESS` and `.crc` files are how other engines mark a folder of theirs.
        if file.is_file() and not file.name.startswith(("_", ".")):
            yield file


def _table(pattern: str) -> Source:
    path, name = copy_table(pattern)
    source = Source(path, name, "table")
    weakref.finalize(source, path.unlink, missing_ok=True)
    return source


def _source(path: Path, base: Path) -> Source:
    name = path.relative_to(base) if path.is_relative_to(base) else path
    return Source(path, name.as_posix(), _kind(path))


def _kind(path: Path) -> str:
    for suffix, kind in KINDS.items():
        if path.name.lower().endswith(suffix):
            return kind
    raise InputError(
        f"{path} is of a kind that is not read. Give one of {' '.join(KINDS)}, "
        "or a pattern that leaves this file out."
    )
