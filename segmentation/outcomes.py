"""The outcomes of a campaign read from a file, and what it added: overall and by circle."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

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
    with DuckEngine() as engine:
        table = engine.execute(f"SELECT * FROM {READERS[path.suffix]}({literal(str(path))})")
    frame: pd.DataFrame = table.to_pandas()
    missing = [name for name in needed if name not in frame]
    if missing:
        raise InputError(f"`{path}` has no column `{missing[0]}`. It needs {', '.join(needed)}.")
    frame["user_id"] = frame["user_id"].astype(str)
    if frame["user_id"].duplicated().any():
        twice = frame.loc[frame["user_id"].duplicated(), "user_id"].iloc[0]
        raise InputError(f"`{path}` has `{twice}` twice. Give one row a person.")
    numbers = [name for name in (*needed[1:], "before") if name in frame]
    if not np.isfinite(frame[numbers].astype(float)).all().all():
        raise InputError(f"`{path}` has a value that is no number in {', '.join(numbers)}.")
    if "treated" in needed and not frame["treated"].isin([0, 1]).all():
        raise InputError(f"`treated` in `{path}` must be 1 or 0.")
    return frame
