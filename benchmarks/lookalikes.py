"""The hidden half of a circle, found again from the other half or from a hundred of it.

    python -m benchmarks.lookalikes [FOLDER ...] [--simulated medium hard] [--seeds 5]
    python -m benchmarks.lookalikes --speed 1000000

A folder with a `truth.parquet` has circles of its own. One without is cut into fans: the people
who have a tag, whose tag is then taken out of the data, for it would give them away. Whatever is
not a seed is a candidate. Judged are the average precision, and of the first so many as are hidden
the share that is (recall and precision at equal reach), also over what chance would find.
"""

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from benchmarks import sets
from benchmarks.crowd import build
from models.lookalikes import Tastes, everyones_scores, likeness
from models.rows import Rows
from models.weights import damp
from segmentation.index import Snapshot
from segmentation.lookalikes import Expansion
from segmentation.seeds import of_circle

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Method = Callable[[sparse.csr_array, IntArray, int], FloatArray]

LEAST_TAGGED = 5
FEWEST, MOST_SHARE = 200, 0.15
"""A tag whose holders are fans: at least so many, at most such a share of everyone."""
NEIGHBOURS = 10
UNLABELLED = 20_000


@dataclass(frozen=True, eq=False)
class Circles:
    """Users x tags, the members of each circle, and the tag that gives a circle away, if any."""

    name: str
    X: sparse.csr_array
    members: list[IntArray]
    given_away: list[int] | None = None

    def without(self, circle: int) -> sparse.csr_array:
        """The matrix without the circle's own tag."""
        if self.given_away is None:
            return self.X
        others = np.arange(self.X.shape[1]) != self.given_away[circle]
        return sparse.csr_array(self.X[:, others])


@dataclass(frozen=True)
class Score:
    """How well the hidden were found."""

    precision: float
    recall: float
    lift: float


def main() -> None:
    """Print a table for each set and number of seeds."""
    warnings.simplefilter("ignore")
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("folders", type=Path, nargs="*")
    ask.add_argument("--simulated", nargs="+", default=[])
    ask.add_argument("--users", type=int, default=20_000)
    ask.add_argument("--seeds", type=int, default=5)
    ask.add_argument("--circles", type=int, default=10)
    ask.add_argument("--speed", type=int)
    given = ask.parse_args()
    if given.speed:
        speed(given.speed)
        return
    data = [read(folder) for folder in given.folders]
    data += [planted(level, given.users) for level in given.simulated]
    for each in data:
        for most in (100, None):
            table(each, most, seeds=given.seeds, circles=given.circles)


def table(data: Circles, most: int | None, *, seeds: int, circles: int) -> None:
    """Print how each method did: the mean over circles, and its spread over seeds."""
    print(f"{data.name}, {most or 'half of each circle as'} seeds: AP, recall at equal reach, lift")
    scores = {name: [] for name in METHODS}
    for seed in range(seeds):
        rounds = [judged(data, circle, most, seed) for circle in drawn(data, seed, circles)]
        for name in METHODS:
            mean = np.mean([[s.precision, s.recall, s.lift] for s in (r[name] for r in rounds)], 0)
            scores[name].append(mean)
    for name, values in scores.items():
        mean, spread = np.mean(values, axis=0), np.std(values, axis=0)
        print(f"  {name:12} {mean[0]:.3f} ± {spread[0]:.3f}   {mean[1]:.3f} ± {spread[1]:.3f}   "
              f"{mean[2]:.1f}", flush=True)  # fmt: skip


def drawn(data: Circles, seed: int, most: int) -> IntArray:
    """Some of the circles."""
    return np.random.default_rng(seed).permutation(len(data.members))[:most]


def judged(data: Circles, circle: int, most: int | None, seed: int) -> dict[str, Score]:
    """Hide half of a circle and let every method look for it."""
    rng = np.random.default_rng([seed, circle])
    members, X = rng.permutation(data.members[circle]), data.without(circle)
    half = len(members) // 2
    has_tags = np.diff(X.indptr) > 0
    seeds = np.sort(members[:half][:most])
    seeds = seeds[has_tags[seeds]]
    candidates = has_tags.copy()
    candidates[members[:half]] = False
    hidden = np.zeros(len(has_tags), dtype=bool)
    hidden[members[half:]] = True
    truth = hidden[candidates]
    found = {}
    for name, method in METHODS.items():
        scores = method(X, seeds, seed)[candidates]
        reach = int(truth.sum())
        recall = float(truth[np.argsort(-scores, kind="stable")[:reach]].mean())
        precision = float(average_precision_score(truth, scores))
        found[name] = Score(precision, recall, recall / truth.mean())
    return found


def ours(X: sparse.csr_array, seeds: IntArray, seed: int) -> FloatArray:
    """The discriminant, as it comes."""
    tastes = [Tastes(Rows.of(X))]
    scores = everyones_scores(tastes, likeness(tastes, seeds, crowd=np.arange(X.shape[0])))
    return np.nan_to_num(scores, nan=-np.inf)


def popularity(X: sparse.csr_array, seeds: IntArray, seed: int) -> FloatArray:
    """How many tags somebody has, whoever the seeds are."""
    return np.diff(X.indptr).astype(float)


def neighbours(X: sparse.csr_array, seeds: IntArray, seed: int) -> FloatArray:
    """Cosine similarity, of tags weighed by rarity, to the ten nearest seeds together."""
    unit = tfidf(X)
    near = sparse.csr_array(unit @ unit[seeds].T)
    return np.array([
        np.sort(near.data[start:end])[-NEIGHBOURS:].sum()
        for start, end in zip(near.indptr, near.indptr[1:], strict=False)
    ])  # fmt: skip


def logistic(X: sparse.csr_array, seeds: IntArray, seed: int) -> FloatArray:
    """Logistic regression of seeds against unlabelled people, both classes weighing alike."""
    unit, rng = tfidf(X), np.random.default_rng(seed)
    others = np.setdiff1d(np.arange(X.shape[0]), seeds)
    others = rng.choice(others, min(len(others), UNLABELLED), replace=False)
    labels = np.r_[np.ones(len(seeds)), np.zeros(len(others))]
    model = LogisticRegression(class_weight="balanced", max_iter=300)
    return model.fit(unit[np.r_[seeds, others]], labels).decision_function(unit)


def tfidf(X: sparse.csr_array) -> sparse.csr_array:
    """Damped tags, weighed by rarity, each row of length 1: what all methods but one get."""
    rarity = np.log((X.shape[0] + 1) / (np.bincount(X.indices, minlength=X.shape[1]) + 1))
    weighed = sparse.csr_array(damp(X) @ sparse.diags_array(rarity))
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return sparse.csr_array(sparse.diags_array(1 / np.maximum(lengths, 1e-12)) @ weighed)


METHODS: dict[str, Method] = {
    "Coterie": ours,
    "logistic PU": logistic,
    "cosine k-NN": neighbours,
    "popularity": popularity,
}


def read(folder: Path) -> Circles:
    """Read a real set: its true circles, or the fans of each tag."""
    events = sets.interests(folder)
    people, tags = pd.Index(events.user_id.unique()), pd.Index(events.tag.unique())
    X = sets.matrix(events, people, tags)
    if (folder / "truth.parquet").exists():
        X = sparse.csr_array(X[:, np.flatnonzero(holders(X) >= LEAST_TAGGED)])
        return Circles(folder.name, X, columns(sets.read_truth(folder, people).memberships))
    count = holders(X)
    chosen = np.flatnonzero((count >= FEWEST) & (count <= MOST_SHARE * X.shape[0]))
    return Circles(f"fans in {folder.name}", X, columns(X[:, chosen]), chosen.tolist())


def planted(level: str, users: int) -> Circles:
    """Simulate people, and their planted circles."""
    data = sets.simulated(level, users, 1)
    return Circles(data.name, data.X, columns(data.memberships))


def holders(X: sparse.csr_array) -> IntArray:
    """How many people have each tag."""
    return np.bincount(X.indices, minlength=X.shape[1])


def columns(inside: sparse.csr_array) -> list[IntArray]:
    """The rows that are not 0 in each column."""
    table = sparse.csc_array(inside)
    return [
        np.sort(table.indices[start:end]).astype(np.int64)
        for start, end in zip(table.indptr, table.indptr[1:], strict=False)
    ]


def speed(users: int) -> None:
    """Time the look-alikes of three circles in a snapshot of so many people."""
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder) / "run", users)
        with Snapshot.open(Path(folder) / "run") as snapshot:
            for circle, seconds, cells in timed(snapshot):
                print(f"{circle}: {users:,} people, {cells:,} tags of theirs: {seconds:.2f} CPU s")


def timed(snapshot: Snapshot) -> Iterator[tuple[str, float, int]]:
    """CPU seconds from a circle's id to its look-alikes; the first also reads the files."""
    for circle in ("interest-60", "interest-60", "interest-1"):
        began = time.process_time()
        Expansion.of(snapshot, of_circle(snapshot, circle)).facts(100)
        yield (
            circle,
            time.process_time() - began,
            int(snapshot.placer.facet("interest").people.starts[-1]),
        )


if __name__ == "__main__":
    main()
