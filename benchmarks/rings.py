"""What rings promise and what they keep: joins foretold by one month, counted in the next.

    python -m benchmarks.rings --users 6000 --periods 5

A population drifts month by month and is segmented at each month's end. For every interest circle
of three runs in a row the rate at which people of each ring joined between the first two foretells
how many of the ring in the second are members in the third.
"""

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pipeline import coterie
from models.rings import RINGS, Forecast, forecasts, rings
from segmentation.errors import UsageError
from segmentation.index import Snapshot
from segmentation.lookalikes import Expansion
from segmentation.rings import joined_since
from segmentation.seeds import PURPOSE, Seeds, of_circle
from segmentation.store import Store

TABLES = ("events", "labels", "edges", "exposures", "content", "consent")
COST = 1.0


@dataclass(frozen=True)
class Promise:
    """What one ring of one circle was said to bring, and what it brought."""

    ring: str
    people: int
    told: Forecast
    came: int

    @property
    def is_kept(self) -> bool:
        """Whether what came is within the band."""
        return self.told.low <= self.came <= self.told.high


def main() -> None:
    """Print a line for each ring."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--users", type=int, default=6_000)
    ask.add_argument("--periods", type=int, default=5)
    ask.add_argument("--seed", type=int, default=0)
    given = ask.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = months(Path(folder), given.users, given.periods, given.seed)
        show(list(promises(store)))


def months(folder: Path, users: int, periods: int, seed: int) -> Store:
    """Simulate a population and segment it at the end of each month."""
    data, store = folder / "data", folder / "store"
    coterie("simulate", "--users", users, "--periods", periods, "--out", data, "--seed", seed)
    found = sorted(data.glob("period-*")) or [data]
    for month in range(1, len(found) + 1):
        words = [
            word
            for table in TABLES
            for part in found[:month]
            if (part / f"{table}.parquet").exists()
            for word in (f"--{table}", part / f"{table}.parquet")
        ]
        coterie("run", *words, "--store", store, "--force", "--reason", "a benchmark")
    return Store(store)


def promises(store: Store) -> Iterator[Promise]:
    """Judge every circle that three runs in a row have."""
    runs = sorted(facts["run_id"] for facts in store.runs())
    snapshots = [store.snapshot(run_id) for run_id in runs]
    for first, second, third in zip(snapshots, snapshots[1:], snapshots[2:], strict=False):
        for circle in second.circles("interest"):
            if not circle["children"]:
                yield from of_one(first, second, third, circle["circle_id"])


def of_one(first: Snapshot, second: Snapshot, third: Snapshot, circle_id: str) -> Iterator[Promise]:
    """What the rings of one circle promised in the second run and kept in the third."""

    def seeds_in(run: Snapshot) -> Seeds:
        return of_circle(run, circle_id)

    try:
        now = Expansion.of(second, seeds_in(second))
    except UsageError:
        return
    before = joined_since(first, second, seeds_in, purpose=PURPOSE)
    came = joined_since(second, third, seeds_in, purpose=PURPOSE)
    if before is None or came is None:
        return
    found = rings(len(now.seeds.rows), now.closeness[now.candidates])
    for ring, told, real in zip(found[1:], forecasts(found, before)[1:], came, strict=False):
        if told is not None and ring.people:
            yield Promise(ring.ring, ring.people, told, real.joined)


def show(found: list[Promise]) -> None:
    """Print what all circles' rings promised and kept together."""
    by_ring = defaultdict(list)
    for promise in found:
        by_ring[promise.ring].append(promise)
    for ring, _ in RINGS:
        mine = by_ring[ring]
        people, told, came = (
            sum(values) for values in ([p.people for p in mine], [p.told.joins for p in mine],
                                       [p.came for p in mine])
        )  # fmt: skip
        kept = sum(p.is_kept for p in mine) / max(len(mine), 1)
        print(f"{ring:9} {len(mine):4} circles, {people:7,} people: {told:8,.1f} joins foretold, "
              f"{came:6,} came, {kept:.0%} within the 80 % band; "
              f"{people * COST / max(came, 1):,.1f} contacts for each who came")  # fmt: skip


if __name__ == "__main__":
    main()
