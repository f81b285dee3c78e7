"""Write what audiences are asked from: users in an order that keeps bitmaps small, and the bitmaps.

A user's place is their rank by primary interest circle and, within it, by share propensity, the
highest first. Whoever is alike lies together, so that sets of places are few runs.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from segmentation.audience import FOLDER
from segmentation.bitmaps import Key, PlaceArray, save_bitmaps
from segmentation.conditions import MEASURES
from segmentation.holdings import Holdings
from segmentation.ranges import FloatArray, level_sets, places_by

Integers: TypeAlias = npt.NDArray[np.integer[Any]]
Columns: TypeAlias = Mapping[str, FloatArray]

LABEL = "label:"


def write_audience_index(
    index: Path,
    *,
    users: pa.Table,
    members: Mapping[str, Integers],
    measures: Columns,
    tags: Holdings,
    refusals: Holdings,
) -> None:
    """Write the audience part of an index.

    `users` is the canonical table, `members` maps each circle to the rows of all its members.
    """
    folder = index / FOLDER
    folder.mkdir()
    rows = order_of(users, measures["share_propensity"])
    places = np.empty_like(rows)
    places[rows] = np.arange(len(rows), dtype=rows.dtype)
    np.save(folder / "rows.npy", rows)
    np.save(folder / "places.npy", places)
    sets: dict[Key, PlaceArray] = {}
    for column, kind in (("tier", "tier"), ("lifecycle_stage", "stage")):
        sets |= sets_of(kind, users[column], places)
    for facet in ("interest", "lifestyle"):
        sets |= sets_of("primary", users[f"{facet}_circle"], places)
    sets |= {("circle", circle): placed(who, places) for circle, who in members.items()}
    sets |= held_sets(tags, places)
    sets |= {("refused", purpose): placed(who, places) for purpose, who in refusals}
    levels = (save_order(folder, name, measures[name][rows]) for name in MEASURES)
    save_bitmaps(folder, chain(sets.items(), chain.from_iterable(levels)))


def order_of(users: pa.Table, propensity: FloatArray) -> npt.NDArray[np.int32]:
    """The row at each place."""
    home = users["interest_circle"].combine_chunks().dictionary_encode()
    circle = home.indices.fill_null(len(home.dictionary)).to_numpy(zero_copy_only=False)
    by_name = np.argsort(np.argsort(home.dictionary.to_numpy(zero_copy_only=False)))
    rank = np.append(by_name, len(by_name))[circle]
    willing = np.where(np.isnan(propensity), -np.inf, propensity)
    order: npt.NDArray[np.int32] = np.lexsort((-willing, rank)).astype(np.int32)
    return order


def sets_of(kind: str, column: pa.ChunkedArray, places: Integers) -> dict[Key, PlaceArray]:
    """Who has each value of a column."""
    encoded = column.combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return {
        (kind, word): placed(np.flatnonzero(codes == code), places)
        for code, word in enumerate(encoded.dictionary.to_pylist())
    }


def held_sets(tags: Holdings, places: Integers) -> dict[Key, PlaceArray]:
    """Who has each tag, and each label by its namespace."""
    sets: dict[Key, PlaceArray] = {}
    for tag, rows in tags:
        sets["tag", tag] = placed(rows, places)
        namespace, is_label, label = tag.removeprefix(LABEL).partition("=")
        if tag.startswith(LABEL) and is_label:
            sets["label", namespace, label] = sets["tag", tag]
    return sets


def save_order(folder: Path, name: str, values: FloatArray) -> Iterator[tuple[Key, PlaceArray]]:
    """Save who has how much of a measure, the least first; return the sets of its levels."""
    order = places_by(values)
    np.save(folder / f"{name}_order.npy", order)
    return level_sets(name, order)


def placed(rows: Integers, places: Integers) -> PlaceArray:
    """The places of some rows."""
    return places[rows].astype(np.uint32)
