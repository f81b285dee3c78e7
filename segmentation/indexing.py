"""Write the index of a snapshot: its tables again, laid out so that a reader maps them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segmentation.amounts import LEAST, scale_of, to_decimals
from segmentation.audience_index import write_audience_index
from segmentation.billionths import to_parts
from segmentation.conditions import MEASURES
from segmentation.erased import save_nobody
from segmentation.holdings import Holdings
from segmentation.kinship import with_parents
from segmentation.layout import (
    CHANGE_DTYPE,
    COURSE_DTYPE,
    MEMBERSHIP_DTYPE,
    NO_TIME,
    NONE,
    STANDING_DTYPE,
    USER_DTYPE,
)
from segmentation.manifest import write_json
from segmentation.registry import save_registry, save_strings, slim
from segmentation.tables import SHARES, numbers

Integers: TypeAlias = npt.NDArray[np.integer[Any]]
Tables: TypeAlias = Mapping[str, pa.Table]
Vocabulary: TypeAlias = dict[str, Any]
Records: TypeAlias = npt.NDArray[np.void]
Numbers: TypeAlias = npt.NDArray[np.number[Any]]

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
    for name, records in user_records(tables, vocabulary).items():
        np.save(folder / f"{name}.npy", records)
    _save_groups(folder, "tier", codes(tables["users"]["tier"], tiers), len(tiers))
    _save_members(folder, tables)
    _save_changes(folder, tables["tier-changes"], vocabulary)
    write_audience_index(
        folder,
        users=tables["users"],
        members=circle_members(tables),
        measures={name: numbers(tables["users"][name]) for name in MEASURES},
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
    """The words the records point into, and how fine its amounts are."""
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
        "scales": {
            name: scale_of(name, numbers((tables["tiers"] if name == "score" else users)[name]))
            for name in LEAST
        },
    }


def user_records(tables: Tables, vocabulary: Vocabulary) -> dict[str, Records]:
    """One record for each user, in the order of the users table, and those records point into."""
    users = tables["users"]
    held, standings = standing_records(tables["tiers"], vocabulary)
    taken, courses = course_records(tables["lifecycle"], vocabulary)
    at = rows_of(tables["tiers"]["user_id"], users)
    columns: dict[str, Numbers] = {name: to_parts(numbers(users[name])) for name in SHARES}
    amounts = {name: numbers(users[name]) for name in ("influence", "value")}
    amounts["score"] = np.full(users.num_rows, np.nan)
    amounts["score"][at] = numbers(tables["tiers"]["score"])
    for name, values in amounts.items():
        columns[name] = to_decimals(values, vocabulary["scales"][name])
    columns["standing"] = spread(held, at, users.num_rows)
    at = rows_of(tables["lifecycle"]["user_id"], users)
    columns["course"] = spread(taken, at, users.num_rows)
    for reason in ("interest_reason", "lifestyle_reason"):
        columns[reason] = slim(codes(users[reason], vocabulary["reasons"]))
    return {"users": records_of(columns, USER_DTYPE), "standings": standings, "courses": courses}


def spread(places: Integers, at: Integers, people: int) -> Integers:
    """Places of some people as a column of everyone, `NONE` of the others."""
    column = np.full(people, NONE)
    column[at] = places
    return slim(column)


def records_of(columns: Mapping[str, Numbers], widest: np.dtype[np.void]) -> Records:
    """Records of columns, in the order of the widest of their kind."""
    names = widest.names or ()
    kind = np.dtype([(name, columns[name].dtype.newbyteorder("<")) for name in names])
    records = np.zeros(len(columns[names[0]]), dtype=kind)
    for name in names:
        records[name] = columns[name]
    return records


def standing_records(tiers: pa.Table, vocabulary: Vocabulary) -> tuple[Integers, Records]:
    """Which of the different standings each row of the tiers table has, and those."""
    records = np.zeros(tiers.num_rows, dtype=STANDING_DTYPE)
    records["since"] = times(tiers["since"])
    records["review_after"] = times(tiers["review_after"])
    records["reason_codes"] = reason_places(tiers["reason_codes"], vocabulary)
    records["tier"] = codes(tiers["tier"], vocabulary["tiers"])
    return distinct(records)


def course_records(lifecycle: pa.Table, vocabulary: Vocabulary) -> tuple[Integers, Records]:
    """Which of the different courses each row of the lifecycle table has, and those."""
    records = np.zeros(lifecycle.num_rows, dtype=COURSE_DTYPE)
    records["since"] = times(lifecycle["since"])
    for name in ("stage", "previous_stage"):
        records[name] = codes(lifecycle[name], vocabulary["stages"])
    return distinct(records)


def distinct(records: Records) -> tuple[Integers, Records]:
    """The place of each record among those that differ, and these as they first appear."""
    code: Integers = np.zeros(len(records), dtype=np.int64)
    for name in records.dtype.names or ():
        known = pa.array(records[name]).dictionary_encode()
        both = code * len(known.dictionary) + known.indices.to_numpy()
        code = pa.array(both).dictionary_encode().indices.to_numpy()
    first = np.zeros(code.max(initial=-1) + 1, dtype=np.int64)
    first[code[::-1]] = np.arange(len(code))[::-1]
    return code, records[first]


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


def times(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """A column of times as UTC microseconds."""
    values: npt.NDArray[np.int64] = pc.fill_null(column.cast(pa.int64()), NO_TIME).to_numpy()
    return values


def _save_members(folder: Path, tables: Tables) -> None:
    """Write who is where. Rows of parents follow those of users, who are in circles only."""
    own, users, circles = tables["members"], tables["users"], tables["circles"]
    members = with_parents(own, circles)
    rows = rows_of(members["user_id"], users)
    places = codes(members["circle_id"], circles["circle_id"].combine_chunks())
    strengths = to_parts(numbers(members["strength"]))
    np.save(folder / "membership_ends.npy", _ends(rows[: own.num_rows], users.num_rows))
    columns = {
        "circle": places.astype(np.min_scalar_type(max(circles.num_rows - 1, 0))),
        "strength": strengths,
        "rank": members["rank"].to_numpy().astype(MEMBERSHIP_DTYPE["rank"]),
    }
    np.save(folder / "memberships.npy", records_of(columns, MEMBERSHIP_DTYPE))
    order = np.lexsort((rows, -strengths.astype(np.int64), places))
    np.save(folder / "circle_ends.npy", _ends(places, circles.num_rows))
    np.save(folder / "circle_users.npy", slim(rows[order]))
    np.save(folder / "circle_memberships.npy", slim(order))


def _save_groups(folder: Path, name: str, places: Integers, count: int) -> None:
    order = np.argsort(places, kind="stable")
    np.save(folder / f"{name}_ends.npy", _ends(places, count))
    np.save(folder / f"{name}_users.npy", slim(order[np.sum(places < 0) :]))


def _save_changes(folder: Path, changes: pa.Table, vocabulary: Vocabulary) -> None:
    records = np.zeros(changes.num_rows, dtype=CHANGE_DTYPE)
    records["at"] = times(changes["at"])
    records["reason_codes"] = reason_places(changes["reason_codes"], vocabulary)
    records["policy_version"] = codes(changes["policy_version"], vocabulary["policy_versions"])
    records["before"] = codes(changes["before"], vocabulary["all_tiers"])
    records["after"] = codes(changes["after"], vocabulary["all_tiers"])
    np.save(folder / "changes.npy", records)
    save_strings(folder, "change", changes["user_id"].to_pylist())


def _ends(places: Integers, count: int) -> Integers:
    counted = np.bincount(places[places >= 0], minlength=count)
    return slim(np.concatenate([[0], np.cumsum(counted, dtype=np.int64)]))
