"""Circles over time: each one's size and sharing in the runs of a store, and by class of people."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.turning import turn
from segmentation.config import Facet
from segmentation.errors import NotFound, UsageError
from segmentation.merits import LABELS
from segmentation.store import Store

COLUMNS = ("circle_id", "facet", "name", "size", "share_of_users", "share_propensity")
Row = dict[str, Any]
TINY = 1e-6


def ancestry(store: Store) -> list[str]:
    """The live run and those it went on from, as far as they are kept; the oldest first."""
    kept = {run["run_id"]: run["previous"] for run in store.runs()}
    way, run_id = [], store.live_folder().name
    while run_id in kept:
        way.append(run_id)
        run_id = kept[run_id]
    return way[::-1]


def circle_series(
    store: Store, *, circle: str | None = None, facet: Facet | None = None
) -> list[Row]:
    """One row a run and circle, the oldest run first: what the snapshots say, nothing computed.

    Raises
    ------
    NotFound
        When no run knew the circle asked for.
    """
    rows = []
    for run_id in ancestry(store):
        facts = store.manifest(run_id)
        when = {"run_id": run_id, "as_of": facts["as_of"], "people": facts["rows"]["users"]}
        table = store.table(run_id, "circles").select(COLUMNS).to_pylist()
        rows += [
            when | row
            for row in table
            if circle in (None, row["circle_id"]) and facet in (None, row["facet"])
        ]
    if circle is not None and not rows:
        raise NotFound.of("circle", circle)
    return rows


def turns(series: Sequence[Row]) -> list[Row]:
    """The circles whose share of people stepped up or down, and in which run; sharpest first.

    A circle counts from the run it first appears in: to be born is no rise.
    """
    by_circle: dict[str, list[Row]] = {}
    for row in series:
        by_circle.setdefault(row["circle_id"], []).append(row)
    found = []
    for circle, rows in by_circle.items():
        counts, people = (np.array([row[key] for row in rows]) for key in ("size", "people"))
        step = turn(counts, people)
        if step is not None:
            row = rows[step.period]
            found.append(
                {
                    "circle_id": circle,
                    "name": row["name"],
                    "run_id": row["run_id"],
                    "as_of": row["as_of"],
                    "before": round(step.before, 6),
                    "after": round(step.after, 6),
                }
            )
    return sorted(
        found, key=lambda row: -abs(np.log((row["after"] + TINY) / (row["before"] + TINY)))
    )


def class_series(
    store: Store, namespace: str, *, circle: str | None = None, facet: Facet | None = None
) -> list[Row]:
    """How many members of each circle carry each label of a namespace, run by run.

    A member without a label of the namespace has the label None, so the rows of a circle and a
    run add up to its size.

    Raises
    ------
    UsageError
        When no run knew a label of the namespace.
    """
    rows, known = [], False
    for run_id in ancestry(store):
        labels = pq.read_table(store.folder(run_id) / "merits" / LABELS)
        labels = labels.filter(pc.equal(labels["namespace"], namespace))
        known = known or labels.num_rows > 0
        rows += list(classes(store, run_id, labels, circle, facet))
    if not known:
        raise UsageError(f"No label of the namespace `{namespace}` is known in any run kept.")
    return rows


def classes(
    store: Store, run_id: str, labels: pa.Table, circle: str | None, facet: Facet | None
) -> Iterator[Row]:
    """The cross-table of one run."""
    members = store.table(run_id, "members").select(["user_id", "facet", "circle_id"])
    if circle is not None:
        members = members.filter(pc.equal(members["circle_id"], circle))
    if facet is not None:
        members = members.filter(pc.equal(members["facet"], facet))
    at = pc.index_in(members["user_id"], labels["user_id"].combine_chunks())
    members = members.append_column("label", pc.take(labels["label"], at))
    counted = members.group_by(["circle_id", "label"], use_threads=False).aggregate(
        [("user_id", "count")]
    )
    when = {"run_id": run_id, "as_of": store.manifest(run_id)["as_of"]}
    order = [("circle_id", "ascending"), ("user_id_count", "descending"), ("label", "ascending")]
    for row in counted.sort_by(order).to_pylist():
        people = {"circle_id": row["circle_id"], "label": row["label"]}
        yield when | people | {"members": row["user_id_count"]}
