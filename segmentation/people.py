"""Figures by person: a query with one row a user, laid out for everyone there is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segmentation.engine import Engine

FloatArray = NDArray[np.float64]
DAY_US = 86_400_000_000
FIXED_POINT = 1_048_576  # sums are of integers: no order of rows changes them
MOST = 1e12  # an amount beyond this counts as this


def by_person(engine: Engine, tables: Path, sql: str) -> dict[str, FloatArray]:
    """Run a query with one row a user and align it to people; missing rows are NaN or 0.

    Columns ending in `_us` are times and missing ones stay NaN; counts and sums become 0.
    """
    engine.register("events", tables / "events.parquet")
    engine.register("people", tables / "people.parquet")
    found = engine.execute(
        f"SELECT found.* EXCLUDE (user_id) FROM people LEFT JOIN ({sql}) AS found "
        "ON people.user_id = found.user_id ORDER BY people.user_id"
    )
    columns = {}
    for name in found.column_names:
        column = found[name].to_numpy().astype(np.float64)
        columns[name] = column if name.endswith("_us") else np.nan_to_num(column)
    return columns


def fixed(number: str) -> str:
    """Return SQL for a number in fixed point."""
    return f"CAST(round(({number}) * {FIXED_POINT}) AS HUGEINT)"


def timestamp(moment: datetime) -> str:
    """Write a moment as SQL, in UTC."""
    return f"TIMESTAMP '{moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"


def microseconds(moment: datetime) -> int:
    """Return a moment as whole microseconds since 1970, UTC."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
