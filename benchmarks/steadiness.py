"""How steady circles are, and whom they leave out: seeds, people, tags, the light and the lost.

    python -m benchmarks.steadiness [--users 20000] [--seed 1] [--levels medium hard]

Simulated people. Agreement is the AMI of two fits on the people both know: with other seeds, with
a tenth of the people dropped, and with every person's tags drawn anew (Poisson around what they
are). Then who planted nobody is in no circle, and how well people with few tags are placed, beside
the oracle that knows what was planted.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from scipy import sparse

from benchmarks import sets
from benchmarks.judges import agreement
from benchmarks.sets import Dataset, Labels
from models.circles import CircleClusterer

FEW = ((1, 2), (3, 5), (6, 10), (11, 20), (21, 10_000))
"""Distinct tags, from and to, of the people told apart."""


def main() -> None:
    """Print one line for each figure."""
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("--users", type=int, default=20_000)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--levels", nargs="+", default=("medium", "hard"))
    given = ask.parse_args()
    for level in given.levels:
        data = sets.simulated(level, given.users, given.seed)
        for line in lines(data):
            print(f"{level:7} {line}", flush=True)


def lines(data: Dataset) -> Iterator[str]:
    """Fit again and again, and compare."""
    clusterer = CircleClusterer()
    labels = clusterer.fit_predict(data.X)
    rng = np.random.default_rng(0)
    for seed in (1, 2):
        other = CircleClusterer(random_state=seed).fit_predict(data.X)
        yield f"another seed: AMI {agreement(labels, other):.3f}"
    kept = np.flatnonzero(rng.random(len(labels)) >= 0.1)
    other = CircleClusterer().fit_predict(data.X[kept])
    yield f"a tenth of the people dropped: AMI {agreement(labels[kept], other):.3f}"
    other = CircleClusterer().fit_predict(drawn_anew(data.X, rng))
    yield f"tags drawn anew: AMI {agreement(labels, other):.3f}"
    yield from left_out(data, labels)
    yield from light(data, clusterer, labels)


def drawn_anew(X: sparse.csr_array, rng: np.random.Generator) -> sparse.csr_array:
    """Draw every weight from a Poisson law around it."""
    other = X.copy()
    other.data = rng.poisson(np.maximum(other.data, 0.0)).astype(float)
    other.eliminate_zeros()
    return other


def left_out(data: Dataset, labels: Labels) -> Iterator[str]:
    """Say who of those planted in no circle is left out, and who of the others is."""
    lost = data.truth < 0
    for name, given in (("circles", labels), ("oracle", data.oracle)):
        yield (
            f"in no circle, by the {name}: {(given[lost] < 0).mean():.3f} of those planted in "
            f"none, {(given[~lost] < 0).mean():.3f} of the others"
        )


def light(data: Dataset, clusterer: CircleClusterer, labels: Labels) -> Iterator[str]:
    """Say how people are placed by how many tags they have, and how sure the answer is."""
    counts, sure = np.diff(data.X.indptr), clusterer.assign(data.X).confidence > 0.5
    for low, high in FEW:
        some = (counts >= low) & (counts <= high)
        if some.any():
            ours, told = (agreement(data.truth[some], by[some]) for by in (labels, data.oracle))
            yield (
                f"{low} to {min(high, counts.max())} tags ({some.sum():,} people): AMI {ours:.3f}, "
                f"oracle {told:.3f}; placed {(labels[some] >= 0).mean():.2f}, "
                f"surer than a half {sure[some].mean():.2f}"
            )


if __name__ == "__main__":
    main()
