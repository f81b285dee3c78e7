"""The tables of a snapshot: their columns, their order and their files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from segmentation.amounts import rounded
from segmentation.billionths import FloatArray, to_parts, to_parts_of_one, to_shares
from segmentation.errors import NotFound, StoreDamaged, StoreError
from segmentation.holdings import Holdings

TIME = pa.timestamp("us", tz="UTC")
CODES = pa.list_(pa.string())
TOP_TAGS = pa.list_(
    pa.struct({"tag": pa.string()} | dict.fromkeys(("lift", "share", "q_value"), pa.float64()))
)
ROW_GROUP = 122_880


def _schema(columns: Mapping[str, pa.DataType], optional: str = "") -> pa.Schema:
    maybe = optional.split()
    return pa.schema([pa.field(name, kind, name in maybe) for name, kind in columns.items()])


def _columns(kind: pa.DataType, names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names.split(), kind)


SCHEMAS: dict[str, pa.Schema] = {
    "members": _schema(
        _columns(pa.string(), "user_id facet circle_id")
        | {"strength": pa.float64(), "rank": pa.int32()},
    ),
    "circles": _schema(
        _columns(pa.string(), "circle_id facet name parent_id")
        | {"size": pa.int64()}
        | _columns(pa.float64(), "share_of_users stability stability_low stability_high")
        | {"share_propensity": pa.float64(), "top_tags": TOP_TAGS}
        | _columns(pa.string(), "status first_run"),
        "parent_id stability stability_low stability_high share_propensity",
    ),
    "users": _schema(
        {"user_id": pa.string()}
        | _columns(pa.float64(), "share_propensity share_low share_high")
        | _columns(pa.float64(), "social_currency influence")
        | {"tier": pa.string(), "tier_since": TIME, "lifecycle_stage": pa.string()}
        | _columns(pa.float64(), "value stickiness")
        | _columns(pa.string(), "interest_circle lifestyle_circle")
        | _columns(pa.string(), "interest_reason lifestyle_reason"),
        "share_propensity share_low share_high social_currency influence tier tier_since "
        "lifecycle_stage value stickiness interest_circle lifestyle_circle interest_reason "
        "lifestyle_reason",
    ),
    "tiers": _schema(
        _columns(pa.string(), "user_id tier")
        | {"score": pa.float64(), "reason_codes": CODES}
        | _columns(TIME, "since review_after"),
        "score since review_after",
    ),
    "tier-changes": _schema(
        _columns(pa.string(), "user_id before after")
        | {"reason_codes": CODES, "policy_version": pa.string(), "at": TIME},
        "before after at",
    ),
    "ambassadors": _schema(
        {"circle_id": pa.string(), "rank": pa.int32(), "user_id": pa.string()}
        | {"reach": pa.float64()},
    ),
    "creators": _schema(
        {"circle_id": pa.string(), "rank": pa.int32(), "user_id": pa.string()}
        | _columns(pa.int64(), "works comments echoes"),
    ),
    "referrals": _schema(
        _columns(pa.string(), "user_id referred_by") | {"at": TIME, "generation": pa.int32()},
        "referred_by",
    ),
    "lineage": _schema(
        _columns(pa.string(), "run_id facet circle_id event")
        | {"from_ids": CODES, "overlap": pa.float64()},
        "overlap",
    ),
    "crosstab": _schema(
        _columns(pa.string(), "interest_circle lifestyle_circle")
        | {"people": pa.int64()}
        | _columns(pa.float64(), "share_of_interest share_of_lifestyle lift q_value"),
    ),
    "quarantine": _schema(
        {"source": pa.string(), "row": pa.int64(), "reason": pa.string(), "raw": pa.string()},
        "row raw",
    ),
    "lifecycle": _schema(
        _columns(pa.string(), "user_id stage previous_stage") | {"since": TIME},
        "previous_stage since",
    ),
}

ORDERS = {
    "members": ("user_id", "facet", "rank"),
    "circles": ("facet", "size", "circle_id"),
    "users": ("user_id",),
    "tiers": ("user_id",),
    "tier-changes": ("at", "user_id"),
    "ambassadors": ("circle_id", "rank"),
    "creators": ("circle_id", "rank"),
    "referrals": ("user_id",),
    "lineage": ("facet", "circle_id", "event"),
    "crosstab": ("interest_circle", "lifestyle_circle"),
    "quarantine": ("source", "row", "reason", "raw"),
    "lifecycle": ("user_id",),
}
DESCENDING = {"size"}
SHARES = ("share_propensity", "share_low", "share_high", "social_currency", "stickiness")
"""What is told of users to a billionth, as the index keeps it."""
Told: TypeAlias = Callable[[FloatArray], FloatArray]


def _shares(values: FloatArray) -> FloatArray:
    return to_shares(to_parts(values))


def _parts_of_one(values: FloatArray) -> FloatArray:
    return to_shares(to_parts_of_one(values))


TOLD: Mapping[str, Mapping[str, Told]] = {
    "users": {
        **dict.fromkeys(SHARES, _shares),
        "influence": partial(rounded, "influence"),
        "value": partial(rounded, "value"),
    },
    "members": {"strength": _parts_of_one},
    "tiers": {"score": partial(rounded, "score")},
}
"""Numbers as the index keeps them and everybody tells them."""


@dataclass(frozen=True, kw_only=True)
class SnapshotTables:
    """Everything a run found, ready to be written as a snapshot.

    The tables have the columns of `SCHEMAS`, in any row order; `flywheel`, `policy` and `report`
    are JSON objects. A circle's size counts all its members, whatever its rank among theirs.
    `tags` and `refusals` say who has a tag or refuses a purpose, as rows of the users in bytewise
    order of their ids.
    """

    members: pa.Table
    users: pa.Table
    circles: pa.Table
    lineage: pa.Table
    tiers: pa.Table
    tier_changes: pa.Table
    quarantine: pa.Table
    lifecycle: pa.Table
    flywheel: Mapping[str, Any]
    policy: Mapping[str, Any]
    report: Mapping[str, Any]
    crosstab: pa.Table = field(default_factory=lambda: empty("crosstab"))
    ambassadors: pa.Table = field(default_factory=lambda: empty("ambassadors"))
    creators: pa.Table = field(default_factory=lambda: empty("creators"))
    referrals: pa.Table = field(default_factory=lambda: empty("referrals"))
    tags: Holdings = field(default_factory=Holdings.none)
    refusals: Holdings = field(default_factory=Holdings.none)

    def canonical(self) -> dict[str, pa.Table]:
        """The tables by name, with exact columns and in their canonical order."""
        return {what: conform(getattr(self, what.replace("-", "_")), what) for what in SCHEMAS}


def conform(table: pa.Table, what: str) -> pa.Table:
    """Return a table with the exact columns of its kind, sorted; equal rows give equal tables."""
    schema = SCHEMAS[what]
    if sorted(table.column_names) != sorted(schema.names):
        raise StoreError(
            f"The {what} table must have the columns {', '.join(schema.names)}, "
            f"got {', '.join(table.column_names)}."
        )
    keys = [(name, "descending" if name in DESCENDING else "ascending") for name in ORDERS[what]]
    return _typed(table, what).sort_by(keys).combine_chunks()


def numbers(column: pa.ChunkedArray) -> FloatArray:
    """A column as doubles, NaN where nothing is known."""
    values: FloatArray = pc.fill_null(column, np.nan).to_numpy()
    return values


def empty(what: str) -> pa.Table:
    """A table of this kind without rows."""
    return SCHEMAS[what].empty_table()


def table_path(folder: Path, what: str) -> Path:
    """Where a snapshot keeps one of its tables."""
    if what not in SCHEMAS:
        raise NotFound(f"There is no table `{what}`. Ask for one of {', '.join(SCHEMAS)}.")
    return folder / "tables" / f"{what}.parquet"


def write_table(folder: Path, what: str, table: pa.Table) -> None:
    """Write one table of a snapshot; equal tables give equal bytes."""
    path = table_path(folder, what)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd", row_group_size=ROW_GROUP)


def read_table(folder: Path, what: str) -> pa.Table:
    """Read one table of a snapshot."""
    path = table_path(folder, what)
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise StoreDamaged(f"`{path}` cannot be read. Make this run again.") from error


def _typed(table: pa.Table, what: str) -> pa.Table:
    schema = SCHEMAS[what]
    try:
        columns = {field.name: _column(table[field.name], field.type) for field in schema}
        for name, told in TOLD.get(what, {}).items():
            columns[name] = _rounded(name, columns[name], told)
        return pa.table(columns).cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise StoreError(f"The {what} table is not what it must be: {error}.") from error


def _column(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    typed = column.cast(kind)
    if not pa.types.is_floating(kind):
        return typed
    return pc.if_else(pc.is_nan(typed), pa.scalar(None, kind), typed)


def _rounded(name: str, column: pa.ChunkedArray, told: Told) -> pa.Array:
    try:
        values = told(numbers(column))
    except ValueError as error:
        raise ValueError(f"`{name}` {error}") from error
    return pa.array(values, mask=np.isnan(values))
