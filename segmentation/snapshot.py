"""Write a snapshot: tables, index, documents, and the manifest last."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from segmentation.durable import sync_tree
from segmentation.errors import StoreError
from segmentation.indexing import write_index
from segmentation.manifest import Facts, JsonObject, write_json, write_manifest
from segmentation.reconcile import reconcile
from segmentation.tables import SnapshotTables, write_table

SURE = 0.05
"""False discoveries borne among the pairs of circles called tied."""


def write_snapshot(folder: Path, tables: SnapshotTables, *, facts: Facts) -> JsonObject:
    """Write what a run found into its snapshot's folder, and return the manifest.

    Files already in the folder, such as `models/*.npz`, become part of the snapshot. Equal tables
    give equal bytes, whatever their row order.

    Raises
    ------
    StoreError
        When the tables are not what they must be, or disagree with each other.
    """
    named, tiers = tables.canonical(), tier_names(tables.policy)
    reconcile(named, tiers=tiers)
    for what, table in named.items():
        write_table(folder, what, table)
    write_index(folder / "index", named, tiers=tiers, tags=tables.tags, refusals=tables.refusals)
    for name, document in documents(tables, named).items():
        write_json(folder / f"{name}.json", document)
    sync_tree(folder)
    rows = {what: table.num_rows for what, table in named.items()}
    return write_manifest(folder, facts, rows=rows)


def documents(
    tables: SnapshotTables, named: Mapping[str, pa.Table]
) -> dict[str, Mapping[str, Any]]:
    """The JSON files of a snapshot by name; circles and lineage are few and read whole.

    Of the crosstab they hold what is sure, the furthest from chance first.
    """
    return {
        "circles": {what: named[what].to_pylist() for what in ("circles", "lineage")}
        | {"crosstab": sure(named["crosstab"].to_pylist())},
        "flywheel": tables.flywheel,
        "policy": tables.policy,
        "report": tables.report,
    }


def sure(crosstab: list[JsonObject]) -> list[JsonObject]:
    """The pairs of circles met more or less often than chance explains, surest first."""
    kept = [row for row in crosstab if row["q_value"] <= SURE]
    return sorted(kept, key=lambda row: (row["q_value"], -row["lift"]))


def tier_names(policy: Mapping[str, Any]) -> list[str]:
    """The names of a policy's tiers, lowest first; each must list its benefits."""
    try:
        return [tier["name"] for tier in policy["tiers"] if tier["benefits"] is not None]
    except (KeyError, TypeError) as error:
        raise StoreError(
            "A snapshot's policy must list its `tiers`, each with a `name` and its `benefits`; "
            f"{error} is missing."
        ) from error
