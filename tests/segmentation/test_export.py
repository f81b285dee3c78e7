"""A table leaves the store in the format asked for, every value kept."""

import csv
import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from segmentation.errors import NotFound, UsageError
from segmentation.export import export_table
from segmentation.store import Store
from segmentation.tables import SCHEMAS
from tests.snapshots import build_snapshot

RUNS = ("20261101T020000Z-00000001", "20261102T020000Z-00000002")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store whose first run is live and whose second is not."""
    store = Store(tmp_path_factory.mktemp("export") / "store")
    for number, run_id in enumerate(RUNS):
        build_snapshot(store.runs_folder / run_id, users=50 - number, run_id=run_id).close()
    store.publish(RUNS[0], now=datetime(2026, 11, 1, tzinfo=UTC))
    return store


@pytest.mark.parametrize("what", SCHEMAS)
def test_parquet_holds_the_table_itself(store, tmp_path, what):
    """Types and order included."""
    rows = export_table(store, what, tmp_path / "out.parquet")

    table = pq.read_table(tmp_path / "out.parquet")
    assert table.equals(store.table(RUNS[0], what))
    assert rows == table.num_rows


@pytest.mark.parametrize("what", SCHEMAS)
def test_ndjson_holds_every_value(store, tmp_path, what):
    """One object a line, times as UTC text."""
    export_table(store, what, tmp_path / "out.ndjson")

    lines = (tmp_path / "out.ndjson").read_text(encoding="utf-8").splitlines()
    assert [restored(json.loads(line)) for line in lines] == store.table(RUNS[0], what).to_pylist()


@pytest.mark.parametrize("what", SCHEMAS)
def test_csv_holds_every_value(store, tmp_path, what):
    """Lists as JSON, times as UTC text, nothing known as an empty field."""
    export_table(store, what, tmp_path / "out.csv")

    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = store.table(RUNS[0], what).to_pylist()
    assert len(rows) == len(expected)
    for row, given in zip(rows, expected, strict=True):
        assert list(row) == list(given)
        for name, value in given.items():
            assert read(row[name], value) == value


def restored(row):
    """A JSON row with its times read."""
    times = {"tier_since", "since", "review_after", "at"}
    return {
        name: datetime.fromisoformat(value) if name in times and value else value
        for name, value in row.items()
    }


def read(text, value):
    """Read a CSV field as the type of the value it should be."""
    if isinstance(value, datetime):
        return datetime.fromisoformat(text)
    if isinstance(value, list):
        return json.loads(text)
    return (text or None) if value is None else type(value)(text)


def test_a_run_can_be_named(store, tmp_path):
    """The default is the live one."""
    assert export_table(store, "users", tmp_path / "a.csv", run=RUNS[1]) == 49
    assert export_table(store, "users", tmp_path / "b.csv") == 50


def test_a_named_format_wins_over_the_ending(store, tmp_path):
    """Even where the ending says nothing."""
    export_table(store, "circles", tmp_path / "circles.txt", format="ndjson")

    first = (tmp_path / "circles.txt").read_text(encoding="utf-8").splitlines()[0]
    assert json.loads(first)["facet"] == "interest"


def test_a_format_that_cannot_be_told_is_an_error(store, tmp_path):
    """The message lists the endings."""
    with pytest.raises(UsageError, match=r"`users\.xls` cannot be told: end it in \.parquet"):
        export_table(store, "users", tmp_path / "users.xls")


def test_a_file_that_cannot_be_written_is_an_error(store, tmp_path):
    """Not a traceback."""
    with pytest.raises(UsageError, match=r"users\.csv` cannot be written: No such file"):
        export_table(store, "users", tmp_path / "nowhere/users.csv")


@pytest.mark.parametrize(("what", "run"), [("people", None), ("users", "20991231T000000Z-ff")])
def test_what_there_is_not_is_not_found(store, tmp_path, what, run):
    """No file is made."""
    with pytest.raises(NotFound):
        export_table(store, what, tmp_path / "out.csv", run=run)

    assert list(tmp_path.iterdir()) == []
