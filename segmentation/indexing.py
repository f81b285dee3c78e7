"""Write the index of a snapshot: its tables again, laid out so that a reader maps them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segmentation.audience_index import write_audience_index
from segmentation.conditions import MEASURES as AUDIENCE_MEASURES
from segmentation.erased import save_nobody
from segmentation.holdings import Holdings
from segmentation.kinship import with_parents
from segmentation.layout import CHANGE_DTYPE, NO_TIME, NONE, USER_DTYPE
from segmentation.manifest import write_json
from segmentation.registry import save_registry, save_strings

Integers: TypeAlias = npt.NDArray[np.integer[Any]]
Tables: TypeAlias = Mapping[str, pa.Table]
Vocabulary: TypeAlias = dict[str, list[Any]]
Records: TypeAlias = npt.NDArray[np.void]

MEASURES = (
    "share_propensity",
    "share_low",
    "share_high",
    "social_currency",
    "influence",
    "value",
    "stickiness",
)
SEPARATOR = "\x1f"


def write_index(
    folder: Path, tables: Tables, *, tiers: list[str], tags: Holdings, refusals: Holdings
) -> None:
    """Write the index of canonical tables into a folder; `tiers` are named lowest first.

    `tags` and `refusals` hold rows of the canonical users table.
    """
    folder.mkdir()
    vocabulary = gather_vocabulary(tables, tiers)
    write_json(folder / "vocabulary.json", vocabulary)
    save_registry(folder, tables["users"]["user_id"].to_pylist())
    save_nobody(folder, tables["users"].num_rows)
    users = user_records(tables, vocabulary)
    np.save(folder / "users.npy", users)
    _save_groups(folder, "tier", users["tier"], len(tiers))
    _save_members(folder, tables)
    _save_changes(folder, tables["tier-changes"], vocabulary)
    write_audience_index(
        folder,
        users=tables["users"],
        members=circle_members(tables),
        measures={name: users[name] for name in AUDIENCE_MEASURES},
        tags=tags,
        refusals=refusals,
    )


def circle_members(tables: Tables) -> dict[str, Integers]:
    """The rows of each circle's members; those of a parent are its children's."""
    members = with_parents(tables["members"], tables["circles"])
    circles = tables["circles"]["circle_id"].combine_chunks()
    rows, places = (
        rows_of(members["user_id"], tables["users"]),
        codes(members["circle_id"], circles),
    )
    order = np.argsort(places, kind="stable")
    parts = np.split(rows[order], np.cumsum(np.bincount(places, minlength=len(circles)))[:-1])
    return dict(zip(circles.to_pylist(), parts, strict=True)) if len(circles) else {}


def gather_vocabulary(tables: Tables, tiers: list[str]) -> Vocabulary:
    """The words the records point into."""
    users, lifecycle, changes = tables["users"], tables["lifecycle"], tables["tier-changes"]
    reasons = [joined(table["reason_codes"]) for table in (tables["tiers"], changes)]
    ever = words(changes["before"], changes["after"])
    return {
        "tiers": tiers,
        "all_tiers": tiers + [tier for tier in ever if tier not in tiers],
        "stages": words(lifecycle["stage"], lifecycle["previous_stage"]),
        "reasons": words(users["interest_reason"], users["lifestyle_reason"]),
        "reason_codes": [text.split(SEPARATOR) if text else [] for text in words(*reasons)],
        "policy_versions": words(changes["policy_version"]),
    }


def user_records(tables: Tables, vocabulary: Vocabulary) -> Records:
    """One record for each user, in the order of the users table."""
    users = tables["users"]
    records = np.zeros(users.num_rows, dtype=USER_DTYPE)
    for name in MEASURES:
        records[name] = numbers(users[name])
    for reason in ("interest_reason", "lifestyle_reason"):
        records[reason] = codes(users[reason], vocabulary["reasons"])
    _add_tiers(records, tables, vocabulary)
    _add_stages(records, tables, vocabulary)
    return records


def rows_of(user_ids: pa.ChunkedArray, users: pa.Table) -> Integers:
    """The row of each id in the users table, -1 where it has none."""
    return codes(user_ids, users["user_id"].combine_chunks())


def codes(column: pa.ChunkedArray, vocabulary: list[str] | pa.Array) -> Integers:
    """The place of each value in a vocabulary, -1 where it has none."""
    known = pa.array(vocabulary, pa.string())
    places: Integers = pc.fill_null(pc.index_in(column, value_set=known), NONE).to_numpy()
    return places


def words(*columns: pa.ChunkedArray) -> list[str]:
    """All values of some columns, sorted."""
    return sorted(
        {word for column in columns for word in pc.unique(column).to_pylist() if word is not None}
    )


def joined(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write each list of codes as one text."""
    return pc.binary_join(column, SEPARATOR)


def reason_places(column: pa.ChunkedArray, vocabulary: Vocabulary) -> Integers:
    """The place of each list of codes in the vocabulary."""
    return codes(joined(column), [SEPARATOR.join(codes) for codes in vocabulary["reason_codes"]])


def numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """A column as doubles, NaN where nothing is known."""
    values: npt.NDArray[np.float64] = pc.fill_null(column, np.nan).to_numpy()
    return values


def times(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """A column of times as UTC microseconds."""
    values: npt.NDArray[np.int64] = pc.fill_null(column.cast(pa.int64()), NO_TIME).to_numpy()
    return values


def spread(values: npt.NDArray[Any], at: Integers, size: int, missing: float) -> npt.NDArray[Any]:
    """Put each value at its row, and what stands for nothing known at the others."""
    column = np.full(size, missing, dtype=values.dtype)
    column[at] = values
    return column


def _add_tiers(records: Records, tables: Tables, vocabulary: Vocabulary) -> None:
    tiers, size = tables["tiers"], len(records)
    at = rows_of(tiers["user_id"], tables["users"])
    records["tier"] = spread(codes(tiers["tier"], vocabulary["tiers"]), at, size, NONE)
    records["score"] = spread(numbers(tiers["score"]), at, size, np.nan)
    records["tier_since"] = spread(times(tiers["since"]), at, size, NO_TIME)
    records["review_after"] = spread(times(tiers["review_after"]), at, size, NO_TIME)
    why = reason_places(tiers["reason_codes"], vocabulary)
    records["reason_codes"] = spread(why, at, size, NONE)


def _add_stages(records: Records, tables: Tables, vocabulary: Vocabulary) -> None:
    lifecycle, stages, size = tables["lifecycle"], vocabulary["stages"], len(records)
    at = rows_of(lifecycle["user_id"], tables["users"])
    records["stage"] = spread(codes(lifecycle["stage"], stages), at, size, NONE)
    before = codes(lifecycle["previous_stage"], stages)
    records["previous_stage"] = spread(before, at, size, NONE)
    records["stage_since"] = spread(times(lifecycle["since"]), at, size, NO_TIME)


def _save_members(folder: Path, tables: Tables) -> None:
    """Write who is where. Rows of parents follow those of users, who are in circles only."""
    own, users, circles = tables["members"], tables["users"], tables["circles"]
    members = with_parents(own, circles)
    rows = rows_of(members["user_id"], users)
    places = codes(members["circle_id"], circles["circle_id"].combine_chunks())
    strengths = numbers(members["strength"])
    np.save(folder / "membership_ends.npy", _ends(rows[: own.num_rows], users.num_rows))
    np.save(folder / "membership_circle.npy", places.astype(np.int32))
    np.save(folder / "membership_strength.npy", strengths)
    np.save(folder / "membership_rank.npy", members["rank"].to_numpy().astype(np.int8))
    order = np.lexsort((rows, -strengths, places))
    np.save(folder / "circle_ends.npy", _ends(places, circles.num_rows))
    np.save(folder / "circle_users.npy", rows[order].astype(np.int32))
    np.save(folder / "circle_memberships.npy", order)


def _save_groups(folder: Path, name: str, places: Integers, count: int) -> None:
    order = np.argsort(places, kind="stable")
    np.save(folder / f"{name}_ends.npy", _ends(places, count))
    np.save(folder / f"{name}_users.npy", order[np.sum(places < 0) :].astype(np.int32))


def _save_changes(folder: Path, changes: pa.Table, vocabulary: Vocabulary) -> None:
    records = np.zeros(changes.num_rows, dtype=CHANGE_DTYPE)
    records["at"] = times(changes["at"])
    records["reason_codes"] = reason_places(changes["reason_codes"], vocabulary)
    records["policy_version"] = codes(changes["policy_version"], vocabulary["policy_versions"])
    records["before"] = codes(changes["before"], vocabulary["all_tiers"])
    records["after"] = codes(changes["after"], vocabulary["all_tiers"])
    np.save(folder / "changes.npy", records)
    save_strings(folder, "change", changes["user_id"].to_pylist())


def _ends(places: Integers, count: int) -> npt.NDArray[np.int64]:
    counted = np.bincount(places[places >= 0], minlength=count)
    return np.concatenate([[0], np.cumsum(counted, dtype=np.int64)])
