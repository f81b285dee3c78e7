"""What evidence lent by ties adds to circles, and what it takes from them.

    python -m benchmarks.ties DATA [--sets NAME ...] [--shares 0 0.5 1] [--counts 20]

For each real set with ties, and each share of the neighbours' mean that counts beside a person's
own tags: AMI with the true groups, told their number, where there are any; with a fifth of the tags
hidden, bits a hidden tag of one's own and ties inside circles against chance.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from benchmarks import sets
from benchmarks.judges import judge
from benchmarks.sets import Dataset
from models.circles import CircleClusterer
from models.influence import tie_matrix
from models.ties import lent

SETS = ("blogcatalog_groups", "twitch_7lang", "deezer_ro")


def main() -> None:
    """Print one line for each set, share and number of circles."""
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("data", type=Path, help="folder of real sets")
    ask.add_argument("--sets", nargs="+", default=SETS)
    ask.add_argument("--shares", type=float, nargs="+", default=(0.0, 0.5, 1.0))
    ask.add_argument("--counts", type=int, nargs="+", default=(20,))
    given = ask.parse_args()
    for name in given.sets:
        for data in sets.real(given.data / name):
            counts = [data.planted] if data.planted else given.counts
            for line in lines(data, given.shares, counts):
                print(line, flush=True)


def lines(data: Dataset, shares: Sequence[float], counts: Sequence[int]) -> Iterator[str]:
    """Fit and judge."""
    for share in shares:
        X = with_ties(data, share)
        for count in (None, *counts):
            labels = CircleClusterer(count).fit(X).labels_.astype(np.int64)
            figures = judge(data, labels)
            said = " ".join(f"{key} {value:.3f}" for key, value in sorted(figures.items()))
            yield f"{data.name:36} share {share:<4} asked {count or '-':<3} {said}"


def with_ties(data: Dataset, share: float) -> sparse.csr_array:
    """Let the ties lend."""
    if not share or data.ties is None:
        return data.X
    one, other = data.ties.T
    ends = (np.concatenate([one, other]), np.concatenate([other, one]))
    ties = tie_matrix(data.X.shape[0], sources=ends[0], targets=ends[1])
    return lent(data.X, ties, share=share)


if __name__ == "__main__":
    main()
