"""The log: what happened as one JSON object a line."""

import threading
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, BinaryIO, get_args

import orjson

from service.settings import LogLevel

LEVELS: tuple[LogLevel, ...] = get_args(LogLevel)


class LogLines:
    """Writes lines at once, those of all threads one after another.

    A line holds what is known of an event, its name, how severe it is and when it was.
    """

    def __init__(self, out: BinaryIO, *, least: LogLevel) -> None:
        self._out = out
        self._taken = LEVELS[LEVELS.index(least) :]
        self._writing = threading.Lock()

    def takes(self, level: LogLevel) -> bool:
        """Whether lines of a level are written."""
        return level in self._taken

    def info(self, event: str, **facts: object) -> None:
        """Say that something went as it should."""
        self._say("info", event, facts)

    def error(self, event: str, *, of: BaseException | None = None, **facts: object) -> None:
        """Say that something failed, with where an exception was raised."""
        if of is not None:
            facts["exception"] = "".join(traceback.format_exception(of)).rstrip()
        self._say("error", event, facts)

    def write(self, lines: Iterable[bytes]) -> None:
        """Write lines made by `line_of`, with one write."""
        text = b"".join(line + b"\n" for line in lines)
        with self._writing:
            self._out.write(text)
            self._out.flush()

    def _say(self, level: LogLevel, event: str, facts: dict[str, object]) -> None:
        if self.takes(level):
            self.write([line_of(level, event, datetime.now(UTC), facts)])


def line_of(level: LogLevel, event: str, at: datetime, facts: dict[str, Any]) -> bytes:
    """One event as it stands in the log."""
    line = {**facts, "event": event, "level": level, "at": at}
    return orjson.dumps(line, option=orjson.OPT_UTC_Z)
