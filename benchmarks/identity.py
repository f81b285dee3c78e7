"""A simulated year through the pipeline: who kept which id, and how each planted event was told.

python -m benchmarks.identity --users 12000 --difficulty easy --difficulty medium
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from benchmarks.year import Month, Verdict, kept_share, true_share, verdicts
from segmentation.config import Config
from segmentation.progress import Silent
from segmentation.records import overlay
from segmentation.run import RunRequest, segment
from segmentation.simulator import SimulationReport, simulate
from segmentation.store import Store

PERIODS = 13
"""A first quarter of a year, then twelve months."""
WINDOW = 6
"""Months of events a run is given."""
HALF_LIFE_DAYS = 5.0
"""Tags weigh by the power 3/8 of their use, so they fade 8/3 times as slowly."""
INTEREST = ["browse", "search", "app"]


def main() -> None:
    """Simulate, run every month, print what became of ids and events."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--users", type=int, default=12_000)
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--difficulty", action="append", choices=["easy", "medium", "hard"])
    arguments = ask.parse_args()
    for difficulty in arguments.difficulty or ["easy", "medium"]:
        for warm in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                months, planted = year(
                    Path(folder), arguments.users, arguments.seed, difficulty, warm=warm
                )
            print(f"\n{difficulty}, {'warm' if warm else 'cold'} start")
            print_year(months, planted)


def year(
    folder: Path, users: int, seed: int, difficulty: str, *, warm: bool, periods: int = PERIODS
) -> tuple[list[Month], pd.DataFrame]:
    """Simulate a year and run the pipeline after each month; return the runs and the truth."""
    report = simulate(users, folder / "people", seed=seed, periods=periods, difficulty=difficulty)
    planted = pd.read_parquet(folder / "people" / "lineage_truth.parquet")
    return list(runs(report, Store(folder / "store"), warm=warm)), planted


def runs(report: SimulationReport, store: Store, *, warm: bool) -> Iterator[Month]:
    """Run the pipeline at the end of every period, on the events of the months before it."""
    for number, end in enumerate(report.ends, start=1):
        folders = report.folders[max(number - WINDOW, 0) : number]
        tables = {
            table: [str(folder / f"{table}.parquet") for folder in folders]
            for table in ("events", "consent")
        }
        settings = {
            "input": tables,
            "circles": {"resamples": 0, "warm_start": warm},
            "facets": {"interest": {"half_life_days": HALF_LIFE_DAYS}},
        }
        request = RunRequest(
            config=overlay(Config(), settings, "the benchmark"),
            base=folders[-1],
            store=store.path,
            now=end + timedelta(hours=1),
            as_of=end,
            reason="the benchmark looks at every run",
        )
        run_id = segment(request, Silent()).run_id
        yield month_of(folders[-1], store, run_id)


def month_of(folder: Path, store: Store, run_id: str) -> Month:
    """What a run found of interests, and who was truly where among those seen in its month."""
    users = store.table(run_id, "users").select(["user_id", "interest_circle"]).to_pandas()
    truth = pq.read_table(folder / "truth.parquet").to_pandas()
    truth = truth[(truth.facet == "interest") & (truth["rank"] == 1)].set_index("user_id").circle
    events = pq.read_table(folder / "events.parquet", columns=["user_id", "channel"]).to_pandas()
    seen = events[events.channel.isin(INTEREST)].user_id.unique()
    lineage = store.table(run_id, "lineage").to_pylist()
    return Month(
        circles=users.set_index("user_id").interest_circle.dropna(),
        lineage=[row for row in lineage if row["run_id"] == run_id and row["facet"] == "interest"],
        planted=truth[truth.index.isin(seen)],
    )


def print_year(months: Sequence[Month], planted: pd.DataFrame) -> None:
    """Print the shares kept, then one line an event and one a kind of event."""
    print(f"kept of what free re-matching reaches, run to run: {kept_share(months):.4f}")
    print(f"one pairing with the planted circles for the year: {true_share(months):.4f}")
    judged = list(verdicts(months, planted))
    for verdict in judged:
        print(f"  month {verdict.month:>2} {verdict.event:<8} {verdict.circle:<28} {told(verdict)}")
    counts = Counter((verdict.event, told(verdict)) for verdict in judged)
    for (event, how), count in sorted(counts.items()):
        print(f"{event:<8} {how:<24} {count}")


def told(verdict: Verdict) -> str:
    """How a planted event was told, in words."""
    if not verdict.was_found:
        return "not found before"
    if verdict.lag is None:
        return "not told"
    return "told at once" if verdict.lag == 0 else f"told {verdict.lag} months later"


if __name__ == "__main__":
    main()
