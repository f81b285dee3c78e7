"""A year of a real shop, a run a month: tiers, changes, flapping, budget, and value foretold.

    python -m benchmarks.retail EVENTS_FOLDER

Hypothesis: every run goes live unforced; with dwell, grace and lower thresholds to stay, customers
see fewer changes than under the naive rule (each month's scores against the thresholds to enter),
the budget holds in every run, and the forecast of spend errs less than last month's spend. The
naive rule is the control.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np

from segmentation import ledger
from segmentation.config import FACETS, Config
from segmentation.database import open_database
from segmentation.policy import Policy
from segmentation.progress import Silent
from segmentation.records import overlay
from segmentation.run import RunRequest, segment
from segmentation.store import Store

FIRST = datetime(2011, 1, 9, tzinfo=UTC)
MONTHS = 12
MONTH = timedelta(days=30.4)


def main(folder: Path) -> None:
    """Make the twelve runs and print a row for each, then what they come to."""
    with TemporaryDirectory() as scratch:
        rows = list(months(folder, Path(scratch)))
    for row in rows:
        print(" | ".join(f"{value}" for value in row.values()))
    people = sum(row["known"] for row in rows)
    for rule in ("changes", "naive"):
        print(f"{rule}: {sum(row[rule] for row in rows) / people * 12:.3f} a customer-year")
    for guess in ("forecast", "last_month", "rfm"):
        told = [row[guess] for row in rows if row[guess] is not None]
        print(guess, np.mean(told, axis=0).round(3).tolist(), f"over {len(told)} months")


def months(folder: Path, scratch: Path) -> Iterator[dict[str, Any]]:
    """Run month by month on what was known by then."""
    store, naive = Store(scratch / "store"), {}
    enter = np.array([tier.enter for tier in Policy.load().tiers])
    for month in range(MONTHS):
        as_of = FIRST + month * MONTH
        known = cut(folder, scratch / f"{month}.parquet", as_of)
        config = overlay(Config(), {"input": {"events": [str(known)]}}, "here")
        request = RunRequest(config=config, base=scratch, store=store.path, now=as_of, as_of=as_of)
        outcome = segment(request, Silent())
        report, tiers = outcome.report, store.table(outcome.run_id, "tiers")
        at_once = dict(
            zip(
                tiers["user_id"].to_pylist(),
                np.searchsorted(enter, tiers["score"].to_numpy(), side="right") - 1,
                strict=True,
            )
        )
        rights, tested = report["rights"], report["customers"]["value"]["held_out"]
        yield {
            "month": f"{as_of:%Y-%m}",
            "people": rights["people"],
            "known": rights["people"] - rights["new"],
            "tiers": dict(Counter(tiers["tier"].to_pylist())),
            "changes": rights["up"] + rights["down"],
            "naive": sum(naive.get(user, tier) != tier for user, tier in at_once.items()),
            "cost": round(rights["cost"], 1),
            "budget": round(rights["budget"], 1),
            "circles": [report["facets"][facet]["circles"] for facet in FACETS],
            "held": rights["cost"] <= rights["budget"],
            "replays": replays(store),
            **{guess: figures(tested, guess) for guess in ("forecast", "last_month", "rfm")},
            "coverage": tested and round(tested["coverage_where_open"], 3),
        }
        naive = at_once


def cut(folder: Path, out: Path, as_of: datetime) -> Path:
    """Write the events known by a moment."""
    known = f"CAST(ts AS TIMESTAMP) <= TIMESTAMP '{as_of.replace(tzinfo=None)}'"
    source = f"read_parquet('{folder / 'events.parquet'}')"
    duckdb.sql(f"COPY (SELECT * FROM {source} WHERE {known}) TO '{out}' (FORMAT parquet)")
    return out


def replays(store: Store) -> bool:
    """Whether the ledger gives the tiers of the live run."""
    database = open_database(store.path)
    try:
        with store.snapshot() as snapshot:
            held = {row.user_id: row.tier for row in snapshot.standings()}
        return ledger.tiers_at(database) == held
    finally:
        database.dispose()


def figures(tested: dict[str, Any] | None, guess: str) -> tuple[float, float, float] | None:
    """Mean absolute error, rank correlation, share of spend in the best tenth."""
    if tested is None:
        return None
    names = ("mean_absolute_error", "rank_correlation", "share_of_spend_in_best_tenth")
    return tuple(round(tested[guess][name], 3) for name in names)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
