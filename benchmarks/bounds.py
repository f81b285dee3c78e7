"""Our circles beside what anyone could know of simulated people.

    python -m benchmarks.bounds [--users 20000] [--levels medium hard] [--seeds 11 12 ...]

The oracle is `benchmarks.simulator`'s: naive Bayes told the planted profiles, sizes and signal.
Overlap F1 is of all circles of a person; its bound is our own placement told the same.
"""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from benchmarks.judges import overlap_f1
from benchmarks.simulator import Planted, agreement, found, oracle, read, tagged
from models.circles import CircleClusterer
from models.mixture import with_signatures
from models.profiles import TagProfiles, assign
from segmentation.simulator import simulate
from segmentation.simulator.difficulty import DIFFICULTIES, Level

HEAD = "difficulty  seed  oracle AMI  found  circles AMI  found  of oracle  F1 bound     F1"
CLEAN = 0.8
"""Share of the signal's tags that are not taken by second circles or by chance."""
ROW = "{:10} {:5} {:11.3f} {:6} {:12.3f} {:6} {:10.3f} {:9.3f} {:6.3f}"


def main() -> None:
    """Print a row for each difficulty and seed."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--users", type=int, default=20_000)
    ask.add_argument("--levels", nargs="+", default=["medium", "hard"], choices=list(DIFFICULTIES))
    ask.add_argument("--seeds", type=int, nargs="+", default=list(range(11, 21)))
    args = ask.parse_args()
    print(HEAD)
    for level in args.levels:
        for seed in args.seeds:
            print(ROW.format(level, seed, *measured(level, args.users, seed)), flush=True)


def measured(level: Level, users: int, seed: int) -> list[float]:
    """Return the figures of one population, in the order of the head."""
    with tempfile.TemporaryDirectory() as folder:
        simulate(users, Path(folder), seed=seed, difficulty=level)
        planted = read(Path(folder))
        inside = memberships(Path(folder), planted)
    model = CircleClusterer().fit(planted.counts)
    told = oracle(planted, DIFFICULTIES[level].signal)
    figures = [
        figure(planted, way) for way in (told, model.labels_) for figure in (agreement, found)
    ]
    signal = DIFFICULTIES[level].signal
    ways = (told_profiles(planted, model.model_, signal), model.model_)
    overlaps = [overlap_f1(inside, everywhere(profiles)(planted.counts)) for profiles in ways]
    return [*figures, figures[2] / figures[0], *overlaps]


def memberships(folder: Path, planted: Planted) -> sparse.csr_array:
    """Read users x circles of 0 and 1, users in the order of the events."""
    users = pd.Index(tagged(folder).user_id.unique())
    truth = pd.read_parquet(folder / "truth.parquet")
    truth = truth[truth.facet == "interest"]
    row, circle = users.get_indexer(truth.user_id), pd.factorize(truth.circle)[0]
    known = row >= 0
    shape = (len(users), len(planted.profiles))
    return sparse.csr_array((np.ones(known.sum()), (row[known], circle[known])), shape=shape)


def everywhere(profiles: TagProfiles) -> Callable[[sparse.csr_array], sparse.csr_array]:
    """Return what places people in all their circles, users x circles of 0 and 1."""
    return lambda X: (assign(profiles, X).strengths > 0).astype(float)


def told_profiles(planted: Planted, model: TagProfiles, signal: float) -> TagProfiles:
    """Return a fitted model with the planted profiles, sizes and noise in place of its own."""
    shares = planted.profiles / planted.profiles.sum(axis=1, keepdims=True)
    sizes = np.bincount(planted.primary + 1, minlength=len(shares) + 1) / len(planted.primary)
    told = with_signatures(model, shares, sizes[1:] / sizes[1:].sum())
    crowd = np.asarray(planted.counts.sum(axis=0)) / planted.counts.sum()
    rest = np.maximum(crowd - CLEAN * signal * (sizes[1:] @ planted.profiles), 1e-6)
    return replace(told, background=rest / rest.sum(), noise=float(sizes[0]))


if __name__ == "__main__":
    main()
