"""What was live when, why, and what is still needed: an append-only record beside the runs."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

import orjson

from segmentation.durable import sync_folder

HISTORY = "HISTORY.ndjson"
Action = Literal["publish", "rollback", "pin"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One time a run was made live, or pinned so that it is kept `until` a time.

    A run `forced` was published past a gate that said no. `before` was live until then: it tells
    which entries above it never took effect.
    """

    at: str
    run_id: str
    action: Action
    reason: str = ""
    forced: bool = False
    until: str = ""
    before: str = ""


class History:
    """What was done to the runs of a store. Hold it while changing which run is live."""

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

    def append(self, entry: Entry) -> None:
        """Add one line and bring it to the disk."""
        with self.path.open("a+b") as file:
            file.write(self._line_break() + orjson.dumps(asdict(entry)) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def entries(self) -> list[Entry]:
        """Everything recorded, oldest first; a line torn by a crash counts as never written."""
        if not self.path.exists():
            return []
        lines = self.path.read_bytes().splitlines()
        return [entry for line in lines if (entry := _parsed(line)) is not None]

    def _line_break(self) -> bytes:
        written = self.path.read_bytes()
        return b"" if not written or written.endswith(b"\n") else b"\n"


def trail(entries: Sequence[Entry], *, live: str | None) -> list[str]:
    """The way back: runs in the order one would roll back through them, the live one last.

    Publishing puts a run on top; rolling back to a run takes off what was above it. An entry is
    recorded just before it takes effect, so those above the live run never happened.
    """
    way: list[str] = []
    for entry in entries:
        if entry.action == "pin":
            continue
        if entry.before in way:
            del way[way.index(entry.before) + 1 :]
        if entry.run_id in way:
            place = way.index(entry.run_id)
            del way[place : None if entry.action == "rollback" else place + 1]
        way.append(entry.run_id)
    if live in way:
        del way[way.index(live) + 1 :]
    elif live is not None:
        way.append(live)
    return way


def pinned(entries: Sequence[Entry], *, now: datetime) -> set[str]:
    """The runs whose last pin has not run out."""
    until = {entry.run_id: entry.until for entry in entries if entry.action == "pin"}
    return {run_id for run_id, end in until.items() if now < datetime.fromisoformat(end)}


def _parsed(line: bytes) -> Entry | None:
    try:
        return Entry(**orjson.loads(line))
    except (orjson.JSONDecodeError, TypeError):
        return None
