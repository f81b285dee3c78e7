"""A simulated population is what it says it is, and the same each time."""

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation.errors import UsageError
from segmentation.simulator import TABLE_FILES, simulate

CONTRACT = {
    "events": ["user_id", "ts", "channel", "tag", "value", "content_id"],
    "labels": ["user_id", "namespace", "label"],
    "edges": ["src", "dst", "ts"],
    "exposures": ["user_id", "content_id", "ts", "shared"],
    "content": ["content_id", "tag", "author", "ts"],
    "consent": ["user_id", "purpose", "granted"],
}
TYPES = {"ts": pa.timestamp("us", tz="UTC"), "value": pa.float64(), "granted": pa.bool_()}
AGAIN = "import sys, pathlib\nfrom segmentation.simulator import simulate\n"
AGAIN += "simulate(600, pathlib.Path(sys.argv[1]), seed=3, periods=2)\n"


def fingerprints(folder: Path) -> dict[str, str]:
    """The hash of every file under a folder."""
    files = sorted(folder.rglob("*.parquet"))
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }


@pytest.mark.parametrize("table", TABLE_FILES)
def test_tables_have_the_columns_and_types_of_the_contract(population, table):
    """Ingest finds what it expects, in the order it expects."""
    schema = pq.read_schema(population.report.folders[0] / TABLE_FILES[table])

    assert schema.names == CONTRACT[table]
    for field in schema:
        expected = pa.int8() if field.name == "shared" else TYPES.get(field.name, pa.string())
        assert field.type == expected


@pytest.mark.parametrize("table", TABLE_FILES)
def test_the_report_counts_what_was_written(population, table):
    """Rows said are rows found, and none of the tables is empty."""
    rows = pq.read_metadata(population.report.folders[0] / TABLE_FILES[table]).num_rows

    assert population.report.rows[table] == rows > 0


def test_no_event_is_one_that_ingest_would_refuse(population):
    """Planted rows are good rows: named, finite, positive outside returns, in time."""
    events = population.table("events")

    assert not events.drop(columns="content_id").isna().any().any()
    assert np.isfinite(events.value).all()
    assert ((events.value < 0) == (events.channel == "return")).all()
    assert events.ts.max() < pd.Timestamp(population.report.as_of)


def test_events_are_ordered_by_user_and_time(population):
    """A reader may rely on the order of the file."""
    events = population.table("events")

    ordered = events.sort_values(["user_id", "ts"], kind="stable")

    assert events.index.equals(ordered.index)


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path):
    """Neither the process nor its number of threads leaves a trace."""
    simulate(600, tmp_path / "here", seed=3, periods=2)
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

    subprocess.run(
        [sys.executable, "-c", AGAIN, str(tmp_path / "there")],
        env=alone,
        check=True,
        cwd=Path(__file__).parents[3],
    )

    assert fingerprints(tmp_path / "here") == fingerprints(tmp_path / "there")


def test_another_seed_gives_another_population(tmp_path):
    """The seed reaches the circles and the people alike."""
    simulate(600, tmp_path / "one", seed=1)
    simulate(600, tmp_path / "two", seed=2)

    one, two = fingerprints(tmp_path / "one"), fingerprints(tmp_path / "two")
    assert all(one[name] != two[name] for name in one)


def test_the_last_period_ends_at_the_time_asked_for(tmp_path):
    """`as_of` bounds the data however many periods there are."""
    as_of = datetime(2025, 3, 1, tzinfo=UTC)

    report = simulate(200, tmp_path, periods=2, as_of=as_of)

    assert report.ends == (datetime(2025, 1, 30, tzinfo=UTC), as_of)
    assert pd.read_parquet(report.folders[1] / "events.parquet").ts.max() < pd.Timestamp(as_of)


def test_progress_ends_at_everyone(tmp_path):
    """The last call says that all people of all periods are through."""
    calls = []

    simulate(200, tmp_path, periods=3, progress=lambda done, total: calls.append((done, total)))

    assert calls == [(200, 600), (400, 600), (600, 600)]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"users": 99}, r"`users` must be >= 100, got 99\."),
        ({"periods": 0}, r"`periods` must be >= 1, got 0\."),
        ({"seed": -1}, r"`seed` must be >= 0, got -1\."),
        ({"difficulty": "cruel"}, r"`difficulty` must be one of easy, medium, hard, got 'cruel'\."),
    ],
)
def test_a_population_that_cannot_be_is_refused(tmp_path, wrong, message):
    """The message names the argument, the value and what would do."""
    arguments = {"users": 200, "out": tmp_path / "out"} | wrong

    with pytest.raises(UsageError, match=message):
        simulate(**arguments)

    assert not (tmp_path / "out").exists()
