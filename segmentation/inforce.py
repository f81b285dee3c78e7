"""A run's tables of tiers with what was set by hand since laid over: what is in force."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Row = dict[str, Any]

COLUMNS = {
    "tiers": {
        "tier": "tier",
        "reason_codes": "reason_codes",
        "since": "since",
        "review_after": "review_after",
    },
    "users": {"tier": "tier", "tier_since": "since"},
}
"""The columns of each table that tell of a tier, and what stands in them."""
TIMES = ("since", "review_after")


def with_hand(table: pa.Table, what: str, held: Mapping[str, Row]) -> pa.Table:
    """Lay over a table of a run the tiers told of some users; other tables stay as they are."""
    if what not in COLUMNS or not held:
        return table
    known = pc.index_in(pa.array(held, pa.string()), table["user_id"].combine_chunks())
    rows = known.drop_null().to_numpy()
    told = [row for row, at in zip(held.values(), known.to_pylist(), strict=True) if at is not None]
    order = np.arange(table.num_rows)
    order[rows] = table.num_rows + np.arange(len(rows))
    for name, key in COLUMNS[what].items():
        old = table[name].combine_chunks()
        new = pa.array([value_of(row, key) for row in told], old.type)
        column = pa.concat_arrays([old, new]).take(pa.array(order))
        table = table.set_column(table.column_names.index(name), table.schema.field(name), column)
    return table


def value_of(row: Row, key: str) -> Any:  # noqa: ANN401 - a column's values are of its type
    """What is told under a key; a time as such."""
    return datetime.fromisoformat(row[key]) if key in TIMES and row[key] else row[key]
