"""An update against a run of all events, and how steady the circles of both facets are.

    python -m benchmarks.freshness [--users 20000] [--seeds 0 1 2 3] [--fits 8]

Simulated people. A run on all but the last hundredth of the events, then an update with that rest,
and beside it a second run on all events that goes on from the first. People agree who are in the
circle of the same id, or in none, by both. Then fits alone, facet by facet: the first run's tags
with other seeds and with a tenth of the people dropped.
"""

import argparse
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from scipy import sparse

from benchmarks.judges import agreement
from models.circles import CircleClusterer
from segmentation.config import FACETS, Config, Facet
from segmentation.placing import FacetPlacer
from segmentation.progress import Silent
from segmentation.records import overlay
from segmentation.run import RunRequest, segment
from segmentation.simulator import TABLE_FILES, simulate
from segmentation.simulator.simulation import AS_OF
from segmentation.store import Store
from segmentation.update import update

EARLY, LATE, ALL = "early", "late", "events"
DROPPED, DRAWS = 0.1, 3


@dataclass(frozen=True)
class Made:
    """A run or an update: its CPU seconds, and everybody's circles by facet, '' for none."""

    cpu: float
    circles: pd.DataFrame

    def ids(self, facet: Facet) -> set[str]:
        """The circles somebody is in."""
        return set(self.circles[facet]) - {""}


def main() -> None:
    """Print some lines for each population."""
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("--users", type=int, default=20_000)
    ask.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    ask.add_argument("--fits", type=int, default=8, help="seeds of fits compared")
    given = ask.parse_args()
    for seed in given.seeds:
        with tempfile.TemporaryDirectory() as folder:
            for line in lines(Path(folder), given.users, seed, given.fits):
                print(f"people {seed}: {line}", flush=True)


def lines(folder: Path, users: int, seed: int, fits: int) -> Iterator[str]:
    """Simulate, run, update, run again, and compare."""
    simulate(users, folder, seed=seed)
    touched = cut(folder)
    first = made(folder, EARLY, folder / "store")
    shutil.copytree(folder / "store", folder / "updated")
    fresh = made(folder, LATE, folder / "updated")
    again = made(folder, ALL, folder / "store")
    yield (
        f"update {fresh.cpu:.2f} CPU s, run {again.cpu:.1f}: {fresh.cpu / again.cpu:.1%}; "
        f"{touched:,} people touched"
    )
    for facet in FACETS:
        kept = [other.ids(facet) == first.ids(facet) for other in (fresh, again)]
        shares = [alike(one, again, facet) for one in (fresh, first)]
        yield (
            f"{facet}, {len(first.ids(facet))} circles: ids kept by the update {kept[0]}, by the "
            f"run {kept[1]}; agree with the run {shares[0]:.4f}, without the update {shares[1]:.4f}"
        )
        yield f"{facet}: {steadiness(matrix(folder / 'store', facet), fits)}"


def cut(folder: Path) -> int:
    """Put the last hundredth of the events into a file of its own; return whom they touch."""
    events = pq.read_table(folder / TABLE_FILES["events"]).sort_by("ts")
    last = int(0.99 * events.num_rows)
    pq.write_table(events[:last], folder / f"{EARLY}.parquet")
    pq.write_table(events[last:], folder / f"{LATE}.parquet")
    return len(events[last:]["user_id"].unique())


def made(folder: Path, events: str, store: Path) -> Made:
    """Run on some events, or fold the late ones in."""
    files = {table: [str(folder / file)] for table, file in TABLE_FILES.items()}
    files["events"] = [str(folder / f"{events}.parquet")]
    request = RunRequest(
        config=overlay(Config(), {"input": files}, "the benchmark"),
        base=folder,
        store=store,
        now=AS_OF + timedelta(hours=1),
    )
    begun = time.process_time()
    run_id = (update if events == LATE else segment)(request, Silent()).run_id
    cpu = time.process_time() - begun
    users = Store(store).table(run_id, "users")
    names = ["user_id", *(f"{facet}_circle" for facet in FACETS)]
    circles = users.select(names).rename_columns(["user_id", *FACETS]).to_pandas()
    return Made(cpu, circles.set_index("user_id").fillna(""))


def alike(one: Made, other: Made, facet: Facet) -> float:
    """The share of the people of both who are in the same circle."""
    both = (
        one.circles[facet].to_frame("one").join(other.circles[facet].rename("other"), how="inner")
    )
    return float((both.one == both.other).mean())


def steadiness(X: sparse.csr_array, fits: int) -> str:
    """Fit with other seeds and with other people, and say how alike the answers are."""
    fitted = [CircleClusterer(random_state=seed).fit(X) for seed in range(fits)]
    labels = [model.labels_.astype(np.int64) for model in fitted]
    seeds = [agreement(one, other) for one, other in combinations(labels, 2)]
    fewer = []
    for draw in range(DRAWS):
        kept = np.flatnonzero(np.random.default_rng(draw).random(X.shape[0]) >= DROPPED)
        again = CircleClusterer().fit(X[kept]).labels_.astype(np.int64)
        fewer.append(agreement(labels[0][kept], again))
    counts = Counter(model.n_circles_ for model in fitted)
    kinds = Counter("all" if model.model_.crowd_prior > 0.0 else "a few" for model in fitted)
    return (
        f"AMI of {fits} seeds, least {min(seeds):.3f}, median {np.median(seeds):.3f}; "
        f"a tenth dropped, least {min(fewer):.3f}, median {np.median(fewer):.3f}; "
        f"circles {dict(counts)}, told by {dict(kinds)} tags"
    )


def matrix(store: Path, facet: Facet) -> sparse.csr_array:
    """Read the tags of everyone who can be placed, as the live run kept them."""
    placer = FacetPlacer(Store(store).live_folder() / "models", facet, {})
    starts, tags, weights = (
        np.asarray(getattr(placer.people, part)) for part in ("starts", "tags", "weights")
    )
    shape = (len(starts) - 1, placer.profiles.n_tags)
    X = sparse.csr_array((weights, tags, starts), shape=shape)
    return X[np.flatnonzero(np.diff(starts) >= placer.profiles.min_tags)]


if __name__ == "__main__":
    main()
