"""Circles that people drew among their own friends: `python -m benchmarks.egocircles FOLDER`.

FOLDER holds ego networks as SNAP gives them (snap.stanford.edu/data/ego-Facebook.html): for each
ego `N.feat`, `N.edges` and `N.circles`. A friend's tags are the features they have and the friends
they share with the ego. Every method is told how many circles the ego drew, and judged as in
McAuley & Leskovec (2012), "Learning to discover social circles in ego networks": circles matched
one to one, then 1 - BER and F1, averaged over the matches.
"""

import argparse
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from benchmarks.methods import METHODS, Placed
from benchmarks.sets import one_each

FEWEST = 60
"""An ego with fewer friends has no room for circles of twenty."""
COMPARED = ("Coterie", "k-means", "SVD + hdbscan", "UMAP + hdbscan")
Sizes = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ego:
    """One person's friends: their tags, and the circles they were put in (friends x circles)."""

    name: str
    X: sparse.csr_array
    circles: sparse.csr_array


@dataclass(frozen=True)
class Score:
    """How well circles were recovered; 1 is best for both."""

    balanced: float
    f1: float


def main() -> None:
    """Print one row for each method."""
    warnings.simplefilter("ignore")
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("folder", type=Path)
    ask.add_argument("--methods", nargs="+", choices=METHODS, default=COMPARED)
    given = ask.parse_args()
    egos = list(read(given.folder))
    print(f"{len(egos)} egos, {sum(ego.X.shape[0] for ego in egos):,} friends")
    for name in given.methods:
        print(row(name, egos))


def row(name: str, egos: list[Ego]) -> str:
    """Run a method on every ego and say how it did on average."""
    missing = METHODS[name].missing()
    if missing:
        return f"{name:18} not installed: {', '.join(missing)}"
    scores = [scored(ego.circles, members(best(name, ego))) for ego in egos]
    balanced, f1 = (np.mean([getattr(each, of) for each in scores]) for of in ("balanced", "f1"))
    return f"{name:18} 1 - BER {balanced:.3f}  F1 {f1:.3f}"


def best(name: str, ego: Ego) -> Placed:
    """Place friends at the setting whose number of circles is nearest to what the ego drew."""
    method, count = METHODS[name], ego.circles.shape[1]
    space = method.prepare(ego.X, 0)
    settings = method.grid if method.grid is not None else (count,)
    placed = [method.place(space, setting, 0) for setting in settings]
    return min(placed, key=lambda each: abs(each.labels.max(initial=-1) + 1 - count))


def members(placed: Placed) -> sparse.csr_array:
    """Return friends x circles of 0 and 1, overlaps included where a method gives them."""
    if placed.memberships is not None:
        return sparse.csr_array((placed.memberships > 0).astype(float))
    return one_each(placed.labels, int(placed.labels.max(initial=-1)) + 1)


def scored(truth: sparse.csr_array, given: sparse.csr_array) -> Score:
    """Match circles one to one and average over the matches (equations 7 and 8 of the paper)."""
    if not given.shape[1]:
        return Score(0.0, 0.0)
    both = (truth.T @ given).toarray()
    real, made = np.asarray(truth.sum(axis=0))[:, None], np.asarray(given.sum(axis=0))[None]
    right = 1.0 - balanced_error(both, real, made, people=truth.shape[0])
    f1 = 2 * both / np.maximum(real + made, 1)
    return Score(matched(right), matched(f1))


def balanced_error(both: Sizes, real: Sizes, made: Sizes, *, people: int) -> Sizes:
    """Return the mean error inside and outside of each found circle, all pairs of circles."""
    wrong_inside = (made - both) / np.maximum(made, 1)
    wrong_outside = (real - both) / np.maximum(people - made, 1)
    return (wrong_inside + wrong_outside) / 2


def matched(worth: Sizes) -> float:
    """Return the mean worth of the best one-to-one match."""
    return float(worth[linear_sum_assignment(-worth)].mean())


def read(folder: Path) -> Iterator[Ego]:
    """Read every ego that has friends enough and circles."""
    for path in sorted(folder.glob("*.circles")):
        features = pd.read_csv(path.with_suffix(".feat"), sep=" ", header=None, index_col=0)
        friends = pd.Index(features.index.astype(str))
        circles = read_circles(path, friends)
        if len(friends) >= FEWEST and circles.shape[1]:
            tags = sparse.csr_array(features.to_numpy(dtype=np.float64))
            ties = read_ties(path.with_suffix(".edges"), friends)
            yield Ego(path.stem, sparse.csr_array(sparse.hstack([tags, ties])), circles)


def read_circles(path: Path, friends: pd.Index) -> sparse.csr_array:
    """Read friends x circles; a line is a name and then its people."""
    lines = [line.split()[1:] for line in path.read_text(encoding="utf-8").splitlines()]
    columns = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    rows = friends.get_indexer([name for line in lines for name in line])
    known = rows >= 0
    cells = (np.ones(known.sum()), (rows[known], columns[known]))
    inside = sparse.csr_array(cells, shape=(len(friends), len(lines)))
    return sparse.csr_array(inside[:, np.flatnonzero(inside.sum(axis=0))])


def read_ties(path: Path, friends: pd.Index) -> sparse.csr_array:
    """Read friends x friends, each tie both ways."""
    pairs = pd.read_csv(path, sep=" ", header=None, names=["one", "other"], dtype=str)
    one, other = friends.get_indexer(pairs.one), friends.get_indexer(pairs.other)
    known = (one >= 0) & (other >= 0)
    cells = (np.ones(known.sum()), (one[known], other[known]))
    ties = sparse.csr_array(cells, shape=(len(friends), len(friends)))
    return sparse.csr_array(((ties + ties.T) > 0).astype(float))


if __name__ == "__main__":
    main()
