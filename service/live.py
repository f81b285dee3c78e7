"""The live snapshot: open it, notice the next one, swap without failing a request."""

import asyncio
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Protocol, cast

from fastapi import Depends, Request, Response

from segmentation.errors import NotFound, SegmentationError, StoreError, StoreOutdated
from segmentation.index import Snapshot
from segmentation.store import Store
from service.auth import Caller
from service.errors import NoSnapshot
from service.telemetry import Telemetry

Mark = tuple[int, int, int]


class Decided(Protocol):
    """What people decided since the runs were made."""

    def amend(self, snapshot: Snapshot) -> None:
        """Let a snapshot know what people decided about purposes."""

    def seen(self, snapshot: Snapshot) -> Snapshot:
        """A run with all that was set by hand until now."""

    def seen_through(self, snapshot: Snapshot, seq: int) -> Snapshot:
        """A run with what was set by hand up to an entry of the ledger."""


class LiveSnapshots:
    """The snapshot `CURRENT` names, and older ones while somebody still pages through them.

    Nobody counts readers: a request holds a reference to the snapshot it began on, and the map
    is freed with the last reference, some time after another snapshot took its place.

    Parameters
    ----------
    store : Store
        Where the snapshots lie.
    telemetry : Telemetry
        Told about every swap and every snapshot that could not be opened.
    keep : int, default=8
        Older snapshots held open for page tokens and feeds.
    """

    def __init__(self, store: Store, *, telemetry: Telemetry, keep: int = 8) -> None:
        self._store = store
        self._telemetry = telemetry
        self._keep = keep
        self._live: Snapshot | None = None
        self._shown: Snapshot | None = None
        self._seen: Mark | None = None
        self._refused: Mark | None = None
        self._older: OrderedDict[str, Snapshot] = OrderedDict()
        self._opening = threading.Lock()
        self.book: Decided | None = None
        """Knows what people decided since a run; is asked before anyone is answered from one."""

    def current(self) -> Snapshot:
        """Return the live snapshot, with tiers set by hand since laid over.

        Raises
        ------
        NoSnapshot
            Before the first is published.
        """
        if self._shown is None:
            raise NoSnapshot("Nothing is published yet. `coterie run` makes the first snapshot.")
        return self._shown

    @property
    def run_id(self) -> str | None:
        """The live run, None before the first is published."""
        return self._live.run_id if self._live else None

    def of_run(self, run_id: str) -> Snapshot:
        """Return a run that is still kept, as it was published; raise `NotFound` when it is not.

        One of an earlier version, which can be read no more, is as good as not kept.
        """
        if self._live is not None and self._live.run_id == run_id:
            return self._live
        if run_id not in self._older:
            try:
                self._older[run_id] = self._opened(run_id)
            except StoreOutdated as error:
                raise NotFound(str(error)) from error
        self._older.move_to_end(run_id)
        while len(self._older) > self._keep:
            self._older.popitem(last=False)
        return self._older[run_id]

    def seen_through(self, run_id: str, seq: int) -> Snapshot:
        """Return a run with what was set by hand up to an entry of the ledger, 0 for nothing."""
        shown = self._shown
        if shown is not None and (shown.run_id, shown.overlay.seq) == (run_id, seq):
            return shown
        snapshot = self.of_run(run_id)
        return snapshot if self.book is None or not seq else self.book.seen_through(snapshot, seq)

    def show_again(self) -> None:
        """Let the live snapshot be seen with what was decided since."""
        live = self._live
        if live is not None:
            self._shown = live if self.book is None else self.book.seen(live)

    def ancestry(self, snapshot: Snapshot) -> Iterator[Snapshot]:
        """Go from a snapshot back through the runs it continued, as far as they are kept."""
        run: Snapshot | None = snapshot
        while run is not None:
            yield run
            run = self._before(run)

    def refresh(self) -> None:
        """Swap to the snapshot `CURRENT` names, when that has changed since the last look."""
        mark = self._mark()
        if mark is None or mark == self._seen:
            return
        try:
            live = self._opened(None)
        except (SegmentationError, OSError) as error:
            self._refuse(mark, error)
            return
        self._seen, self._live = mark, live
        self.show_again()
        created = datetime.fromisoformat(live.manifest["created"])
        self._telemetry.swapped(live.run_id, created=created)

    async def watch(self, every_seconds: float) -> None:
        """Look again and again, off the event loop, until cancelled."""
        while True:
            await asyncio.sleep(every_seconds)
            await asyncio.to_thread(self.refresh)

    def held(self) -> list[Snapshot]:
        """Return every snapshot that is open."""
        live = [] if self._live is None else [self._live]
        return [*live, *self._older.values()]

    def _opened(self, run_id: str | None) -> Snapshot:
        # One at a time: numpy reads a file's header by `ast`, which in CPython 3.11 fails at times
        # when two threads do so at once.
        with self._opening:
            snapshot = self._store.snapshot(run_id)
        if self.book is not None:
            self.book.amend(snapshot)
        return snapshot

    def _mark(self) -> Mark | None:
        try:
            found = os.stat(self._store.path / "CURRENT")
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _before(self, snapshot: Snapshot) -> Snapshot | None:
        previous = cast(str | None, snapshot.manifest.get("previous"))
        if previous is None:
            return None
        try:
            return self.of_run(previous)
        except (NotFound, StoreError):
            return None

    def _refuse(self, mark: Mark, error: Exception) -> None:
        """Keep what is served; say why once, and try again at the next look."""
        if mark != self._refused:
            self._telemetry.refused(error)
        self._refused = mark


def live_snapshots(request: Request) -> LiveSnapshots:
    """Return the server's snapshots."""
    return cast(LiveSnapshots, request.app.state.live)


async def live_snapshot(request: Request, response: Response, _: Caller) -> Snapshot:
    """Pin the live snapshot for one request and name it in the answer's `ETag`."""
    snapshot = live_snapshots(request).current()
    response.headers["ETag"] = etag(snapshot.version)
    return snapshot


def etag(version: str) -> str:
    """Return the entity tag of everything a run answers, with what was set by hand since."""
    return f'"{version}"'


LiveSnapshot = Annotated[Snapshot, Depends(live_snapshot)]
