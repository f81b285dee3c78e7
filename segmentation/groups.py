"""Groups of people whose figures are told apart: circles, and the people of a tier."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from models.rows import IntArray
from segmentation.tables import SCHEMAS


@dataclass(frozen=True, eq=False)
class Group:
    """A circle, or the people of a tier, and the rows of its people, ascending."""

    name: str
    rows: IntArray


def groups_of(members: sparse.csr_array, names: Sequence[str]) -> Iterator[Group]:
    """The people of each circle, from people x circles."""
    columns = sparse.csc_array(members)
    for at, name in enumerate(names):
        rows = columns.indices[columns.indptr[at] : columns.indptr[at + 1]]
        yield Group(name, np.sort(rows).astype(np.int64))


def groups_by(column: pa.ChunkedArray) -> Iterator[Group]:
    """The people of each value of a column, null left out."""
    encoded = column.combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    for at, name in sorted(enumerate(encoded.dictionary.to_pylist()), key=lambda each: each[1]):
        yield Group(name, np.flatnonzero(codes == at))


def ranked(
    what: str,
    circle: str,
    people: IntArray,
    user_ids: pa.Array,
    columns: Mapping[str, npt.NDArray[Any]],
) -> pa.Table:
    """People of a circle in their order, as rows of a table of the snapshot."""
    named = {
        "circle_id": pa.repeat(pa.scalar(circle), len(people)),
        "rank": pa.array(np.arange(1, len(people) + 1, dtype=np.int32)),
        "user_id": user_ids.take(pa.array(people)),
    }
    values = {name: pa.array(column) for name, column in columns.items()}
    return pa.table(named | values, schema=SCHEMAS[what])
