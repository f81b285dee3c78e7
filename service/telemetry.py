"""What a server tells of itself: request ids, one log line a request, Prometheus figures."""

import asyncio
import re
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, NamedTuple, cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segmentation.draining import drained
from service.loglines import LogLines, line_of
from service.settings import LogLevel

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
UNMATCHED = "unmatched"
SECURITY_HEADERS = (
    (b"cache-control", b"private, no-cache"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000"),
)
"""Answers are a caller's own, are what they say they are, and are framed by no other page."""


class Finished(NamedTuple):
    """An answered request."""

    method: str
    route: str
    status: int
    seconds: float
    name: str
    at: datetime


class Telemetry:
    """The counters and the log of one application; holds no id of a person and no key.

    Parameters
    ----------
    log_level : LogLevel, default="info"
        Least severe line written.
    log : BinaryIO, default=None
        Where lines go; standard output when None.
    shared : Path, default=None
        Folder in which several workers add up their figures (`PROMETHEUS_MULTIPROC_DIR`).
    """

    def __init__(
        self,
        *,
        log_level: LogLevel = "info",
        log: BinaryIO | None = None,
        shared: Path | None = None,
    ) -> None:
        self._shared = shared
        self.registry = CollectorRegistry()
        self._log = LogLines(log or sys.stdout.buffer, least=log_level)
        labels = ("method", "route", "status")
        self._requests = Counter(
            "coterie_requests", "Requests answered.", labels, registry=self.registry
        )
        self._seconds = Histogram(
            "coterie_request_seconds",
            "Seconds from the first byte in to the last byte out.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._swaps = Counter(
            "coterie_snapshot_swaps", "Snapshots put live.", registry=self.registry
        )
        self._refusals = Counter(
            "coterie_snapshot_refusals", "Snapshots not opened.", registry=self.registry
        )
        self._created = Gauge(
            "coterie_snapshot_created_seconds",
            "When the live run was made, in seconds since 1970.",
            multiprocess_mode="mostrecent",
            registry=self.registry,
        )
        self._unsettled: deque[Finished] = deque()
        self._any = asyncio.Event()
        self._figures: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def finished(self, request: Finished) -> None:
        """Take note of an answered request; it is counted and logged by the next `settle`."""
        self._unsettled.append(request)
        self._any.set()

    async def waiting(self) -> None:
        """Return once anything waits to be settled; only the loop that answers may ask."""
        await self._any.wait()
        self._any.clear()

    def settle(self, most: int | None = None) -> int:
        """Count and log what waits to be, or the oldest of it, with one write; say how many."""
        requests = list(drained(self._unsettled, most))
        for each in requests:
            count, duration = self._figures_of(each.method, each.route, each.status)
            count.inc()
            duration.observe(each.seconds)
        if requests and self._log.takes("info"):
            with suppress(OSError):  # nobody takes the log any more; figures go on
                self._log.write(map(told, requests))
        return len(requests)

    def failed(self, error: BaseException, *, name: str) -> None:
        """Log a failure of ours with where it happened."""
        self._log.error("request_failed", request_id=name, of=error)

    def swapped(self, run_id: str, *, created: datetime) -> None:
        """Count and log that another snapshot went live."""
        self._swaps.inc()
        self._created.set(created.timestamp())
        self._log.info("snapshot_live", run_id=run_id)

    def refused(self, error: Exception) -> None:
        """Count and log that the snapshot `CURRENT` names cannot be opened."""
        self._refusals.inc()
        self._log.error("snapshot_refused", reason=str(error))

    def unwritten(self, error: Exception) -> None:
        """Log that the audit log could not be written; it keeps what it took and tries again."""
        self._log.error("audit_not_written", reason=type(error).__name__)

    def unread(self, error: Exception) -> None:
        """Log that decisions could not be read; what was known last counts, and it tries again."""
        self._log.error("decisions_not_read", reason=type(error).__name__)

    def exposition(self) -> bytes:
        """Write the figures for Prometheus, those of all workers when they share a folder."""
        self.settle()
        if self._shared is None:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together, path=str(self._shared))  # type: ignore[no-untyped-call]
        return generate_latest(together)

    def _figures_of(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        known = self._figures.get((method, route, status))
        if known is None:
            known = (
                self._requests.labels(method, route, str(status)),
                self._seconds.labels(method, route),
            )
            self._figures[method, route, status] = known
        return known


class TelemetryMiddleware:
    """Names each request, and reports it when its answer is on the way."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry
        self._names = names()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, watching the status of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        name = scope["coterie.request_id"] = given_id(scope) or next(self._names)
        status = 500

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message["headers"],
                    *SECURITY_HEADERS,
                    (b"x-request-id", name.encode()),
                ]
            await send(message)

        try:
            await self._app(scope, receive, named)
        except Exception as error:
            self._telemetry.failed(error, name=name)
            raise
        finally:
            seconds, now = time.perf_counter() - began, datetime.now(UTC)
            self._telemetry.finished(
                Finished(method_of(scope), template_of(scope), status, seconds, name, now)
            )


def names() -> Iterator[str]:
    """Give names for requests: a random beginning for the process, and a number."""
    process = token_hex(6)
    return (f"{process}-{number:x}" for number in count(1))


def given_id(scope: Scope) -> str | None:
    """Return the caller's `X-Request-Id` when it is harmless."""
    for header, value in scope["headers"]:
        if header == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return cast(str, value.decode("ascii"))
    return None


def method_of(scope: Scope) -> str:
    """Return the method, with everything unheard of as one."""
    method = cast(str, scope["method"])
    return method if method in METHODS else "OTHER"


def template_of(scope: Scope) -> str:
    """Return the matched route's template, never the path with its ids."""
    return cast(str, getattr(scope.get("route"), "path_format", UNMATCHED))


def told(finished: Finished) -> bytes:
    """The line of an answered request."""
    facts = {
        "method": finished.method,
        "route": finished.route,
        "status": finished.status,
        "seconds": round(finished.seconds, 6),
        "request_id": finished.name,
    }
    return line_of("info", "request_finished", finished.at, facts)
