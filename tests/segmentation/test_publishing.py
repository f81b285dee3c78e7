"""Behind the gate: only a named reason opens it, and there is no way round it."""

import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from segmentation.cli.app import program
from segmentation.errors import NotFound, UsageError
from segmentation.publishing import GateClosed, go_back, go_live
from segmentation.records import overlay
from segmentation.store import Store
from tests.segmentation.conftest import NOW, settings_for
from tests.snapshots import build_snapshot

LATER = NOW + timedelta(days=1)


@pytest.fixture(scope="module")
def skewed(tmp_path_factory):
    """Four in five buy the same few things and one of the first kind; the others one kind each."""
    folder = tmp_path_factory.mktemp("skewed")
    rng = np.random.default_rng(3)
    kind = rng.choice(4, 1000, p=[0.8, 0.08, 0.07, 0.05])
    rows = [
        (f"u{person:04d}", "2026-10-01", "purchase", f"thing {kind[person]}-{thing}", 5.0)
        for person in range(1000)
        for thing in rng.choice(12, 7, replace=False)
    ]
    rows += [
        (f"u{person:04d}", "2026-10-01", "purchase", f"thing 1-{rng.integers(0, 12)}", 5.0)
        for person in np.flatnonzero(kind == 0)
    ]
    columns = ["user_id", "ts", "channel", "tag", "value"]
    events = pd.DataFrame(rows, columns=columns)
    events["ts"] = pd.to_datetime(events["ts"])
    events.to_parquet(folder / "events.parquet", index=False)
    return folder


@pytest.fixture(scope="module")
def gated(skewed, tmp_path_factory):
    """A store with one run that must place all the skewed people; what the command line said."""
    settings = skewed / "coterie.toml"
    settings.write_text('[input]\nevents = ["events.parquet"]\n[circles]\ncoverage = 1.0\n')
    store = tmp_path_factory.mktemp("gated") / "store"
    words = ["run", "--config", str(settings), "--store", str(store)]
    return store, CliRunner().invoke(program(), words)


def test_a_degenerate_run_is_marked_and_not_published(gated):
    """The circle of four in five passes no gate; the store says why."""
    store, answer = gated

    words = ["runs", "--store", str(store), "--json"]
    listed = json.loads(CliRunner().invoke(program(), words).stdout)
    report = Store(store).report(listed["runs"][0]["run_id"])

    assert answer.exit_code == 1
    assert listed["live"] is None
    assert listed["runs"][0]["gate"] == ["degenerate"]
    assert report["degenerate"]
    assert report["facets"]["interest"]["largest_share"] > 0.6
    assert report["facets"]["interest"]["silhouette"] is not None


def test_force_and_a_reason_open_the_gate_and_are_recorded(gated):
    """Neither alone is enough."""
    store = Store(gated[0])
    (run,) = store.runs()

    with pytest.raises(GateClosed, match="largest interest circle"):
        go_live(store, run["run_id"], force=False, reason="I want it", now=NOW)
    with pytest.raises(UsageError, match="--reason"):
        go_live(store, run["run_id"], force=True, reason="  ", now=NOW)
    assert store.current() is None
    go_live(store, run["run_id"], force=True, reason="known skew", now=NOW)

    assert store.current() == run["run_id"]
    entry = store.history.entries()[-1]
    assert (entry.forced, entry.reason) == (True, "known skew")


def test_every_gate_keeps_a_run_out_when_asked(population, run_once, tmp_path):
    """A sound run is kept, nothing is live, and there is no rolling back to it."""
    gates = {"min_stability": 0.999, "min_coverage": 0.999, "max_largest_share": 0.001}
    config = overlay(settings_for(population), {"gates": gates}, "the test")

    with pytest.raises(GateClosed, match=r"largest.*of the people are in.*mean stability"):
        run_once(population, tmp_path / "store", config=config)

    store = Store(tmp_path / "store")
    (run,) = store.runs()
    with pytest.raises(UsageError, match="never live"):
        go_back(store, run["run_id"], now=LATER)
    assert store.current() is None


def test_going_back_to_a_run_nobody_made_says_so(tmp_path):
    """An unknown run is not found rather than never live."""
    with pytest.raises(NotFound):
        go_back(Store(tmp_path), "20261101T020000Z-00000000", now=LATER)


def test_a_run_that_was_live_can_come_back(tmp_path):
    """By name or as the one before."""
    store = Store(tmp_path)
    runs = [f"2026110{day}T020000Z-0000000{day}" for day in (1, 2)]
    for run_id in runs:
        build_snapshot(store.runs_folder / run_id, users=20, run_id=run_id)
        go_live(store, run_id, force=False, reason="", now=NOW)

    assert go_back(store, None, now=LATER) == runs[0]
    assert go_back(store, runs[1], now=LATER) == runs[1]
    assert store.current() == runs[1]
