"""Check that the tables of a run agree with each other before anyone reads them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segmentation.errors import StoreError
from segmentation.kinship import with_parents

Tables: TypeAlias = Mapping[str, pa.Table]
FACETS = ("interest", "lifestyle")
PER_USER = ("tiers", "lifecycle")
ROUNDING = 1e-9


def reconcile(tables: Tables, *, tiers: Sequence[str]) -> None:
    """Check canonical tables against each other; `tiers` are the policy's.

    Raises
    ------
    StoreError
        Says which table breaks which rule, and for how many rows.
    """
    _check_ids(tables)
    _check_members(tables)
    _check_circles(tables)
    _check_sizes(tables)
    _check_primary(tables)
    _check_tiers(tables, tiers)
    _check_propensity(tables["users"])


def require(good: npt.NDArray[np.bool_], table: str, rule: str) -> None:
    """Raise when a rule does not hold for every row of a table."""
    bad = int(np.count_nonzero(~good))
    if bad:
        first = int(np.flatnonzero(~good)[0])
        raise StoreError(
            f"The {table} table breaks a rule: {rule}. {bad} rows do, the first is row {first}. "
            "Nothing was published; this is a fault of the run."
        )


def _check_ids(tables: Tables) -> None:
    for table in ("users", *PER_USER):
        ids = tables[table]["user_id"]
        apart = pc.less(ids[:-1], ids[1:])
        require(_mask(apart), table, "each user has one row")
    for table in ("members", *PER_USER):
        known = pc.is_in(tables[table]["user_id"], tables["users"]["user_id"].combine_chunks())
        require(_mask(known), table, "each `user_id` is in the users table")


def _check_members(tables: Tables) -> None:
    members = tables["members"]
    strength, rank = members["strength"].to_numpy(), members["rank"].to_numpy()
    require((strength >= 0) & (strength <= 1), "members", "`strength` lies in [0, 1]")
    first = rank == 1
    begins = np.ones(len(rank), dtype=bool)
    begins[1:] = _mask(pc.not_equal(members["user_id"][:-1], members["user_id"][1:])) | _mask(
        pc.not_equal(members["facet"][:-1], members["facet"][1:])
    )
    follows = np.r_[False, (rank[1:] == rank[:-1] + 1) & (strength[1:] <= strength[:-1])]
    ranked = np.where(begins, first, follows[: len(rank)])
    require(ranked, "members", "ranks of a user and facet run 1, 2, ... as `strength` falls")
    group = np.cumsum(begins) - 1
    sums = np.bincount(group, weights=strength)
    require(sums <= 1 + ROUNDING, "members", "strengths of a user and facet sum to at most 1")


def _check_circles(tables: Tables) -> None:
    members, circles = tables["members"], tables["circles"]
    ids = circles["circle_id"].combine_chunks()
    require(np.array([len(set(ids.to_pylist())) == len(ids)]), "circles", "`circle_id` is unique")
    place = pc.index_in(members["circle_id"], ids)
    require(_mask(pc.is_valid(place)), "members", "each `circle_id` is in the circles table")
    facets = pc.take(circles["facet"].combine_chunks(), place)
    require(_mask(pc.equal(facets, members["facet"])), "members", "a circle keeps to its facet")
    parents = pc.or_kleene(
        pc.is_null(circles["parent_id"]), pc.is_in(circles["parent_id"], value_set=ids)
    )
    require(_mask(parents), "circles", "each `parent_id` is in the circles table")


def _check_sizes(tables: Tables) -> None:
    members, circles = tables["members"], tables["circles"]
    ids, above = circles["circle_id"].combine_chunks(), circles["parent_id"].combine_chunks()
    below = pc.invert(pc.is_in(members["circle_id"], value_set=above))
    require(_mask(below), "members", "people are in circles, and in a parent through its children")
    everyone = with_parents(members, circles)["circle_id"]
    counted = np.bincount(pc.index_in(everyone, ids).to_numpy(), minlength=len(ids))
    same = counted == circles["size"].to_numpy()
    require(same, "circles", "`size` is the number of members, of a parent those of its children")


def _check_primary(tables: Tables) -> None:
    users, members = tables["users"], tables["members"]
    for facet in FACETS:
        first = members.filter(
            pc.and_(pc.equal(members["facet"], facet), pc.equal(members["rank"], 1))
        )
        row = pc.index_in(users["user_id"], first["user_id"].combine_chunks())
        primary = pc.take(first["circle_id"].combine_chunks(), row)
        stated = users[f"{facet}_circle"]
        require(_same(stated, primary), "users", f"`{facet}_circle` is the member of rank 1")
        explained = pc.not_equal(pc.is_null(stated), pc.is_null(users[f"{facet}_reason"]))
        rule = f"there is a `{facet}_circle` or a `{facet}_reason`, never both"
        require(_mask(explained), "users", rule)


def _check_tiers(tables: Tables, tiers: Sequence[str]) -> None:
    users, held, changes = tables["users"], tables["tiers"], tables["tier-changes"]
    known = pa.array(tiers, pa.string())
    require(_mask(pc.is_in(held["tier"], known)), "tiers", "each `tier` is in the policy")
    after = pc.or_kleene(pc.is_null(changes["after"]), pc.is_in(changes["after"], known))
    require(_mask(after), "tier-changes", "each tier in `after` is in the policy")
    row = pc.index_in(users["user_id"], held["user_id"].combine_chunks())
    for ours, theirs in (("tier", "tier"), ("tier_since", "since")):
        same = _same(users[ours], pc.take(held[theirs].combine_chunks(), row))
        require(same, "users", f"`{ours}` is what the tiers table says")
    row = pc.index_in(users["user_id"], tables["lifecycle"]["user_id"].combine_chunks())
    stage = pc.take(tables["lifecycle"]["stage"].combine_chunks(), row)
    same = _same(users["lifecycle_stage"], stage)
    require(same, "users", "`lifecycle_stage` is what the lifecycle table says")


def _check_propensity(users: pa.Table) -> None:
    low, middle, high = (
        pc.fill_null(users[name], np.nan).to_numpy()
        for name in ("share_low", "share_propensity", "share_high")
    )
    within = (low >= 0) & (low <= middle + ROUNDING) & (middle <= high + ROUNDING) & (high <= 1)
    unknown = np.isnan(low) & np.isnan(middle) & np.isnan(high)
    rule = "0 <= `share_low` <= `share_propensity` <= `share_high` <= 1"
    require(within | unknown, "users", rule)


def _same(column: pa.ChunkedArray, other: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    both_null = pc.and_(pc.is_null(column), pc.is_null(other))
    return _mask(pc.or_(pc.fill_null(pc.equal(column, other), False), both_null))


def _mask(column: Any) -> npt.NDArray[np.bool_]:  # noqa: ANN401 - pyarrow ships no types
    values: npt.NDArray[np.bool_] = np.asarray(column.to_numpy(zero_copy_only=False), dtype=bool)
    return values
