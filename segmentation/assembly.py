"""What the stages found, laid out as the tables of a snapshot."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from models.crosstab import Crosstab
from segmentation.tables import SCHEMAS, TOP_TAGS

FloatArray = npt.NDArray[np.float64]


def members_table(
    members: sparse.csr_array, *, user_ids: pa.Array, circle_ids: list[str], facet: str
) -> pa.Table:
    """People x circles as rows; rank 1 is the strongest of a person's circles."""
    owner = np.repeat(np.arange(members.shape[0]), np.diff(members.indptr))
    order = np.lexsort((members.indices, -members.data, owner))
    rank = np.arange(len(order)) - members.indptr[owner[order]] + 1
    names = pa.array(circle_ids, pa.string())
    return pa.table(
        {
            "user_id": user_ids.take(pa.array(owner[order])),
            "facet": pa.repeat(pa.scalar(facet), len(order)),
            "circle_id": names.take(pa.array(members.indices[order].astype(np.int64))),
            "strength": pa.array(members.data[order]),
            "rank": pa.array(rank.astype(np.int32)),
        },
        schema=SCHEMAS["members"],
    )


def circles_table(
    members: sparse.csr_array,
    *,
    identity: Mapping[str, Any],
    facet: str,
    stability: Mapping[str, FloatArray],
    propensity: FloatArray,
    parent_ids: Sequence[str | None] = (),
) -> pa.Table:
    """One row a circle: its size, firmness, tags, and how likely its members share.

    Without `parent_ids` no circle has a parent.
    """
    owner = np.repeat(np.arange(members.shape[0]), np.diff(members.indptr))
    size = np.bincount(members.indices, minlength=members.shape[1])
    shared = np.bincount(members.indices, propensity[owner], minlength=members.shape[1])
    count = len(size)
    return pa.table(
        {
            "circle_id": pa.array(identity["circle_ids"], pa.string()),
            "facet": pa.repeat(pa.scalar(facet), count),
            "name": pa.array(identity["names"], pa.string()),
            "parent_id": pa.array(parent_ids or [None] * count, pa.string()),
            "size": pa.array(size.astype(np.int64)),
            "share_of_users": pa.array(size / max(members.shape[0], 1)),
            "stability": known(stability["mean"]),
            "stability_low": known(stability["low"]),
            "stability_high": known(stability["high"]),
            "share_propensity": known(shared / np.maximum(size, 1)),
            "top_tags": pa.array(identity["top_tags"], TOP_TAGS),
            "status": pa.repeat(pa.scalar("live"), count),
            "first_run": pa.array(identity["first_run"], pa.string()),
        },
        schema=SCHEMAS["circles"],
    )


def crosstab_table(crossed: Crosstab, *, interest: list[str], lifestyle: list[str]) -> pa.Table:
    """One row for each pair of an interest and a lifestyle circle that people could be in."""
    first, second = np.nonzero(~np.isnan(crossed.lift))
    people = crossed.people[first, second]
    of_first, of_second = (crossed.people.sum(axis=axis) for axis in (1, 0))
    names = {
        name: pa.array(ids, pa.string()).take(pa.array(at))
        for name, ids, at in (
            ("interest_circle", interest, first),
            ("lifestyle_circle", lifestyle, second),
        )
    }
    return pa.table(
        names
        | {
            "people": pa.array(people),
            "share_of_interest": pa.array(people / of_first[first]),
            "share_of_lifestyle": pa.array(people / of_second[second]),
            "lift": pa.array(crossed.lift[first, second]),
            "q_value": pa.array(crossed.q_values[first, second]),
        },
        schema=SCHEMAS["crosstab"],
    )


def users_table(
    user_ids: pa.Array,
    *,
    sharing: Mapping[str, FloatArray],
    customers: Mapping[str, FloatArray],
    tiers: pa.Table,
    lifecycle: pa.Table,
    primary: Mapping[str, pa.Array],
    reasons: Mapping[str, npt.NDArray[np.str_]],
) -> pa.Table:
    """One row a person: everything known of them. All columns follow the registry's order."""
    return pa.table(
        {
            "user_id": user_ids,
            "share_propensity": known(sharing["propensity"]),
            "share_low": known(sharing["low"]),
            "share_high": known(sharing["high"]),
            "social_currency": known(sharing["social_currency"]),
            "influence": known(sharing["influence"]),
            "tier": tiers["tier"],
            "tier_since": tiers["since"],
            "lifecycle_stage": lifecycle["stage"],
            "value": known(customers["value"]),
            "stickiness": known(customers["stickiness"]),
            "interest_circle": primary["interest"],
            "lifestyle_circle": primary["lifestyle"],
            "interest_reason": spoken(reasons["interest"]),
            "lifestyle_reason": spoken(reasons["lifestyle"]),
        },
        schema=SCHEMAS["users"],
    )


def primary_circles(labels: npt.NDArray[np.int32], circle_ids: list[str]) -> pa.Array:
    """Each person's primary circle by id; null for none."""
    names = pa.array(circle_ids, pa.string())
    return names.take(pa.array(labels.astype(np.int64), mask=labels < 0))


def known(numbers: FloatArray) -> pa.Array:
    """A column in which NaN is null."""
    return pa.array(numbers, pa.float64(), mask=np.isnan(numbers))


def spoken(words: npt.NDArray[np.str_]) -> pa.Array:
    """A column in which the empty word is null."""
    return pa.array(words.tolist(), pa.string(), mask=words == "")
