"""Coterie beside its peers: one command makes the table again on any machine.

    python -m benchmarks.peers [--data DIR] [--sets NAME ...] [--methods NAME ...] [--seeds 3]
        [--out results.json] [--check]
    python -m benchmarks.peers --read results.json ... [--out all.json] [--check]

All methods get the same matrix. Where the circles are known every method is told their number;
where they are not, tags are hidden and methods are judged by what their circles say of them, over a
curve of numbers of circles. `--check` fails when a claim of `claims.toml` does not hold.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks import sets
from benchmarks.claims import judged, read_claims
from benchmarks.machine import described
from benchmarks.methods import METHODS
from benchmarks.results import Results
from benchmarks.sets import Dataset
from benchmarks.shapes import SHAPES
from benchmarks.table import machine, tables
from benchmarks.trials import Trial, oracle, trials
from segmentation.simulator.difficulty import DIFFICULTIES

COUNTS = (5, 10, 20, 40, 80)
PLANTED: dict[str, Callable[[int, int], Dataset]] = {
    "agreed": sets.agreed,
    **{f"simulated {level}": partial(sets.simulated, level) for level in DIFFICULTIES},
    **{name: partial(sets.shaped, name) for name in SHAPES if name != "no_structure"},
}


def main() -> None:
    """Run or read the table, print it, and check the claims if asked."""
    given = asked()
    results = kept(given) if given.read else run(given)
    print(machine(results))
    print("\n" + tables(results, given.counts))
    if given.check:
        sys.exit(check(results))


def asked() -> argparse.Namespace:
    """Read the command line."""
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("--data", type=Path, help="folder of real sets, each a folder with events")
    ask.add_argument("--sets", nargs="+", help="only these; default: all planted, all of --data")
    ask.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    ask.add_argument("--users", type=int, default=20_000, help="people in a planted set")
    ask.add_argument("--seeds", type=int, default=1, help="repeats")
    ask.add_argument("--first-seed", type=int, default=1)
    ask.add_argument("--counts", type=int, nargs="+", default=COUNTS, help="circles asked for")
    ask.add_argument("--limit", type=float, default=300.0, help="CPU seconds of one trial at most")
    ask.add_argument("--threads", type=int, default=os.cpu_count())
    ask.add_argument("--out", type=Path, help="where to keep the results, as JSON")
    ask.add_argument("--read", type=Path, nargs="+", help="kept results to put together and print")
    ask.add_argument("--check", action="store_true", help="fail when a claim does not hold")
    return ask.parse_args()


def kept(given: argparse.Namespace) -> Results:
    """Read results kept before; keep them as one file if asked."""
    results = Results.merged([Results.load(path) for path in given.read])
    if given.out:
        results.save(given.out)
    return results


def run(given: argparse.Namespace) -> Results:
    """Run every method on every set, keeping what is done after each."""
    results = Results(described(), "python -m benchmarks.peers " + " ".join(sys.argv[1:]))
    for seed in range(given.first_seed, given.first_seed + given.seeds):
        for data in datasets(given, seed):
            for trial in every_method(data, given, seed):
                results.trials.append(trial)
                print(progress(trial), file=sys.stderr, flush=True)
                if given.out:
                    results.save(given.out)
    return results


def datasets(given: argparse.Namespace, seed: int) -> Iterator[Dataset]:
    """Make the planted sets with this seed, then read the real ones."""
    for name, plant in PLANTED.items():
        if given.sets is None or name in given.sets:
            yield plant(given.users, seed)
    for folder in sorted(given.data.iterdir()) if given.data else ():
        is_wanted = given.sets is None or folder.name in given.sets
        if is_wanted and (folder / "events.parquet").exists():
            yield from sets.real(folder)


def every_method(data: Dataset, given: argparse.Namespace, seed: int) -> Iterator[Trial]:
    """Try every method on one set."""
    yield from oracle(data, seed)
    counts = given.counts if data.planted is None else [data.planted]
    for method in given.methods:
        yield from trials(data, method, counts, seed=seed, limit=given.limit, threads=given.threads)


def progress(trial: Trial) -> str:
    """Say in a line what a trial gave."""
    figures = " ".join(f"{name} {value:.3f}" for name, value in trial.figures.items())
    return f"{trial.dataset} | {trial.method} | {trial.setting} | {figures or trial.status}"


def check(results: Results) -> int:
    """Print every claim and whether it holds; return 1 if one does not."""
    verdicts = [judged(claim, results) for claim in read_claims()]
    for verdict in verdicts:
        print(verdict)
    return int(any(verdict.fails for verdict in verdicts))


if __name__ == "__main__":
    main()
