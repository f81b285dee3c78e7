"""What was live when, and why: an append-only record beside the snapshots."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

import orjson

from segmentation.durable import sync_folder

HISTORY = "HISTORY.ndjson"
Action = Literal["publish", "rollback"]


@dataclass(frozen=True, kw_only=True)
class Publication:
    """One time a run was made live; `forced` past a gate that said no."""

    at: str
    run_id: str
    action: Action
    reason: str = ""
    forced: bool = False


class History:
    """The publications of a store, oldest first. Hold it while changing which run is live."""

    def __init__(self, store: Path) -> None:
        self.path = store / HISTORY

    @contextmanager
    def held(self) -> Iterator[Self]:
        """Keep other publishers out for the moment it takes to publish; waits for its turn."""
        existed = self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if not existed:
                sync_folder(self.path.parent)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield self
        finally:
            os.close(descriptor)

    def append(self, publication: Publication) -> None:
        """Add one line and bring it to the disk."""
        with self.path.open("a+b") as file:
            file.write(self._line_break() + orjson.dumps(asdict(publication)) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def publications(self) -> list[Publication]:
        """Everything recorded; a last line torn by a crash counts as never written."""
        if not self.path.exists():
            return []
        lines = self.path.read_bytes().splitlines()
        return [publication for line in lines if (publication := _parsed(line)) is not None]

    def _line_break(self) -> bytes:
        written = self.path.read_bytes()
        return b"" if not written or written.endswith(b"\n") else b"\n"


def trail(publications: Sequence[Publication], *, live: str | None) -> list[str]:
    """The way back: runs in the order one would roll back through them, the live one last.

    Publishing puts a run on top; rolling back to a run takes off what was above it. A publication
    is recorded just before it takes effect, so those above the live run never happened.
    """
    way: list[str] = []
    for publication in publications:
        if publication.run_id in way:
            place = way.index(publication.run_id)
            del way[place : None if publication.action == "rollback" else place + 1]
        way.append(publication.run_id)
    if live in way:
        del way[way.index(live) + 1 :]
    elif live is not None:
        way.append(live)
    return way


def _parsed(line: bytes) -> Publication | None:
    try:
        return Publication(**orjson.loads(line))
    except (orjson.JSONDecodeError, TypeError):
        return None
