"""One run at a time: a lock that the kernel takes back when its holder dies."""

import fcntl
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from segmentation.errors import StoreLocked
from segmentation.manifest import iso

LOCK = "LOCK"


class StoreLock:
    """Hold a store for writing; use it as a context manager.

    The lock is the kernel's (`flock`), so it ends with its process, however that ends. The file
    names the holder for whoever is refused. It holds on one machine, not on a network drive.

    Raises
    ------
    StoreLocked
        On entering, when someone holds the store: says who, where and since when.
    """

    def __init__(self, store: Path) -> None:
        self.path = store / LOCK

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            refusal = self._refusal(os.read(self._descriptor, 4096))
            os.close(self._descriptor)
            raise refusal from error
        self._note(orjson.dumps(holder()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._note(b"")
        os.close(self._descriptor)

    def _note(self, text: bytes) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text, 0)

    def _refusal(self, note: bytes) -> StoreLocked:
        return StoreLocked(
            f"The store `{self.path.parent}` is being written by {described(note)}. "
            "Wait for it to finish, or stop it."
        )


def holder() -> dict[str, Any]:
    """This process, its machine and the time."""
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": iso(datetime.now(UTC))}


def described(note: bytes) -> str:
    """Put a holder's note in words; it may be read before it is written."""
    try:
        facts = orjson.loads(note)
        return f"process {facts['pid']} on {facts['host']} since {facts['since']}"
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "another process"
