"""How far ambassadors carry: beside the best connected, PageRank and anyone at random.

    python -m benchmarks.influence [FOLDER ...] [--simulated 20000] [--budgets 10 50]
    python -m benchmarks.influence --speed 1000000

A folder holds `edges.parquet`; ties carry both ways, under the weighted cascade. Every choice is
judged by the same number of cascades run forward, none of which was used for choosing.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from models.ambassadors import Ambassadors, find_ambassadors
from models.cascades import Ties, expected_spread, weighted_cascade
from models.influence import tie_matrix
from segmentation.simulator import simulate

IntArray = npt.NDArray[np.int64]
RUNS = 2_000
DAMPING, STEPS = 0.85, 60


def main() -> None:
    """Print a table for each graph."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("folders", type=Path, nargs="*")
    ask.add_argument("--simulated", type=int)
    ask.add_argument("--budgets", type=int, nargs="+", default=[10, 50])
    ask.add_argument("--speed", type=int)
    given = ask.parse_args()
    if given.speed:
        speed(given.speed, given.budgets)
        return
    for folder in given.folders:
        table(folder.name, read(folder), given.budgets)
    if given.simulated:
        with tempfile.TemporaryDirectory() as folder:
            simulate(given.simulated, Path(folder), seed=1)
            table(f"simulated, {given.simulated:,}", read(Path(folder)), given.budgets)


def read(folder: Path) -> Ties:
    """Read ties, both ways."""
    edges = pd.read_parquet(folder / "edges.parquet", columns=["src", "dst"]).astype(str)
    people = pd.Index(np.unique(np.concatenate([edges.src, edges.dst])))
    ends = people.get_indexer(edges.src), people.get_indexer(edges.dst)
    return both_ways(len(people), *ends)


def both_ways(people: int, one: IntArray, other: IntArray) -> Ties:
    """Ties that carry from each end to the other, under the weighted cascade."""
    sources, targets = np.concatenate([one, other]), np.concatenate([other, one])
    return Ties.of(weighted_cascade(tie_matrix(people, sources=sources, targets=targets)))


def table(name: str, ties: Ties, budgets: list[int]) -> None:
    """Print the people each choice reaches."""
    print(f"{name}: {ties.n_people:,} people, {len(ties.neighbours) // 2:,} ties; people reached")
    for budget in budgets:
        began = time.process_time()
        chosen = everyone(ties, budget)
        seconds = time.process_time() - began
        reached = {"Coterie": expected_spread(ties, chosen.people, runs=RUNS, seed=1)}
        for way, choose in WAYS.items():
            reached[way] = expected_spread(ties, choose(ties, budget), runs=RUNS, seed=1)
        figures = "  ".join(f"{way} {number:,.0f}" for way, number in reached.items())
        print(f"  {budget:3} people: {figures}; guaranteed {chosen.guarantee:.3f} of the best, "
              f"{2 * chosen.sets:,} sets, {seconds:.2f} CPU s", flush=True)  # fmt: skip


def everyone(ties: Ties, budget: int) -> Ambassadors:
    """The best of all people to reach all people."""
    people = np.arange(ties.n_people)
    return find_ambassadors(ties.reversed(), candidates=people, targets=people, count=budget)


def by_degree(ties: Ties, budget: int) -> IntArray:
    """Who has most ties."""
    return np.argsort(-np.diff(ties.starts), kind="stable")[:budget]


def by_pagerank(ties: Ties, budget: int) -> IntArray:
    """Who a random walk along ties meets most."""
    n, degrees = ties.n_people, np.maximum(np.diff(ties.starts), 1)
    shape = (n, n)
    walk = sparse.csr_array(
        (np.repeat(1 / degrees, np.diff(ties.starts)), ties.neighbours, ties.starts), shape=shape
    ).T.tocsr()
    rank = np.full(n, 1 / n)
    for _ in range(STEPS):
        rank = (1 - DAMPING) / n + DAMPING * (walk @ rank)
    return np.argsort(-rank, kind="stable")[:budget]


def at_random(ties: Ties, budget: int) -> IntArray:
    """Anyone."""
    return np.random.default_rng(0).choice(ties.n_people, budget, replace=False)


WAYS: dict[str, Callable[[Ties, int], IntArray]] = {
    "PageRank": by_pagerank,
    "degree": by_degree,
    "random": at_random,
}


def speed(people: int, budgets: list[int]) -> None:
    """Time the choice among so many people with five ties each, some with many more."""
    rng = np.random.default_rng(0)
    pull = rng.pareto(1.8, people) + 0.2
    ladder = np.cumsum(pull) / pull.sum()
    one, other = np.searchsorted(ladder, rng.random((2, 5 * people)))
    ties = both_ways(people, np.minimum(one, people - 1), np.minimum(other, people - 1))
    for budget in budgets:
        began = time.process_time()
        found = everyone(ties, budget)
        print(f"{people:,} people, {len(ties.neighbours) // 2:,} ties, {budget} chosen: "
              f"{time.process_time() - began:.1f} CPU s, {2 * found.sets:,} sets, guaranteed "
              f"{found.guarantee:.3f} of the best")  # fmt: skip


if __name__ == "__main__":
    main()
