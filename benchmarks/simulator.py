"""How hard the simulated circles are: an oracle and a common peer on each difficulty.

`python -m benchmarks.simulator` prints a table. The oracle is naive Bayes told the planted
profiles, sizes and mean signal: a bound for methods that give one circle a person. The peer is
k-means on TF-IDF and 64 singular vectors, told the number of circles. Agreement is adjusted
mutual information of the primary circle, people in no circle being one class.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.preprocessing import normalize

from segmentation.simulator import simulate
from segmentation.simulator.difficulty import DIFFICULTIES, Level

DIMENSIONS = 64


@dataclass(frozen=True)
class Planted:
    """Users x tags event counts of the interest facet, and the truth in the same order.

    `primary` is each user's circle number, -1 for none; `profiles` is circles x tags, `tags` their
    names.
    """

    counts: sparse.csr_array
    primary: np.ndarray
    profiles: np.ndarray
    tags: pd.Index


def main() -> None:
    """Measure every difficulty with every seed."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--users", type=int, default=20_000)
    ask.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    args = ask.parse_args()
    print("difficulty  seed  oracle AMI  found  k-means AMI  found  median tags")
    for level in DIFFICULTIES:
        for seed in args.seeds:
            measure(level, args.users, seed)


def measure(level: Level, users: int, seed: int) -> None:
    """Print one row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        simulate(users, Path(folder), seed=seed, difficulty=level)
        planted = read(Path(folder))
    told = oracle(planted, DIFFICULTIES[level].signal)
    peer = k_means(planted)
    tags = np.median(np.diff(planted.counts.indptr))
    figures = [agreement(planted, told), found(planted, told)]
    figures += [agreement(planted, peer), found(planted, peer)]
    print(
        "{:10}  {:4}  {:10.3f}  {:5}  {:11.3f}  {:5}  {:11.0f}".format(level, seed, *figures, tags)
    )


def tagged(folder: Path) -> pd.DataFrame:
    """Read the events that tell of tastes."""
    events = pd.read_parquet(folder / "events.parquet")
    return events[~events.channel.isin(["share", "refer"])]


def read(folder: Path) -> Planted:
    """Read a simulation of one period."""
    events = tagged(folder)
    users, tags = pd.Index(events.user_id.unique()), pd.Index(events.tag.unique())
    cells = (users.get_indexer(events.user_id), tags.get_indexer(events.tag))
    counts = sparse.csr_array((np.ones(len(events)), cells), (len(users), len(tags)))
    counts.sum_duplicates()
    profiles = pd.read_parquet(folder / "truth_profiles.parquet")
    table = profiles.pivot_table(index="circle", columns="tag", values="weight", fill_value=0.0)
    truth = pd.read_parquet(folder / "truth.parquet")
    first = truth[(truth.facet == "interest") & (truth["rank"] == 1)].set_index("user_id")
    primary = table.index.get_indexer(pd.Index(first.circle.reindex(users)))
    return Planted(counts, primary, table.reindex(columns=tags, fill_value=0.0).to_numpy(), tags)


def oracle(planted: Planted, signal: float) -> np.ndarray:
    """Return each user's most probable circle under the planted profiles, -1 for none."""
    circles = len(planted.profiles)
    sizes = np.bincount(planted.primary + 1, minlength=circles + 1) / len(planted.primary)
    everything = np.asarray(planted.counts.sum(axis=0)) / planted.counts.sum()
    crowd = np.maximum(everything - 0.8 * signal * (sizes[1:] @ planted.profiles), 1e-6)
    crowd /= crowd.sum()
    mixed = np.vstack([crowd, signal * planted.profiles + (1 - signal) * crowd])
    damped = planted.counts.copy()
    damped.data = 1 + np.log(damped.data)
    return np.asarray((damped @ np.log(mixed).T + np.log(sizes)).argmax(axis=1) - 1)


def k_means(planted: Planted) -> np.ndarray:
    """Return the clusters of the usual recipe."""
    weights = TfidfTransformer(sublinear_tf=True).fit_transform(planted.counts)
    space = TruncatedSVD(DIMENSIONS, random_state=0).fit_transform(weights)
    model = KMeans(len(planted.profiles), n_init=3, random_state=0)
    return np.asarray(model.fit_predict(normalize(space)))


def agreement(planted: Planted, labels: np.ndarray) -> float:
    """Return the adjusted mutual information of labels with the truth."""
    return float(adjusted_mutual_info_score(planted.primary, labels))


def found(planted: Planted, labels: np.ndarray) -> int:
    """Count the circles with a one-to-one match of Jaccard 0.5 or more."""
    circles = len(planted.profiles)
    real = planted.primary[:, None] == np.arange(circles)
    given = labels[:, None] == np.arange(labels.max() + 1)
    both = real.T.astype(float) @ given.astype(float)
    jaccard = both / (real.sum(axis=0)[:, None] + given.sum(axis=0) - both)
    rows, columns = linear_sum_assignment(-jaccard)
    return int((jaccard[rows, columns] >= 0.5).sum())


if __name__ == "__main__":
    main()
