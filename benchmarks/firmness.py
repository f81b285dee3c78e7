"""Stability measured by finding circles again, beside full refits on the same resamples.

    python -m benchmarks.firmness [--users 20000] [--sets medium topics_16 ...] [--data DIR]

Each set gets one more circle, of people drawn by lot from those in none. A line gives CPU seconds
of the fit, of the quick measure, of the curve of other numbers and of five full refits, by how
much the two measures differ, how many circles they give the same grade, and what both say of the
circle drawn by lot.
DIR holds real sets, each in a folder of its own with `events.parquet`; `--people N` repeats the
people of each set, each copy with a tenth of its tags left out, until there are N.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from benchmarks import sets
from models.circles import FEWEST_PEOPLE, CircleClusterer
from models.curve import curve, numbers_about
from models.refinding import Refound, refound
from models.stability import MOST_PEOPLE, Stability, bootstrap_jaccard
from segmentation.simulator.difficulty import DIFFICULTIES

Labels = npt.NDArray[np.int32]
GRADES = (0.60, 0.75, 0.85)
RESAMPLES = 5


@dataclass(frozen=True)
class Timed:
    """A measure and the CPU seconds it took."""

    stability: Stability
    seconds: float


def main() -> None:
    """Print one line for each set."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--users", type=int, default=20_000)
    ask.add_argument("--people", type=int, default=0)
    ask.add_argument("--sets", nargs="+", default=["medium", "hard", "topics_16", "nested_topics"])
    ask.add_argument("--data", type=Path, help="folder of real sets")
    ask.add_argument("--no-refits", action="store_true", help="leave out the five full refits")
    given = ask.parse_args()
    print(
        f"{'set':16} {'people':>9} {'circles':>7} {'fit':>6} {'quick':>6} {'curve':>6} {'cold':>6} "
        f"{'mean off':>8} {'worst':>6} {'graded':>7} {'lot':>9}"
    )
    for name, X in matrices(given.sets, given.users, given.data):
        report(name, repeated(X, given.people), refits=not given.no_refits)


def matrices(
    names: list[str], users: int, data: Path | None
) -> Iterator[tuple[str, sparse.csr_array]]:
    """Planted sets by name, then the real ones of a folder."""
    for name in names:
        plant = sets.simulated if name in DIFFICULTIES else sets.shaped
        yield name, plant(name, users, 1).X
    for folder in sorted(data.iterdir()) if data else ():
        if (folder / "events.parquet").exists():
            yield folder.name, real(folder)


def real(folder: Path) -> sparse.csr_array:
    """Who did how much of what, tags of fewer than five people left out."""
    import pandas as pd

    events = pd.read_parquet(folder / "events.parquet")
    unit = events.groupby("channel").value.transform("median").replace(0, 1)
    weights = (events.value / unit).clip(0, 10).to_numpy()
    row = pd.factorize(events.user_id)[0]
    column = pd.factorize(events.tag)[0]
    X = sparse.csr_array((weights, (row, column)), shape=(row.max() + 1, column.max() + 1))
    X.sum_duplicates()
    X.eliminate_zeros()
    held = np.bincount(X.indices, minlength=X.shape[1])
    return sparse.csr_array(X[:, np.flatnonzero(held >= 5)])


def repeated(X: sparse.csr_array, people: int) -> sparse.csr_array:
    """Repeat people, a tenth of each copy's tags left out, until there are so many."""
    rng = np.random.default_rng(0)
    copies = [X]
    for _ in range(people // X.shape[0] - 1):
        copy = X.copy()
        copy.data = copy.data * (rng.random(len(copy.data)) < 0.9)
        copy.eliminate_zeros()
        copies.append(copy)
    return sparse.csr_array(sparse.vstack(copies)) if len(copies) > 1 else X


def report(name: str, X: sparse.csr_array, *, refits: bool) -> None:
    """Fit, measure both ways and print how they compare."""
    start = time.process_time()
    model = CircleClusterer().fit(X)
    fitted = time.process_time() - start
    n_circles = model.n_circles_
    head = f"{name:16} {X.shape[0]:9,} {n_circles:7d} {fitted:6.1f}"
    if not n_circles:
        print(f"{head}  no circle to measure", flush=True)
        return
    labels = with_lot(model.labels_, n_circles)
    start = time.process_time()
    again = quick(model, X, labels)
    fast = Timed(again.stability, time.process_time() - start)
    start = time.process_time()
    curve(again.recipe, X, numbers=numbers_about(n_circles), seed=0)
    head = f"{head} {fast.seconds:6.1f} {time.process_time() - start:6.1f}"
    if not refits:
        print(head, flush=True)
        return
    slow = cold(X, labels, n_circles + 1)
    ours, theirs = fast.stability.mean[:n_circles], slow.stability.mean[:n_circles]
    off = np.abs(ours - theirs)
    same = np.mean(np.digitize(ours, GRADES) == np.digitize(theirs, GRADES))
    lot = f"{fast.stability.mean[-1]:.2f} {slow.stability.mean[-1]:.2f}"
    print(
        f"{head} {slow.seconds:6.1f} {off.mean():8.3f} {off.max():6.2f} {same:7.0%} {lot:>9}",
        flush=True,
    )


def with_lot(labels: Labels, n_circles: int) -> Labels:
    """The labels with one circle more: a mean circle's number of people drawn by lot."""
    rng = np.random.default_rng(0)
    outside = rng.permutation(np.flatnonzero(labels < 0))
    changed = labels.copy()
    changed[outside[: max(np.count_nonzero(labels >= 0) // n_circles, 1)]] = n_circles
    return changed


def quick(model: CircleClusterer, X: sparse.csr_array, labels: Labels) -> Refound:
    """Find the circles again as the pipeline does."""
    share = max(model.min_circle_share, FEWEST_PEOPLE / min(len(labels), MOST_PEOPLE))
    return refound(model.model_, X, labels, min_share=share, n_resamples=RESAMPLES, seed=0)


def cold(X: sparse.csr_array, labels: Labels, n_circles: int) -> Timed:
    """Refit from nothing."""

    def fit(X: sparse.csr_array, seed: int) -> Callable[[sparse.csr_array], Labels]:
        return CircleClusterer(random_state=seed).fit(X).predict

    start = time.process_time()
    found = bootstrap_jaccard(
        X, labels, n_circles=n_circles, fit=fit, n_resamples=RESAMPLES, seed=0
    )
    return Timed(found, time.process_time() - start)


if __name__ == "__main__":
    main()
