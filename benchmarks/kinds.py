"""Planted populations of many kinds: `python -m benchmarks.kinds [--seeds 1 2] [--only NAME ...]`.

Each differs from people of twenty marked circles over 2,000 tags in one thing: how many tags or
circles there are, how much people do, how uneven sizes or tags are, what marks a circle. Nothing
was tuned on them. Printed are the AMI of the oracle, of circles told nothing and of k-means told
the number; circles found are those planted that have a match at Jaccard 0.5.
"""

import argparse
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from benchmarks.judges import agreement, found
from benchmarks.methods import METHODS
from benchmarks.planting import (
    FloatArray,
    Population,
    activity,
    marked,
    mixture,
    popularity,
    uneven_sizes,
)
from models.circles import CircleClusterer

USERS = 8_000
SEED_OF_KINDS = 7
HEAD = f"{'kind':28} seed  oracle found  circles  AMI  found  placed  k-means"
ROW = "{:28} {:4} {:7.3f} {:5} {:8} {:.3f} {:5} {:7.2f} {:8.3f}"


@dataclass(frozen=True)
class Kind:
    """What is planted. Without `marks` a circle is a Dirichlet draw over all tags.

    `sizes` are uneven (five times between largest and smallest), by Zipf's law, or one circle of
    half the people; `median` is of how much people do, `spread` of its logarithm. `repeats` are as
    drawn, more of everything for some, in bursts, or nobody knows of them; the oracle knows all.
    """

    circles: int = 20
    tags: int = 2_000
    marks: int | None = 50
    concentration: float = 100.0
    signal: float = 0.5
    noise: float = 0.1
    median: float = 25.0
    spread: float = 0.7
    exponent: float = 0.8
    sizes: str = "uneven"
    repeats: str = "as drawn"
    users: int = USERS

    def planted(self, seed: int) -> Population:
        """Plant it."""
        rng = np.random.default_rng([seed, self.circles, self.tags, SEED_OF_KINDS])
        crowd = popularity(self.tags, self.exponent)
        profiles = (
            rng.dirichlet(crowd * self.concentration, self.circles)
            if self.marks is None
            else marked(rng, crowd, self.circles, self.marks)
        )
        drawn = mixture(
            rng,
            "kind",
            profiles,
            crowd,
            users=self.users,
            sizes=SIZES[self.sizes](rng, self.circles),
            signal=self.signal,
            noise=self.noise,
            amount=activity(rng, self.users, median=self.median, spread=self.spread),
        )
        X = drawn.X.copy()
        X.data = REPEATS[self.repeats](rng, X)
        return replace(drawn, X=X)


def by_zipf(rng: np.random.Generator, circles: int) -> FloatArray:
    """Return shares that fall with the rank."""
    shares = 1.0 / np.arange(1, circles + 1)
    return np.asarray(shares / shares.sum())


def half_in_one(rng: np.random.Generator, circles: int) -> FloatArray:
    """Return shares of which the first is a half."""
    return np.array([0.5, *[0.5 / (circles - 1)] * (circles - 1)])


def zealous(rng: np.random.Generator, X: sparse.csr_array) -> FloatArray:
    """Multiply all that a person does by a number of their own."""
    zeal = np.exp(rng.normal(0.0, 1.5, X.shape[0]))
    return np.maximum(np.rint(X.data * np.repeat(zeal, np.diff(X.indptr))), 1.0)


def in_bursts(rng: np.random.Generator, X: sparse.csr_array) -> FloatArray:
    """Multiply each count by a number that says nothing of the circle, four on average."""
    return np.asarray(X.data * rng.geometric(0.25, len(X.data)))


REPEATS = {
    "as drawn": lambda _, X: X.data,
    "some do more": zealous,
    "in bursts": in_bursts,
    "unknown": lambda _, X: np.ones(len(X.data)),
}
SIZES = {"uneven": uneven_sizes, "zipf": by_zipf, "one half": half_in_one}
KINDS = {
    "2 circles": Kind(circles=2, tags=1_000, marks=60),
    "60 circles by Zipf": Kind(circles=60, tags=4_000, marks=60, sizes="zipf", users=20_000),
    "one of half the people": Kind(circles=12, tags=1_500, sizes="one half"),
    "30 tags": Kind(circles=10, tags=30, marks=6),
    "40 tags": Kind(circles=10, tags=40, marks=8),
    "60 tags": Kind(circles=10, tags=60, marks=10),
    "100 tags": Kind(tags=100, marks=12),
    "200 tags": Kind(tags=200, marks=15),
    "40 tags, some do more": Kind(circles=10, tags=40, marks=8, repeats="some do more"),
    "100 tags, some do more": Kind(tags=100, marks=12, repeats="some do more"),
    "40 tags, in bursts": Kind(circles=10, tags=40, marks=8, repeats="in bursts"),
    "100 tags, in bursts": Kind(tags=100, marks=12, repeats="in bursts"),
    "40 tags, repeats unknown": Kind(circles=10, tags=40, marks=8, repeats="unknown"),
    "100 tags, repeats unknown": Kind(tags=100, marks=12, repeats="unknown"),
    "20,000 tags": Kind(circles=40, tags=20_000, marks=80, exponent=1.0, users=50_000),
    "tags evenly common": Kind(marks=60, exponent=0.1),
    "a few tags everywhere": Kind(marks=60, exponent=1.3),
    "3 events": Kind(tags=1_000, marks=40, median=3, spread=0.4, signal=0.7),
    "6 events": Kind(tags=1_000, marks=40, median=6, spread=0.5),
    "120 events": Kind(tags=3_000, marks=60, median=120, signal=0.2),
    "half in no circle": Kind(circles=12, noise=0.5),
    "signal .9": Kind(circles=12, signal=0.9),
    "signal .15": Kind(circles=12, marks=30, signal=0.15),
    "400 marks": Kind(circles=12, marks=400),
    "topics, narrow": Kind(circles=10, tags=1_500, marks=None, concentration=30),
    "topics, broad": Kind(circles=10, tags=1_500, marks=None, concentration=600, signal=0.6),
    "topics alone": Kind(
        circles=10, tags=1_500, marks=None, concentration=300, signal=1.0, noise=0.0
    ),
    "topics, 50 tags": Kind(circles=8, tags=50, marks=None, concentration=20, signal=0.7),
    "topics, 80 tags": Kind(circles=6, tags=80, marks=None, concentration=40, signal=0.7),
}


def main() -> None:
    """Print a row for each kind and seed."""
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    ask.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS), metavar="NAME")
    given = ask.parse_args()
    print(HEAD)
    for name in given.only:
        for seed in given.seeds:
            print(row(name, seed), flush=True)


def row(name: str, seed: int) -> str:
    """Fit one population and write its line."""
    planted = KINDS[name].planted(seed)
    truth, labels = planted.truth, CircleClusterer().fit(planted.X).labels_.astype(np.int64)
    method = METHODS["k-means"]
    peer = method.place(method.prepare(planted.X, 0), planted.planted, 0).labels
    return ROW.format(
        name,
        seed,
        agreement(truth, planted.oracle),
        found(truth, planted.oracle),
        f"{labels.max() + 1}/{planted.planted}",
        agreement(truth, labels),
        found(truth, labels),
        (labels >= 0).mean(),
        agreement(truth, peer),
    )


if __name__ == "__main__":
    main()
