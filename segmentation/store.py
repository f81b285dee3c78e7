"""The store: finished snapshots side by side, and which of them is live."""

import re
import shutil
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from segmentation.durable import move, replace_text, sync_tree
from segmentation.errors import NotFound, StoreDamaged, StoreError, UsageError
from segmentation.history import Action, Entry, History, pinned, trail
from segmentation.index import Snapshot
from segmentation.manifest import (
    iso,
    missing,
    read_json,
    read_manifest,
    verify_files,
    verify_sizes,
)

if TYPE_CHECKING:
    import pyarrow as pa

JsonObject: TypeAlias = dict[str, Any]
RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-z]+")


class Store:
    """A folder of immutable snapshots under `runs/`; `CURRENT` names the live one.

    Opening a store changes nothing. Runs are made one at a time under a `StoreLock`; which one is
    live may change at any time, also while a run is being made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs_folder = path / "runs"
        self.work_folder = path / "work"
        self.history = History(path)

    def current(self) -> str | None:
        """The live run, None before the first is published."""
        try:
            run_id = (self.path / "CURRENT").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        if not RUN_ID.fullmatch(run_id):
            raise StoreDamaged(
                f"`{self.path / 'CURRENT'}` does not name a run. Publish one, or roll back."
            )
        return run_id

    def runs(self) -> list[JsonObject]:
        """The manifests of all finished runs, newest first, each with whether it is `live`."""
        live = self.current()
        return [
            self.manifest(run_id) | {"live": run_id == live} for run_id in reversed(self._run_ids())
        ]

    def folder(self, run_id: str) -> Path:
        """Where a finished run's snapshot lies; raises `NotFound` when there is none."""
        folder = self.runs_folder / run_id
        if not RUN_ID.fullmatch(run_id) or not folder.is_dir():
            raise NotFound.of("run", run_id)
        return folder

    def live_folder(self) -> Path:
        """Where the live snapshot lies; raises `NotFound` before the first is published."""
        live = self.current()
        if live is None:
            raise self._nothing_live()
        return self.folder(live)

    def snapshot(self, run_id: str | None = None) -> Snapshot:
        """Map a run's snapshot, or the live one.

        Raises
        ------
        StoreOutdated
            When an earlier version made it, without a file that is read now.
        StoreDamaged
            When one of its files is missing or cannot be read.
        """
        folder = self.live_folder() if run_id is None else self.folder(run_id)
        try:
            return Snapshot.open(folder)
        except StoreDamaged as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise missing(folder, Path(error.__cause__.filename)) from error
            raise

    def manifest(self, run_id: str) -> JsonObject:
        """What a run says of where it came from and of its files."""
        return read_manifest(self.folder(run_id))

    def report(self, run_id: str) -> JsonObject:
        """What a run measured of itself."""
        return read_json(self.folder(run_id) / "report.json")

    def table(self, run_id: str, what: str) -> "pa.Table":
        """Read one table of a run."""
        from segmentation.tables import read_table  # pyarrow is not for the read side

        return read_table(self.folder(run_id), what)

    def free_run_id(self, now: datetime, fingerprint: str) -> str:
        """An id nothing in this store has, for a run begun now that depends on `fingerprint`."""
        run_id, turn = new_run_id(now, fingerprint), 0
        while (self.runs_folder / run_id).exists() or (self.work_folder / run_id).exists():
            turn += 1
            run_id = new_run_id(now, f"{fingerprint} {turn}")
        return run_id

    def adopt(self, snapshot: Path, run_id: str) -> None:
        """Verify a finished snapshot and move it into the store; once moved, do nothing again."""
        target = self.runs_folder / run_id
        if target.exists() and not snapshot.exists():
            return
        manifest = read_manifest(snapshot)
        if target.exists() or manifest["run_id"] != run_id or not RUN_ID.fullmatch(run_id):
            raise StoreError(
                f"The snapshot of run `{manifest['run_id']}` cannot become run `{run_id}` of "
                f"`{self.path}`: the id is taken, or not its own."
            )
        verify_files(snapshot, manifest)
        self.runs_folder.mkdir(parents=True, exist_ok=True)
        sync_tree(snapshot)
        move(snapshot, target)

    def verify(self, run_id: str) -> None:
        """Compare every file of a run with its checksum; raises `StoreDamaged` naming the file."""
        verify_files(self.folder(run_id), self.manifest(run_id))

    def publish(
        self, run_id: str, *, now: datetime, reason: str = "", forced: bool = False
    ) -> None:
        """Make a finished run live. Readers see the old run or this one, never something else."""
        with self.history.held():
            self._go_live(run_id, action="publish", now=now, reason=reason, forced=forced)

    def rollback(self, run_id: str | None = None, *, now: datetime, reason: str = "") -> str:
        """Make an earlier run live and return its id: the one given, or the one live before.

        Rolling back again goes further back, not forth to the run just left.
        """
        if self.current() is None:
            raise self._nothing_live()
        with self.history.held():
            target = self._before_live() if run_id is None else run_id
            if target is None:
                raise UsageError(
                    "No run was live before this one. Name a run; `coterie runs` lists them."
                )
            self._go_live(target, action="rollback", now=now, reason=reason)
            return target

    def pin(self, run_id: str, *, until: datetime, now: datetime, reason: str = "") -> None:
        """Keep a run for readers who need this very one, such as a campaign, until a time.

        The last pin of a run counts: a time gone by lifts an earlier pin.
        """
        with self.history.held():
            pin = Entry(
                at=iso(now),
                run_id=self.folder(run_id).name,
                action="pin",
                reason=reason,
                until=iso(until),
            )
            self.history.append(pin)

    def prune(self, keep: int, *, now: datetime | None = None) -> list[str]:
        """Remove all but the newest runs and return their ids.

        The live run, the one to roll back to and those pinned now are kept as well. Readers who
        hold a removed run keep what they hold.
        """
        if keep < 1:
            raise UsageError(f"`keep` must be >= 1, got {keep}.")
        with self.history.held():
            gone = self._spare(keep, now or datetime.now(UTC))
            for run_id in gone:
                move(self.runs_folder / run_id, self.runs_folder / f".{run_id}.removed")
        for left in self.runs_folder.glob(".*.removed"):
            shutil.rmtree(left)
        return gone

    def _nothing_live(self) -> NotFound:
        return NotFound(
            f"Nothing is published in the store `{self.path}`. `coterie run` makes a snapshot."
        )

    def _spare(self, keep: int, now: datetime) -> list[str]:
        every = self._run_ids()
        kept = {self.current(), self._before_live(), *every[-keep:]}
        kept |= pinned(self.history.entries(), now=now)
        return [run_id for run_id in every if run_id not in kept]

    def _run_ids(self) -> list[str]:
        if not self.runs_folder.is_dir():
            return []
        return sorted(
            path.name
            for path in self.runs_folder.iterdir()
            if RUN_ID.fullmatch(path.name) and (path / "manifest.json").is_file()
        )

    def _before_live(self) -> str | None:
        live, there = self.current(), set(self._run_ids())
        way = trail(self.history.entries(), live=live)
        before = [run_id for run_id in way if run_id != live and run_id in there]
        return before[-1] if before else None

    def _go_live(
        self, run_id: str, *, action: Action, now: datetime, reason: str, forced: bool = False
    ) -> None:
        verify_sizes(self.folder(run_id), self.manifest(run_id))
        with self.snapshot(run_id):
            pass  # what this version cannot read must not become what everybody is answered from
        entry = Entry(
            at=iso(now),
            run_id=run_id,
            action=action,
            reason=reason,
            forced=forced,
            before=self.current() or "",
        )
        self.history.append(entry)
        replace_text(self.path / "CURRENT", f"{run_id}\n")


def new_run_id(now: datetime, fingerprint: str) -> str:
    """Name a run by its time and what it depends on, such as `20261101T020000Z-0a1b2c3d`."""
    moment = now.astimezone(UTC)
    digest = sha256(f"{moment.isoformat()} {fingerprint}".encode()).hexdigest()
    return f"{moment:%Y%m%dT%H%M%SZ}-{digest[:8]}"
