"""What an update changes in the tables of the live snapshot; the rest is carried over."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.layers import People as Numbers
from models.rows import IntArray
from segmentation.anew import UNKNOWN, Anew, anew_of, matrix_of, moved_of
from segmentation.arrays import load_arrays
from segmentation.assembly import members_table, primary_circles, spoken
from segmentation.bitmaps import array_of
from segmentation.config import FACETS, Facet
from segmentation.context import Context
from segmentation.holdings import Holdings
from segmentation.index import Snapshot
from segmentation.kinship import with_parents
from segmentation.manifest import Facts, read_json
from segmentation.placing import People
from segmentation.quality import FacetQuality, inspect
from segmentation.reporting import input_facts
from segmentation.tables import SnapshotTables, conform, empty, read_table, table_path

UNPLACEABLE = (UNKNOWN, "consent")


def revised(context: Context, models: Path) -> SnapshotTables:
    """The tables of the live snapshot with whom the events touch in their new places."""
    live = context.store.live_folder()
    run_id, store = live.name, context.store
    user_ids = pa.array(context.user_ids(), pa.string())
    anew = {name: found for name in FACETS if (found := anew_of(context, name)) is not None}
    ids = {name: load_arrays(models / f"{name}.npz")["circle_ids"].tolist() for name in anew}
    users = carried_users(store.table(run_id, "users"), user_ids)
    members = store.table(run_id, "members")
    for name, found in anew.items():
        users = replaced(users, name, found, ids[name])
        members = replaced_members(members, name, found, user_ids=user_ids, circle_ids=ids[name])
    members = conform(members, "members")
    circles = counted(store.table(run_id, "circles"), members, users)
    with Snapshot.open(live) as snapshot:
        refusals = Holdings.of_sets(dict(refusals_of(snapshot, moved_of(context))))
    tags = {name: load_arrays(models / f"{name}.npz")["tag_names"].tolist() for name in FACETS}
    return SnapshotTables(
        members=members,
        users=users,
        circles=circles,
        lineage=store.table(run_id, "lineage"),
        tiers=store.table(run_id, "tiers"),
        tier_changes=empty("tier-changes"),
        quarantine=pq.read_table(context.tables / "quarantine.parquet"),
        lifecycle=store.table(run_id, "lifecycle"),
        **{name: carried(live, name) for name in ("ambassadors", "creators", "referrals")},
        flywheel=read_json(live / "flywheel.json"),
        policy=read_json(live / "policy.json"),
        report=report_of(context, users, circles, anew),
        tags=Holdings.of_matrices(
            (matrix_of(People.open(models, name), len(tags[name])), tags[name]) for name in FACETS
        ),
        refusals=refusals,
    )


def carried(live: Path, what: str) -> pa.Table:
    """A table of the live snapshot; empty where the run was made before there was one."""
    return read_table(live, what) if table_path(live, what).exists() else empty(what)


def carried_users(users: pa.Table, user_ids: pa.Array) -> pa.Table:
    """The users table over everyone now: of somebody new nothing is known yet."""
    row = pc.index_in(user_ids, value_set=users["user_id"].combine_chunks())
    table = users.take(row).set_column(0, "user_id", user_ids)
    for name in FACETS:
        reason, circle = f"{name}_reason", table[f"{name}_circle"]
        nothing = pc.and_(pc.is_null(table[reason]), pc.is_null(circle))
        table = with_column(table, reason, pc.if_else(nothing, UNKNOWN, table[reason]))
    return table


def replaced(users: pa.Table, name: Facet, anew: Anew, circle_ids: list[str]) -> pa.Table:
    """The users table with the new circles and reasons of a facet."""
    place = np.full(users.num_rows, -1, dtype=np.int64)
    place[anew.people] = np.arange(len(anew.people))
    at, is_anew = pa.array(place, mask=place < 0), pa.array(place >= 0)
    circles = primary_circles(anew.found.labels, circle_ids).take(at)
    why = spoken(anew.found.reasons).take(at)
    for column, values in ((f"{name}_circle", circles), (f"{name}_reason", why)):
        users = with_column(users, column, pc.if_else(is_anew, values, users[column]))
    return users


def replaced_members(
    members: pa.Table, name: Facet, anew: Anew, *, user_ids: pa.Array, circle_ids: list[str]
) -> pa.Table:
    """The members table with the new memberships of a facet."""
    people = user_ids.take(pa.array(anew.people))
    theirs = pc.and_(
        pc.equal(members["facet"], name), pc.is_in(members["user_id"], value_set=people)
    )
    new = members_table(anew.found.members, user_ids=people, circle_ids=circle_ids, facet=name)
    return pa.concat_tables([members.filter(pc.invert(theirs)), new])


def counted(circles: pa.Table, members: pa.Table, users: pa.Table) -> pa.Table:
    """The circles table with sizes, shares and mean propensity of the members now."""
    everyone = with_parents(members, circles)
    place = pc.index_in(everyone["circle_id"], circles["circle_id"].combine_chunks()).to_numpy()
    row = pc.index_in(everyone["user_id"], value_set=users["user_id"].combine_chunks())
    propensity = pc.fill_null(users["share_propensity"].take(row), np.nan).to_numpy()
    is_known, n = ~np.isnan(propensity), circles.num_rows
    size = np.bincount(place, minlength=n)
    known = np.bincount(place[is_known], minlength=n)
    shared = np.bincount(place[is_known], propensity[is_known], minlength=n)
    mean = pa.array(shared / np.maximum(known, 1), mask=known == 0)
    circles = with_column(circles, "size", pa.array(size.astype(np.int64)))
    circles = with_column(circles, "share_of_users", pa.array(size / max(users.num_rows, 1)))
    return with_column(circles, "share_propensity", mean)


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:  # noqa: ANN401 - arrow
    """A table with other values in one column."""
    return table.set_column(table.schema.get_field_index(name), name, values)


def refusals_of(snapshot: Snapshot, moved: Numbers) -> Iterator[tuple[str, IntArray]]:
    """Who refuses which purpose, as rows of everyone now."""
    index = snapshot.audiences
    for purpose in index.bitmaps.words("refused"):
        rows = moved[index.rows[array_of(index.bitmaps.get("refused", purpose))]]
        yield purpose, np.sort(rows[rows >= 0]).astype(np.int64)


def report_of(
    context: Context, users: pa.Table, circles: pa.Table, anew: Mapping[Facet, Anew]
) -> dict[str, Any]:
    """The live run's report, with the update's own figures where it has some."""
    earlier = context.store.report(context.store.live_folder().name)
    qualities = {name: quality_of(users, circles, name) for name in FACETS}
    findings = inspect(list(qualities.values()), context.config.gates)
    moment = as_of(context)
    return earlier | {
        "people": users.num_rows,
        "as_of": moment.isoformat() if moment else None,
        "ingest": input_facts(context.work.load("ingest.json")),
        "facets": {
            name: earlier["facets"][name] | facet_facts(users, qualities[name]) for name in FACETS
        },
        "findings": [finding.to_dict() for finding in findings],
        "degenerate": any(finding.name == "degenerate" for finding in findings),
        "stages": context.work.records(),
        "update": {
            "of": context.previous,
            "new_people": users.num_rows - int(np.count_nonzero(moved_of(context) >= 0)),
            "placed_anew": {name: len(found.people) for name, found in anew.items()},
        },
    }


def quality_of(users: pa.Table, circles: pa.Table, name: Facet) -> FacetQuality:
    """The figures the publish gate judges a facet by; parents are no circles of their own."""
    own = circles.filter(
        pc.and_(
            pc.equal(circles["facet"], name),
            pc.invert(pc.is_in(circles["circle_id"], circles["parent_id"].combine_chunks())),
        )
    )
    primary = pc.drop_null(users[f"{name}_circle"])
    at = pc.index_in(primary, value_set=own["circle_id"].combine_chunks()).to_numpy()
    sizes = np.bincount(at, minlength=own.num_rows)
    unplaceable = pc.is_in(users[f"{name}_reason"], value_set=pa.array(UNPLACEABLE))
    placeable = users.num_rows - int(pc.sum(unplaceable).as_py() or 0)
    return FacetQuality(
        facet=name,
        circles=own.num_rows,
        placeable=placeable,
        largest_share=float(sizes.max(initial=0) / max(placeable, 1)),
        coverage=len(primary) / max(users.num_rows, 1),
        stability=tuple(pc.fill_null(own["stability"], np.nan).to_pylist()),
        sizes=tuple(sizes.tolist()),
    )


def facet_facts(users: pa.Table, quality: FacetQuality) -> dict[str, Any]:
    """What an update can change in what a run says of a facet."""
    why = pc.value_counts(pc.drop_null(users[f"{quality.facet}_reason"])).to_pylist()
    return {
        "coverage": quality.coverage,
        "largest_share": quality.largest_share,
        "stability": quality.firmness,
        "reasons": {row["values"]: row["counts"] for row in why},
    }


def facts_of(context: Context) -> Facts:
    """Where the snapshot came from: the live run and the new events."""
    live = context.store.manifest(context.store.live_folder().name)
    given = context.work.load("ingest.json")["sources"]
    return Facts(
        run_id=context.work.run_id,
        created=context.asked_at,
        as_of=as_of(context),
        previous=context.previous,
        config_hash=context.work.request()["fingerprint"],
        policy_version=live["policy_version"],
        min_audience=live["min_audience"],
        inputs=live["inputs"] | {source["path"]: source["sha256"] for source in given},
        next_circle_numbers=live["next_circle_numbers"],
        sent_through=context.sent_through,
    )


def as_of(context: Context) -> datetime | None:
    """The later of the live run's moment and the last new event."""
    before = context.store.manifest(context.store.live_folder().name)["as_of"]
    moments = [datetime.fromisoformat(before) if before else None, context.as_of]
    return max((moment for moment in moments if moment), default=None)
