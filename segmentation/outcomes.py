"""The outcomes of a campaign read from a file, and what it added: overall and by circle."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from models.lift import Lift, incremental_lift
from segmentation.engine import DuckEngine, literal
from segmentation.errors import InputError

NEEDED = ("user_id", "treated", "outcome")
READERS = {".parquet": "read_parquet", ".csv": "read_csv", ".ndjson": "read_json"}
FEWEST = 2


def lift_of(outcomes: Path, *, circles: dict[str, str] | None = None) -> dict[str, Any]:
    """Measure a campaign's lift from its file; `circles` maps people to theirs.

    The file has a row for each person: `user_id`, `treated` (1 or 0) and `outcome`, and `before`
    where there is the like of it from before the campaign.
    """
    table = read_outcomes(outcomes)
    facts: dict[str, Any] = {"overall": vars(measured(table)), "circles": {}}
    if circles:
        home = table["user_id"].map(circles)
        for circle, members in table.groupby(home):
            arms = members["treated"].value_counts()
            if len(arms) == 2 and arms.min() >= FEWEST:
                facts["circles"][str(circle)] = vars(measured(members))
    return facts


def measured(table: pd.DataFrame) -> Lift:
    """Measure one group of people."""
    before = table["before"].to_numpy(np.float64) if "before" in table else None
    try:
        return incremental_lift(
            table["outcome"].to_numpy(np.float64),
            treated=table["treated"].to_numpy(dtype=bool),
            before=before,
        )
    except ValueError as error:
        raise InputError(f"The outcomes tell nothing: {error}") from error


def outcomes_in(path: Path) -> list[dict[str, Any]]:
    """Read what became of people: `user_id`, `outcome` and, where known, `before`."""
    frame = read_outcomes(path, needed=("user_id", "outcome"))
    known = [name for name in ("user_id", "outcome", "before") if name in frame]
    columns = (frame[name].tolist() for name in known)
    return [dict(zip(known, row, strict=True)) for row in zip(*columns, strict=True)]


def read_outcomes(path: Path, needed: tuple[str, ...] = NEEDED) -> pd.DataFrame:
    """Read the file and refuse what cannot be compared."""
    if path.suffix not in READERS or not path.exists():
        raise InputError(f"`{path}` must be a file that ends in {', '.join(READERS)}.")
    as_written = ", all_varchar = true" if path.suffix == ".csv" else ""  # 007 is not 7
    with DuckEngine() as engine:
        table = engine.execute(
            f"SELECT * FROM {READERS[path.suffix]}({literal(str(path))}{as_written})"
        )
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        raise InputError(f"`{path}` has no column `{missing[0]}`. It needs {', '.join(needed)}.")
    frame: pd.DataFrame = table.to_pandas()
    frame["user_id"] = table["user_id"].cast(pa.string()).fill_null("").to_pylist()
    if (frame["user_id"] == "").any():
        raise InputError(f"`{path}` has a row without a `user_id`.")
    if frame["user_id"].duplicated().any():
        twice = frame.loc[frame["user_id"].duplicated(), "user_id"].iloc[0]
        raise InputError(f"`{path}` has `{twice}` twice. Give one row a person.")
    for name in (name for name in (*needed[1:], "before") if name in frame):
        found = numbers(frame[name])
        if not np.isfinite(found).all():
            person, value = frame.loc[~np.isfinite(found), ["user_id", name]].iloc[0]
            raise InputError(f"`{path}` has `{value}` as `{name}` of `{person}`: give a number.")
        frame[name] = found
    if "treated" in needed and not frame["treated"].isin([0, 1]).all():
        raise InputError(f"`treated` in `{path}` must be 1 or 0.")
    return frame


def numbers(column: pd.Series) -> "pd.Series[float]":
    """Read a column as numbers, also where they are texts; what is none is NaN."""
    said = {"true": "1", "false": "0"}
    texts = column.astype(str).str.strip().str.lower()
    return pd.to_numeric(texts.replace(said), errors="coerce").astype(np.float64)
