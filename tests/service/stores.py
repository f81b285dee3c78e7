"""Stores with planted snapshots."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from segmentation.database import open_database
from segmentation.ledger import record_run
from segmentation.store import Store
from tests.snapshots import build_snapshot

NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)
RUNS = tuple(f"202611{day:02}T020000Z-0000000{day}" for day in (1, 2, 3))


def publish(folder: Path, run_id: str) -> None:
    """Make a run live."""
    Store(folder).publish(run_id, now=NOW, reason="test", forced=False)


def fill(
    folder: Path, runs: tuple[str, ...] = RUNS, *, users: int = 500, has_ledger: bool = True
) -> Path:
    """Make a store that holds a chain of runs, the last of them live, and the ledger of tiers."""
    previous, database = None, open_database(folder)
    for seed, run_id in enumerate(runs):
        with build_snapshot(
            folder / "runs" / run_id, users=users, seed=seed, run_id=run_id, previous=previous
        ) as snapshot:
            publish(folder, run_id)
            if has_ledger:
                record_run(database, snapshot, now=NOW + timedelta(minutes=seed))
        previous = run_id
    database.dispose()
    return folder
