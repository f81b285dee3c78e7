"""How much a tag's count says: damped, and kept on a grid so that sums are exact."""

from typing import TYPE_CHECKING

import numpy as np

from models.rows import FloatArray, Matrix, Rows

if TYPE_CHECKING:
    from scipy import sparse

UNIT = 1 << 20
"""Parts of one in which raw weights are counted: whole numbers add up to the same in any order."""

GRID = 4096.0
"""Steps in one unit of weight: sums below 2^41 are exact in float64, in any order."""


def damp(X: Matrix) -> "sparse.csr_array":
    """Return a matrix of raw weights with its weights damped; see `damped`."""
    return damp_rows(Rows.of(X)).to_csr()


def damp_rows(rows: Rows, *, unit: float = 1.0) -> Rows:
    """Return rows with damped weights in units of `unit`; what rounds to 0 is left out."""
    return rows.with_values(on_grid(damped(rows.values) / unit))


def damped(weights: FloatArray) -> FloatArray:
    """Return the fourth root of each weight, on the grid.

    That a tag is there says most, how heavily it is used little: minutes and amounts vary for
    reasons that have nothing to do with taste. A power, unlike 1 + ln(w), keeps proportions, so
    the unit of the weights is immaterial.
    """
    return on_grid(np.sqrt(np.sqrt(weights)))


def on_grid(weights: FloatArray) -> FloatArray:
    """Round to 1/4096."""
    return np.asarray(np.rint(weights * GRID) / GRID)


def usual_weight(rows: Rows) -> float:
    """Return the mean damped weight of a tag, at least one grid step; exact in any order."""
    weights = damped(rows.values)
    weights = weights[weights > 0]
    return float(weights.mean()) if len(weights) else 1.0
