"""Some of many rows, or some of their entries."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.kernels.selecting import copy_entries, copy_rows
from models.rows import BoolArray, FloatArray, IntArray, Rows

Columns: TypeAlias = npt.NDArray[np.int32]


def taken(rows: Rows, chosen: IntArray) -> Rows:
    """Return the chosen rows in their order, as `Rows.take` does."""
    starts = np.concatenate([[0], np.cumsum(rows.counts[chosen])])
    columns, values = np.empty(starts[-1], np.int32), np.empty(starts[-1])
    copy_rows(*entries(rows), chosen.astype(np.int64, copy=False), starts, columns, values)
    return Rows(starts, columns, values, rows.n_columns)


def spread(rows: Rows, step: int) -> Rows:
    """Return every so-manieth row; the first of rows sorted by what they hold would be alike."""
    return taken(rows, np.arange(0, rows.n_rows, step))


def only(rows: Rows, kept: BoolArray) -> Rows:
    """Return rows with the entries kept alone."""
    size = int(np.count_nonzero(kept))
    starts = np.zeros(len(rows.starts), np.int64)
    columns, values = np.empty(size, np.int32), np.empty(size)
    copy_entries(*entries(rows), kept, starts, columns, values)
    return Rows(starts, columns, values, rows.n_columns)


def entries(rows: Rows) -> tuple[IntArray, Columns, FloatArray]:
    """Return rows as kernels take them."""
    columns = rows.columns.astype(np.int32, copy=False)
    return rows.starts, columns, rows.values.astype(np.float64, copy=False)
