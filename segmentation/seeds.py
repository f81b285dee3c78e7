"""Whom growth starts from: the people of a circle, of an audience, or of a list of ids."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from models.rows import IntArray
from segmentation.audience import Audience
from segmentation.bitmaps import NOBODY, array_of
from segmentation.config import FACETS, Facet
from segmentation.errors import InputError, UsageError
from segmentation.index import Snapshot
from segmentation.layout import NONE

PURPOSE = "growth"
"""Whoever refused this neither teaches growth anything nor is listed by it."""
FEWEST = 20
"""Fewer seeds teach nothing that holds for others."""
COLUMN = "user_id"


@dataclass(frozen=True, eq=False)
class Seeds:
    """People to start from.

    Attributes
    ----------
    rows : ndarray
        Their rows in the snapshot, ascending.
    facets : tuple of str
        The facets whose tags tell them apart.
    unknown : int
        How many of a list nobody in the snapshot is.
    """

    rows: IntArray
    facets: tuple[Facet, ...]
    unknown: int = 0


def of_circle(snapshot: Snapshot, circle_id: str) -> Seeds:
    """Everyone in a circle, told apart by the tags of its facet."""
    members = snapshot.member_rows(circle_id)
    still = np.setdiff1d(members, array_of(snapshot.erased.rows), assume_unique=True)
    return Seeds(still, (snapshot.circle(circle_id)["facet"],))


def of_audience(audience: Audience) -> Seeds:
    """Everyone a filter holds, told apart by all their tags."""
    rows = audience.index.rows[array_of(audience.places)]
    return Seeds(np.sort(rows).astype(np.int64), FACETS)


def of_ids(snapshot: Snapshot, user_ids: Iterable[str]) -> Seeds:
    """Everyone of a list whom the snapshot knows, told apart by all their tags."""
    wanted = set(user_ids)
    rows = np.array([snapshot.row_of(user_id) for user_id in wanted], dtype=np.int64)
    known = np.sort(rows[rows != NONE])
    return Seeds(known, FACETS, unknown=len(wanted) - len(known))


def allowed(snapshot: Snapshot, purpose: str | None) -> IntArray:
    """The rows of everyone who was not erased and does not refuse the purpose, ascending."""
    index = snapshot.audiences
    refusing = NOBODY if purpose is None else index.refusing(purpose)
    places = index.everyone - index.erased() - refusing
    return np.sort(index.rows[array_of(places)]).astype(np.int64)


def require_enough(people: int) -> None:
    """Refuse fewer seeds than can tell anything."""
    if people < FEWEST:
        raise UsageError(
            f"Look-alikes need at least {FEWEST} people to start from who have not refused the "
            f"purpose, got {people}. Ask with a larger circle, audience or list."
        )


def read_ids(path: Path) -> list[str]:
    """Read user ids from a file: the column `user_id` of Parquet, NDJSON or CSV, or lines.

    A CSV without a header is read by its first column.
    """
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            ids: list[str] = pq.read_table(path, columns=[COLUMN])[COLUMN].to_pylist()
            return ids
        lines = path.read_text(encoding="utf-8").splitlines()
        if path.suffix in {".ndjson", ".jsonl"}:
            return [orjson.loads(line)[COLUMN] for line in lines if line]
        if path.suffix == ".csv":
            return column_of(list(csv.reader(lines)))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"`{path}` holds no user ids that can be read: {error}.") from error
    return [line for line in lines if line and line != COLUMN]


def column_of(rows: list[list[str]]) -> list[str]:
    """The ids among the rows of a CSV."""
    has_header = bool(rows) and COLUMN in rows[0]
    at = rows[0].index(COLUMN) if has_header else 0
    return [row[at] for row in rows[has_header:] if len(row) > at and row[at]]
