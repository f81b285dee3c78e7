"""Circles beside k-means that is told how many to find.

    python -m benchmarks.circles --data DIR [--users 20000] [--seeds 3] [--out DIR]

Planted populations come from the simulator; DIR holds real sets with a `truth.parquet`, each
in a folder of its own. With `--out`, members and truth are written for other judges.
k-means works on TF-IDF, reduced by SVD and scaled to length 1.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.preprocessing import normalize

from models.circles import CircleClusterer

Labels = npt.NDArray[np.int64]
INTERESTS = ["browse", "search", "app", "like", "comment", "ugc", "purchase"]
CLIP = 10.0


@dataclass(frozen=True, eq=False)
class Task:
    """Users x tags, and the circle each user is truly in (-1 for none)."""

    name: str
    X: sparse.csr_array
    truth: Labels
    users: npt.NDArray[np.str_]

    @property
    def planted(self) -> int:
        """How many circles there are to find."""
        return int(self.truth.max()) + 1


def main() -> None:
    """Print one line for each data set and method."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--data", type=Path, help="folder of real sets")
    ask.add_argument("--users", type=int, default=20_000)
    ask.add_argument("--seeds", type=int, default=1)
    ask.add_argument("--out", type=Path, help="where to write members and truth")
    given = ask.parse_args()
    print(f"{'set':24} {'method':22} {'AMI':>6} {'found':>7} {'circles':>7} {'placed':>7} {'s':>6}")
    for task in tasks(given.data, given.users, given.seeds):
        for method, place in methods(task.planted).items():
            labels = report(task, method, place)
            if given.out:
                write(task, method, labels, given.out / task.name)


def methods(planted: int) -> dict[str, Callable[[sparse.csr_array], Labels]]:
    """What is compared."""
    return {
        "circles": lambda X: CircleClusterer().fit(X).labels_.astype(np.int64),
        f"circles, asked {planted}": lambda X: (
            CircleClusterer(planted).fit(X).labels_.astype(np.int64)
        ),
        f"k-means, told {planted}": lambda X: kmeans(X, planted),
    }


def kmeans(X: sparse.csr_array, count: int) -> Labels:
    """The usual pipeline."""
    weighed = TfidfTransformer(sublinear_tf=True).fit_transform(X)
    reduced = TruncatedSVD(min(64, X.shape[1] - 1), n_iter=4, random_state=0).fit_transform(weighed)
    model = KMeans(count, n_init=3, random_state=0)
    return model.fit_predict(normalize(reduced)).astype(np.int64)


def report(task: Task, method: str, place: Callable[[sparse.csr_array], Labels]) -> Labels:
    """Run one method, print how it did and return what it found."""
    start = time.perf_counter()
    labels = place(task.X)
    seconds = time.perf_counter() - start
    ami = adjusted_mutual_info_score(task.truth, labels)
    found = f"{found_again(task.truth, labels)}/{task.planted}"
    who = f"{task.name:24} {method:22}"
    placed, circles = (labels >= 0).mean(), labels.max() + 1
    print(f"{who} {ami:6.3f} {found:>7} {circles:7d} {placed:7.1%} {seconds:6.1f}", flush=True)
    return labels


def write(task: Task, method: str, labels: Labels, folder: Path) -> None:
    """Write who is where and where they should be, as `members`, `users` and `truth` tables."""
    folder.mkdir(parents=True, exist_ok=True)
    everyone = pd.DataFrame({"user_id": task.users, "facet": "interest", "rank": 1})
    everyone[["user_id"]].to_parquet(folder / "users.parquet", index=False)
    found = everyone.assign(circle_id=labels.astype(str), strength=1.0)[labels >= 0]
    found.to_parquet(folder / f"{method}.parquet", index=False)
    real = everyone.assign(circle=task.truth.astype(str))[task.truth >= 0]
    real.to_parquet(folder / "truth.parquet", index=False)


def found_again(truth: Labels, labels: Labels) -> int:
    """Count true circles matched one to one with a Jaccard overlap of at least a half."""
    both = (truth >= 0) & (labels >= 0)
    joint = np.zeros((truth.max() + 1, labels.max() + 1))
    np.add.at(joint, (truth[both], labels[both]), 1)
    sizes = [
        np.bincount(x[x >= 0], minlength=n)
        for x, n in zip((truth, labels), joint.shape, strict=True)
    ]
    jaccard = joint / np.maximum(sizes[0][:, None] + sizes[1] - joint, 1)
    return int((jaccard[linear_sum_assignment(-jaccard)] >= 0.5).sum())


def tasks(data: Path | None, users: int, seeds: int) -> Iterator[Task]:
    """Planted sets of three difficulties, then real ones with truth."""
    for difficulty in ("easy", "medium", "hard"):
        for seed in range(1, seeds + 1):
            yield planted(difficulty, users, seed)
    for folder in sorted(data.iterdir()) if data else ():
        if (folder / "truth.parquet").exists():
            yield read(folder.name, folder, channels=None)


def planted(difficulty: str, users: int, seed: int) -> Task:
    """Simulate a population."""
    from segmentation.simulator import simulate

    with tempfile.TemporaryDirectory() as folder:
        simulate(users, Path(folder), seed=seed, difficulty=difficulty)  # type: ignore[arg-type]
        return read(f"{difficulty}, seed {seed}", Path(folder), channels=INTERESTS)


def read(name: str, folder: Path, *, channels: list[str] | None) -> Task:
    """Read events as users x tags: values in units of their channel's median, capped."""
    events = pd.read_parquet(folder / "events.parquet")
    if channels is not None:
        events = events[events.channel.isin(channels)]
    unit = events.groupby("channel").value.transform("median").replace(0, 1)
    weights = (events.value / unit).clip(0, CLIP).to_numpy()
    users, row = np.unique(events.user_id.astype(str), return_inverse=True)
    tags, column = np.unique(events.tag.astype(str), return_inverse=True)
    X = sparse.csr_array((weights, (row, column)), shape=(len(users), len(tags)))
    X.sum_duplicates()
    return Task(name, X, true_circles(folder / "truth.parquet", users), users)


def true_circles(path: Path, users: npt.NDArray[np.str_]) -> Labels:
    """Each user's first interest circle."""
    truth = pd.read_parquet(path)
    if "facet" in truth:
        truth = truth[truth.facet == "interest"]
    if "rank" in truth:
        truth = truth.sort_values("rank", kind="stable")
    first = truth.drop_duplicates("user_id")
    circle = pd.Series(first.circle.astype(str).to_numpy(), index=first.user_id.astype(str))
    return pd.factorize(circle.reindex(users))[0].astype(np.int64)


if __name__ == "__main__":
    main()
