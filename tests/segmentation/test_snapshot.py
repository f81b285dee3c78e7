"""A snapshot is written whole, and to the same bytes whenever its tables are the same."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from segmentation.errors import StoreError
from segmentation.index import Snapshot
from segmentation.manifest import Facts, verify_files
from segmentation.snapshot import write_snapshot
from tests.snapshots import RUN_ID, TIERS, build_tables

FACTS = Facts(run_id=RUN_ID, created=datetime(2026, 11, 1, tzinfo=UTC))


def shuffled(tables, seed):
    """The same tables with their rows in another order."""
    random = np.random.default_rng(seed)
    names = ("members", "users", "circles", "lineage", "tiers", "tier_changes", "lifecycle")
    every = {name: getattr(tables, name) for name in (*names, "quarantine")}
    orders = {name: random.permutation(table.num_rows) for name, table in every.items()}
    return replace(tables, **{name: every[name].take(order) for name, order in orders.items()})


def test_equal_tables_give_equal_bytes(tmp_path):
    """Whatever the order of their rows."""
    tables = build_tables(users=200)

    first = write_snapshot(tmp_path / "a", tables, facts=FACTS)
    second = write_snapshot(tmp_path / "b", shuffled(tables, 1), facts=FACTS)

    assert first == second
    assert (tmp_path / "a/manifest.json").read_bytes() == (
        tmp_path / "b/manifest.json"
    ).read_bytes()


def test_the_manifest_states_facts_rows_and_files(tmp_path):
    """Where the run came from, how many rows, and a checksum for every file."""
    (tmp_path / "run/models").mkdir(parents=True)
    (tmp_path / "run/models/interest.npz").write_bytes(b"model")

    manifest = write_snapshot(tmp_path / "run", build_tables(users=50), facts=FACTS)

    assert manifest["schema_version"] == 2
    assert manifest["created"] == "2026-11-01T00:00:00Z"
    assert manifest["as_of"] is None
    assert manifest["rows"]["users"] == 50
    assert manifest["files"]["models/interest.npz"]["bytes"] == 5
    verify_files(tmp_path / "run", manifest)


def test_nothing_is_written_when_tables_disagree(tmp_path):
    """The check comes first."""
    tables = build_tables(users=50)
    wrong = replace(tables, circles=tables.circles.slice(1))

    with pytest.raises(StoreError):
        write_snapshot(tmp_path / "run", wrong, facts=FACTS)

    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("policy", [{}, {"tiers": [{"name": "gold"}]}, {"tiers": None}])
def test_a_policy_must_list_its_tiers(tmp_path, policy):
    """With names and benefits, for the read side shows both."""
    tables = replace(build_tables(users=5), policy=policy)

    with pytest.raises(StoreError, match="must list its `tiers`"):
        write_snapshot(tmp_path / "run", tables, facts=FACTS)


def test_a_tier_that_is_no_more_is_still_named(tmp_path):
    """A change away from a tier the policy no longer has keeps that tier's name."""
    tables = build_tables(users=50)
    before = ["bronze"] * tables.tier_changes.num_rows
    place = tables.tier_changes.schema.get_field_index("before")
    changes = tables.tier_changes.set_column(place, "before", [before])
    write_snapshot(tmp_path / "run", replace(tables, tier_changes=changes), facts=FACTS)

    with Snapshot.open(tmp_path / "run") as snapshot:
        assert snapshot.tier_changes()[0]["before"] == "bronze"
        assert [tier["name"] for tier in snapshot.tiers()] == list(TIERS)
