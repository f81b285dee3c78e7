"""Scrubbing a person out of one snapshot, which is never written otherwise.

Snapshots are mapped by readers, so their index is scrubbed in place: the id becomes zeros, the
record and the tags nothing, and a mark keeps the empty row out of every list. Tables are written
anew without the person. Aggregates stay as they were.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segmentation.amounts import LEAST, NOTHING
from segmentation.audience import FOLDER
from segmentation.billionths import UNKNOWN
from segmentation.conditions import MEASURES
from segmentation.config import FACETS
from segmentation.durable import replacing
from segmentation.erased import mark
from segmentation.layout import NO_TIME, NONE
from segmentation.manifest import (
    MANIFEST,
    measure,
    read_json,
    read_manifest,
    snapshot_files,
    write_json,
)
from segmentation.mentions import mention
from segmentation.registry import Registry, Strings, row_in_text

if TYPE_CHECKING:
    import pyarrow as pa


def erase_in_snapshot(folder: Path, user_id: str) -> bool:
    """Scrub a person out of a snapshot; False when it does not know them."""
    index = folder / "index"
    row = row_of(index, user_id)
    in_tables = rewrite_tables(folder, user_id)
    in_report = forget_named(folder, user_id)
    if row != NONE:
        # The mark comes first: from then on no list shows the row, whatever is left in it.
        mark(index, row)
        scrub_record(index, row)
        scrub_tags(folder / "models", row)
        scrub_sums(folder / "sums", row)
        scrub_merits(folder / "merits", user_id, row)
        forget_sharing(folder, user_id)
        scrub_text(index, "user", lambda ids: [row])
    scrub_text(index, "change", lambda ids: [at for at in range(len(ids)) if ids[at] == user_id])
    is_known = row != NONE or in_tables or in_report
    if is_known:
        write_manifest_anew(folder)
    return is_known


def row_of(index: Path, user_id: str) -> int:
    """The row of a person, also in a snapshot of an earlier version; -1 for nobody."""
    registry = Registry.open(index)
    row = registry.find(user_id)
    return row if row != NONE else row_in_text(registry.ids, user_id)


def forget_named(folder: Path, user_id: str) -> bool:
    """Take those named as samples out of a report that names a person; earlier versions did so."""
    report = read_json(folder / "report.json")
    samples = report.get("rights", {}).pop("samples", {})
    is_named = any(row["user_id"] == user_id for rows in samples.values() for row in rows)
    if is_named:
        write_json(folder / "report.json", report)
    return is_named


def scrub_text(index: Path, name: str, rows: Callable[[Strings], list[int]]) -> None:
    """Overwrite some strings with zeros, in place."""
    strings = Strings.open(index, name)
    found = rows(strings)
    if not found:
        return
    text = np.load(index / f"{name}_text.npy", mmap_mode="r+")
    for at in found:
        text[strings.ends[at] : strings.ends[at + 1]] = 0
    text.flush()


def scrub_record(index: Path, row: int) -> None:
    """Make a user's record say that nothing is known, and their memberships weigh nothing."""
    place = np.load(index / FOLDER / "places.npy", mmap_mode="r")[row]
    for name in MEASURES:
        # Before the values go: the order is searched by them.
        scrub_order(index / FOLDER / f"{name}_order.npy", place)
    users = np.load(index / "users.npy", mmap_mode="r+")
    nothing = {"f": np.nan, "i": NONE, "u": UNKNOWN}
    for name in users.dtype.names:  # those of the version that wrote them
        kind = users.dtype[name].kind
        users[name][row] = NOTHING if kind == "i" and name in LEAST else nothing[kind]
    users.flush()
    if not (index / "memberships.npy").exists():  # an earlier version's, which nobody reads
        return
    ends = np.load(index / "membership_ends.npy", mmap_mode="r")
    memberships = np.load(index / "memberships.npy", mmap_mode="r+")
    memberships["strength"][ends[row] : ends[row + 1]] = 0
    memberships.flush()


def scrub_order(path: Path, place: int) -> None:
    """Put a neighbour's place for one in an order of places, which stays one of the same length."""
    order = np.load(path, mmap_mode="r+")
    at = np.flatnonzero(order == place)
    if 0 < len(at) < len(order):
        # Who stands in for somebody erased stands there several times, side by side.
        order[at] = order[at[0] - 1] if at[0] else order[at[-1] + 1]
        order.flush()


def scrub_tags(models: Path, row: int) -> None:
    """Make a person's tags weigh nothing."""
    for facet in FACETS:
        path = models / f"{facet}_weights.npy"
        if path.exists():
            starts = np.load(models / f"{facet}_starts.npy", mmap_mode="r")
            weights = np.load(path, mmap_mode="r+")
            weights[starts[row] : starts[row + 1]] = 0
            weights.flush()


def scrub_sums(sums: Path, row: int) -> None:
    """Make the sums of a person's tastes nothing, and forget when they were last seen.

    Snapshots share these files; a person's entries in them are the same in each.
    """
    for path in sorted(sums.glob("*_people.npy")):
        people = np.load(path, mmap_mode="r")
        at = int(np.searchsorted(people, row))
        if at < len(people) and people[at] == row:
            layer = path.name.removesuffix("_people.npy")
            starts = np.load(sums / f"{layer}_starts.npy", mmap_mode="r")
            amounts = np.load(sums / f"{layer}_amounts.npy", mmap_mode="r+")
            amounts[starts[at] : starts[at + 1]] = 0
            amounts.flush()
    for path in sorted(sums.glob("*_latest.npy")):
        latest = np.load(path, mmap_mode="r+")
        latest[row] = NO_TIME
        latest.flush()


def scrub_merits(folder: Path, user_id: str, row: int) -> None:
    """Take a person out of what rights were decided by."""
    from segmentation.merits import erase_from  # pyarrow is for those who erase

    erase_from(folder, user_id, row)


def forget_sharing(folder: Path, user_id: str) -> None:
    """Take a person's dated facts out of what questions about sharing read."""
    from segmentation.sharelog import erase_from  # pyarrow is for those who erase

    erase_from(folder, user_id)


def rewrite_tables(folder: Path, user_id: str) -> bool:
    """Write each table that names a person anew without them; say whether any did."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found = False
    for path in sorted((folder / "tables").glob("*.parquet")):
        table = pq.read_table(path)
        column = next((name for name in ("user_id", "raw") if name in table.column_names), None)
        if column is None:
            continue
        if column == "raw":
            named = pc.fill_null(pc.match_substring_regex(table["raw"], mention(user_id)), False)
        else:
            named = pc.equal(table["user_id"], pa.scalar(user_id))
        others = without_inviter(table.filter(pc.invert(named)), user_id)
        if not others.equals(table):
            found = True
            with replacing(path) as beside:
                pq.write_table(others, beside, compression="zstd")
    return found


def without_inviter(table: "pa.Table", user_id: str) -> "pa.Table":
    """The table, with nobody having been brought by a person."""
    import pyarrow as pa
    import pyarrow.compute as pc

    name = "referred_by"
    if name not in table.column_names:
        return table
    by_them = pc.fill_null(pc.equal(table[name], pa.scalar(user_id)), False)
    return table.set_column(
        table.schema.get_field_index(name),
        table.schema.field(name),
        pc.if_else(by_them, pa.scalar(None, pa.string()), table[name]),
    )


def write_manifest_anew(folder: Path) -> None:
    """State the checksums of the files as they are now."""
    manifest = read_manifest(folder)
    files = {name: measure(folder / name) for name in snapshot_files(folder)}
    write_json(folder / MANIFEST, {**manifest, "files": files})
