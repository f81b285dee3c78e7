"""The weights of many people as observations, piece by piece and side by side."""

import numpy as np

from models.kernels.damping import damp
from models.kernels.threads import side_by_side
from models.rows import FloatArray, Rows
from models.weights import pieces


def damped_rows(rows: Rows, *, unit: float) -> Rows:
    """Return rows with damped weights in units of `unit`; what rounds to 0 is left out."""
    values = np.empty(len(rows.values))

    def work(piece: slice) -> None:
        damp(rows.values[piece].astype(np.float64, copy=False), unit, values[piece])

    side_by_side(work, list(pieces(len(values))))
    return rows.with_values(values)


def damped_piece(rows: Rows, *, unit: float) -> Rows:
    """Return a few rows as `damped_rows` does, in this thread."""
    values = np.empty(len(rows.values))
    damp(rows.values.astype(np.float64, copy=False), unit, values)
    return rows.with_values(values)


def usual_weight(rows: Rows) -> float:
    """Return the mean damped weight of a tag, at least one grid step; exact in any order."""

    def work(piece: slice) -> tuple[float, int]:
        weights: FloatArray = np.empty(len(rows.values[piece]))
        damp(rows.values[piece].astype(np.float64, copy=False), 1.0, weights)
        return float(weights.sum()), int(np.count_nonzero(weights))

    sums = side_by_side(work, list(pieces(len(rows.values))))
    total, count = sum(part[0] for part in sums), sum(part[1] for part in sums)
    return total / count if count else 1.0
