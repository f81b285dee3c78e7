"""What changed between two runs."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segmentation.config import FACETS
from segmentation.drifting import drift_of
from segmentation.store import Store


def compare_runs(store: Store, a: str, b: str) -> dict[str, Any]:
    """Return the circles kept, born and retired, who moved, and what shifted, from `a` to `b`."""
    facts: dict[str, Any] = {"from": a, "to": b}
    for facet in FACETS:
        facts |= circle_changes(store, a, b, facet)
    users = store.table(a, "users").join(
        store.table(b, "users"), "user_id", join_type="inner", right_suffix="_after"
    )
    return facts | {
        "people_in_both": users.num_rows,
        "interest_moved": changed(users, "interest_circle"),
        "lifestyle_moved": changed(users, "lifestyle_circle"),
        "tier_changed": changed(users, "tier"),
        "stage_changed": changed(users, "lifecycle_stage"),
        "drift": {drift.facet: drift.to_dict() for drift in drift_of(store, a, b)},
        "mean_propensity": [mean(store.table(run, "users"), "share_propensity") for run in (a, b)],
    }


def circle_changes(store: Store, a: str, b: str, facet: str) -> dict[str, list[str]]:
    """The circles of one facet that went on, came and went."""
    before, after = (
        set(table.filter(pc.equal(table["facet"], facet))["circle_id"].to_pylist())
        for table in (store.table(a, "circles"), store.table(b, "circles"))
    )
    return {
        f"{facet}_kept": sorted(before & after),
        f"{facet}_born": sorted(after - before),
        f"{facet}_retired": sorted(before - after),
    }


def changed(users: pa.Table, column: str) -> int:
    """How many people in both runs differ in a column; missing counts as a value of its own."""
    before = users[column].fill_null("").to_numpy()
    after = users[f"{column}_after"].fill_null("").to_numpy()
    return int(np.count_nonzero(before != after))


def mean(users: pa.Table, column: str) -> float:
    """The mean of a column, rounded for people."""
    return round(pc.mean(users[column]).as_py() or 0.0, 6)
