"""Projections of the flywheel put to the test on windows they did not see.

    python -m benchmarks.flywheel [EVENTS.parquet]

Hypothesis: the bands of 80 % hold about four in five figures of later windows, and what is expected
errs less than the figure of today. Simulated populations, of whom some leave, come and are
brought, and the events of a real shop when their file is given. The control is the figure of today:
as many active people and advocates, as many newcomers a window as in the last.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pandas as pd

from models.flows import Flows
from models.hindsight import learned_wheel, misses_of
from models.rotation import FIGURES, figures_of, fit_wheel, project_wheel
from segmentation.config import Config, LifecycleConfig
from segmentation.engine import DuckEngine
from segmentation.invitations import read_invitations
from segmentation.lifecycle import lifecycle_stages
from segmentation.loop import measured_flows
from segmentation.people import timestamp
from segmentation.simulator import simulate

SEEDS = range(100, 110)
PEOPLE, PERIODS, USED = 4_000, 24, 16
FEWEST, AHEAD = 5, 4
NO_TIES = "SELECT '' AS src, '' AS dst, CAST(NULL AS TIMESTAMP) AS ts LIMIT 0"


@dataclass(frozen=True)
class Foretold:
    """A figure some windows ahead: whether it lay in its band, and how wrong it was expected."""

    figure: str
    ahead: int
    inside: bool
    width: float
    error: float
    control: float


def main(events: Path | None) -> None:
    """Print, for the simulated and the real, how figures and horizons came true."""
    rows = [row for seed in SEEDS for row in foretold(simulated(seed))]
    report(f"{len(SEEDS)} simulated populations", rows)
    if events is not None:
        report(events.parent.name, list(foretold(shop(events))))


def report(name: str, rows: list[Foretold]) -> None:
    """Print the share inside, the width of the band, and both errors."""
    table = pd.DataFrame([vars(row) for row in rows])
    print(f"{name}: {len(table)} figures, {table.inside.mean():.3f} inside")
    for by in ("figure", "ahead"):
        shown = table.groupby(by)[["inside", "width", "error", "control"]]
        print(shown.agg({"inside": "mean", "width": "median", "error": "mean",
                         "control": "mean"}).round(3).to_string())  # fmt: skip


def foretold(flows: Flows, *, learns: bool = True) -> Iterator[Foretold]:
    """Foretell up to `AHEAD` windows from each window on; figures that are always 0 are no test.

    A projection learns from how far those before it missed, unless it is the control.
    """
    counts, entered = flows.counts.astype(np.float64), flows.entered.sum(axis=1)
    misses = misses_of(flows)
    for origin in range(FEWEST, len(flows.moves)):
        known = flows.until(origin)
        wheel = learned_wheel(known, misses.known_by(origin)) if learns else fit_wheel(known)
        turns = min(AHEAD, len(flows.moves) - origin)
        told = project_wheel(wheel, rotations=turns + 1, seed=origin)
        now = figures_of(wheel.start, wheel.start, 0.0)
        for turn in range(1, turns + 1):
            came = float(entered[origin : origin + turn].sum())
            true = figures_of(counts[origin - 1 + turn], wheel.start, came)
            control = now + np.array([0.0, turn * entered[origin - 1], 0.0])
            for name, is_so, stays in zip(FIGURES, true, control, strict=True):
                low, high = told[name].low[turn], told[name].high[turn]
                if is_so:
                    yield Foretold(
                        figure=name,
                        ahead=turn,
                        inside=bool(low <= is_so <= high),
                        width=(high - low) / is_so,
                        error=abs(told[name].expected[turn] / is_so - 1),
                        control=abs(stays / is_so - 1),
                    )


def simulated(seed: int) -> Flows:
    """The moves of a simulated population, window by window."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        made = simulate(PEOPLE, folder / "made", seed=seed, periods=PERIODS)
        end = made.ends[USED - 1]
        events, ties = (
            f"'{folder}/made/period-*/{table}.parquet'" for table in ("events", "edges")
        )
        return flows_in(
            folder,
            events=f"SELECT user_id, CAST(ts AS TIMESTAMP) AS ts, channel, value FROM {events}",
            ties=f"SELECT src, dst, CAST(ts AS TIMESTAMP) AS ts FROM {ties}",
            as_of=end,
        )


def shop(events: Path) -> Flows:
    """The moves of a shop's customers."""
    rows = f"SELECT user_id, CAST(ts AS TIMESTAMP) AS ts, channel, value FROM '{events}'"
    ((last,),) = duckdb.sql(f"SELECT max(ts) FROM ({rows})").fetchall()
    with TemporaryDirectory() as scratch:
        return flows_in(Path(scratch), events=rows, ties=NO_TIES, as_of=last.replace(tzinfo=UTC))


def flows_in(folder: Path, *, events: str, ties: str, as_of: datetime) -> Flows:
    """Read everyone's moves the way a run does."""
    everyone = f"SELECT DISTINCT user_id FROM '{folder}/events.parquet' ORDER BY user_id"
    known = f"ts <= {timestamp(as_of)}"
    events, ties = (f"SELECT * FROM ({rows}) WHERE {known}" for rows in (events, ties))
    for name, sql in (("events", events), ("edges", ties), ("people", everyone)):
        duckdb.sql(f"COPY ({sql}) TO '{folder}/{name}.parquet' (FORMAT parquet)")
    config = replace(Config(), lifecycle=LifecycleConfig(windows=USED))
    with DuckEngine() as engine:
        lifecycle = lifecycle_stages(engine, config, folder, as_of=as_of)
        invitations = read_invitations(engine, config, folder, as_of=as_of)
    flows = measured_flows(lifecycle, invitations)
    if flows is None:
        raise SystemExit("The events have no time.")
    return flows


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
