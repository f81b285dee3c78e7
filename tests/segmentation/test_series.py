"""Circles over the runs of a store."""

import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation.cli.app import main
from segmentation.errors import NotFound, UsageError
from segmentation.series import ancestry, circle_series, class_series, turns
from segmentation.store import Store
from tests.snapshots import AS_OF, build_snapshot

RUNS = [f"2026110{day}T020000Z-0a1b2c3d" for day in range(1, 5)]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Four runs, each going on from the one before; and labels of half of the people."""
    store = Store(tmp_path_factory.mktemp("store"))
    for number, run_id in enumerate(RUNS):
        previous = RUNS[number - 1] if number else None
        folder = store.runs_folder / run_id
        build_snapshot(folder, users=300, seed=number, run_id=run_id, previous=previous)
        users = store.table(run_id, "users")["user_id"].to_pylist()[::2]
        rows = {
            "user_id": users,
            "namespace": ["household"] * len(users),
            "label": ["mom" if place % 3 else "couple" for place in range(len(users))],
        }
        (folder / "merits").mkdir(exist_ok=True)
        pq.write_table(pa.table(rows), folder / "merits" / "labels.parquet")
        store.publish(run_id, now=AS_OF)
    return store


def test_the_series_is_what_the_snapshots_say(store):
    """Run by run and circle by circle, the oldest run first."""
    series = circle_series(store, facet="interest")

    assert [row["run_id"] for row in series] == sorted(row["run_id"] for row in series)
    for run_id in RUNS:
        table = store.table(run_id, "circles").to_pylist()
        expected = {
            row["circle_id"]: (row["size"], row["share_propensity"])
            for row in table
            if row["facet"] == "interest"
        }
        assert expected == {
            row["circle_id"]: (row["size"], row["share_propensity"])
            for row in series
            if row["run_id"] == run_id
        }


def test_runs_that_were_rolled_back_are_no_part_of_it(store, tmp_path):
    """The live run's own past alone."""
    assert ancestry(store) == RUNS

    other = Store(tmp_path)
    for run_id, previous in ((RUNS[0], None), (RUNS[1], RUNS[0]), (RUNS[2], RUNS[0])):
        build_snapshot(other.runs_folder / run_id, users=50, run_id=run_id, previous=previous)
    other.publish(RUNS[2], now=AS_OF)

    assert ancestry(other) == [RUNS[0], RUNS[2]]


def test_members_by_label_add_up_to_the_size(store):
    """Those without a label are a class of their own."""
    rows = class_series(store, "household", circle="interest-1")
    sizes = {row["run_id"]: row["size"] for row in circle_series(store, circle="interest-1")}

    assert {row["label"] for row in rows} == {"mom", "couple", None}
    assert {
        run_id: sum(row["members"] for row in rows if row["run_id"] == run_id) for run_id in RUNS
    } == sizes


def test_the_labels_of_a_real_run_are_found(population, run_once, tmp_path, capsys):
    """As the program shows them: members by household add up to the size of their circle."""
    outcome = run_once(population, tmp_path / "store")
    words = ["history", "interest-1", "--by", "household", "--store", str(tmp_path / "store")]

    with pytest.raises(SystemExit) as stopped:
        main([*words, "--json"])
    classes = json.loads(capsys.readouterr().out)["classes"]
    with pytest.raises(SystemExit):
        main(words)
    shown = capsys.readouterr().out

    circles = Store(tmp_path / "store").table(outcome.run_id, "circles").to_pylist()
    size = next(row["size"] for row in circles if row["circle_id"] == "interest-1")
    assert stopped.value.code == 0
    assert sum(row["members"] for row in classes) == size
    assert {row["label"] for row in classes} > {None}
    assert re.search(r"2026-\d\d-\d\d +interest-1 +without +[\d,]+", shown)


def test_what_no_run_knew_is_said(store):
    """A circle, and a namespace."""
    with pytest.raises(NotFound, match="interest-77"):
        circle_series(store, circle="interest-77")
    with pytest.raises(UsageError, match="`shoe size`"):
        class_series(store, "shoe size")


def test_a_planted_rise_is_dated_to_its_run():
    """Among circles that stay, one that doubled in the third run is named with that run."""
    rng = np.random.default_rng(0)
    rows = [
        {
            "run_id": f"run-{run}",
            "as_of": None,
            "people": 4000,
            "circle_id": f"interest-{circle}",
            "name": f"circle {circle}",
            "size": int(rng.binomial(4000, 0.05 * (2 if circle == 2 and run >= 3 else 1))),
        }
        for run in range(1, 7)
        for circle in range(1, 6)
    ]

    (found,) = turns(rows)

    assert (found["circle_id"], found["run_id"]) == ("interest-2", "run-3")
