"""Amounts as whole parts of a decimal."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from segmentation.amounts import AS_IT_IS, rounded, scale_of, teller, to_amounts, to_decimals
from segmentation.index import Snapshot
from segmentation.manifest import Facts
from segmentation.snapshot import write_snapshot
from segmentation.store import Store
from tests.snapshots import AS_OF, RUN_ID, build_tables, user_id


@pytest.mark.parametrize(
    ("name", "largest", "scale"),
    [
        ("score", 1.0, 1_000_000_000),
        ("value", 310.25, 1_000_000),
        ("value", -310.25, 1_000_000),
        ("value", 21_000_000.0, 100),
        ("value", 22_000_000.0, AS_IT_IS),
        ("influence", 250_000.0, AS_IT_IS),
        ("value", np.inf, AS_IT_IS),
        ("value", np.nan, 1_000_000_000),
    ],
)
def test_parts_are_as_fine_as_the_largest_amount_lets_them_be(name, largest, scale):
    """Money to a cent at least; where that does not fit, it is kept as it is."""
    assert scale_of(name, np.array([0.5, largest])) == scale


@pytest.mark.parametrize("largest", [1.0, 4_321.0, 50_000_000.0])
def test_amounts_told_once_are_told_so_again(largest):
    """Rounding what is rounded changes no digit, and one amount is told as the column is."""
    amounts = np.random.default_rng(0).normal(0, largest / 4, 1000).clip(-largest, largest)
    amounts[7] = np.nan

    once = rounded("value", amounts)
    scale = scale_of("value", once)
    parts = to_decimals(once, scale)

    np.testing.assert_array_equal(rounded("value", once), once)
    np.testing.assert_array_equal(to_amounts(parts, scale), once)
    assert teller(scale)(parts[7].item()) is None
    assert [teller(scale)(part) for part in parts[:7].tolist()] == once[:7].tolist()


@pytest.mark.parametrize(("times", "width"), [(1.0, 4), (1e9, 8)])
def test_tables_and_look_ups_tell_the_same_digits(tmp_path, times, width):
    """However large the largest amount of the run is."""
    tables = build_tables(users=60)
    value = pa.array(np.asarray(tables.users["value"]) * times / 3)
    at = tables.users.column_names.index("value")
    users = tables.users.set_column(at, tables.users.schema.field("value"), value)
    folder = tmp_path / "runs" / RUN_ID
    folder.mkdir(parents=True)
    write_snapshot(folder, replace(tables, users=users), facts=Facts(run_id=RUN_ID, created=AS_OF))

    written, tiers = (
        {row["user_id"]: row for row in Store(tmp_path).table(RUN_ID, what).to_pylist()}
        for what in ("users", "tiers")
    )
    with Snapshot.open(folder) as snapshot:
        told = [snapshot.user(user_id(number)) for number in range(60)]
        richest = max(row["value"] for row in told)
        found = list(snapshot.audience(f"value >= {richest!r}").ids())

    kinds = np.load(folder / "index/users.npy").dtype
    assert kinds["value"].itemsize == width
    assert kinds["score"].itemsize == 4
    for row in told:
        of = written[row["user_id"]]
        assert (row["value"], row["influence"]) == (of["value"], of["influence"])
        assert row["tier"]["score"] == tiers[row["user_id"]]["score"]
    assert found == [row["user_id"] for row in told if row["value"] == richest]
