"""The weights of many people as observations, piece by piece and side by side."""

import numpy as np

from models.excerpts import entries
from models.kernels.damping import damp
from models.kernels.echoing import share
from models.kernels.threads import over_pieces, side_by_side
from models.rows import FloatArray, Rows
from models.weights import beside_usual, pieces


def observations(rows: Rows, *, relative: bool = False) -> tuple[Rows, float]:
    """Return raw weights as observations, and the damped weight that counts as one."""
    unit = usual_weight(rows, relative=relative)
    return damped_rows(rows, unit=unit, relative=relative), unit


def damped_rows(rows: Rows, *, unit: float, relative: bool = False) -> Rows:
    """Return rows with damped weights in units of `unit`, as `weights.damp_rows` does."""
    values, divisor = np.empty(len(rows.values)), 1.0 if relative else unit

    def work(piece: slice) -> None:
        damp(rows.values[piece].astype(np.float64, copy=False), divisor, values[piece])

    side_by_side(work, list(pieces(len(values))))
    found = rows.with_values(values)
    if not relative:
        return found
    told = over_pieces(found, lambda _, piece: beside_usual(piece, unit=unit).values)
    return found.with_values(np.concatenate([np.zeros(0), *told]))


def damped_piece(rows: Rows, *, unit: float, relative: bool = False) -> Rows:
    """Return a few rows as `damped_rows` does, in this thread."""
    values = np.empty(len(rows.values))
    damp(rows.values.astype(np.float64, copy=False), 1.0 if relative else unit, values)
    found = rows.with_values(values)
    return beside_usual(found, unit=unit) if relative else found


def heeded_rows(rows: Rows, echoes: Rows) -> Rows:
    """Return observations whose weights are shared with their echoes, as `echoes.heeded` does."""
    if not len(echoes.columns):
        return rows
    pieces = over_pieces(rows, lambda _, piece: weights_beside(piece, echoes))
    return rows.with_values(np.concatenate([np.zeros(0), *pieces]))


def heeded_piece(rows: Rows, echoes: Rows) -> Rows:
    """Return a few rows as `heeded_rows` does, in this thread."""
    return rows.with_values(weights_beside(rows, echoes)) if len(echoes.columns) else rows


def weights_beside(rows: Rows, echoes: Rows) -> FloatArray:
    """Return each entry's weight beside the echoes in its row."""
    weights = np.empty(len(rows.values))
    seen = np.zeros(rows.n_columns, np.int64)
    share(*entries(rows), *entries(echoes), seen, weights)
    return weights


def usual_weight(rows: Rows, *, relative: bool = False) -> float:
    """Return the mean damped weight of a tag, at least one grid step; exact in any order."""
    if relative:
        weights = damped_rows(rows, unit=1.0, relative=True).values
        return float(weights.sum()) / len(weights) if len(weights) else 1.0

    def work(piece: slice) -> tuple[float, int]:
        weights: FloatArray = np.empty(len(rows.values[piece]))
        damp(rows.values[piece].astype(np.float64, copy=False), 1.0, weights)
        return float(weights.sum()), int(np.count_nonzero(weights))

    sums = side_by_side(work, list(pieces(len(rows.values))))
    total, count = sum(part[0] for part in sums), sum(part[1] for part in sums)
    return total / count if count else 1.0
