"""How much a tag's count says: damped, and kept on a grid so that sums are exact."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from models.rows import FloatArray, Matrix, Rows

if TYPE_CHECKING:
    from scipy import sparse

UNIT = 1 << 20
"""Parts of one in which raw weights are counted: whole numbers add up to the same in any order."""

GRID = 4096.0
"""Steps in one unit of weight: sums below 2^41 are exact in float64, in any order."""
AT_ONCE = 1 << 16
POWER, PLAINER = 0.375, 0.75
"""Powers at which a weight may count; the second is the square of the first."""


def damp(X: Matrix) -> "sparse.csr_array":
    """Return a matrix of raw weights with its weights damped; see `damped`."""
    return damp_rows(Rows.of(X)).to_csr()


def damp_rows(rows: Rows, *, unit: float = 1.0, power: float = POWER) -> Rows:
    """Return rows with damped weights in units of `unit`; what rounds to 0 is left out."""
    values = np.empty(len(rows.values))
    for piece in pieces(len(values)):
        values[piece] = on_grid(damped(rows.values[piece], power=power) / unit)
    return rows.with_values(values)


def damped(weights: FloatArray, *, power: float = POWER) -> FloatArray:
    """Return each weight to the power 3/8, or 3/4 if asked for, on the grid.

    That a tag is there says most, how heavily it is used less: who has done a thing does it again,
    so that repeats are no evidence of their own. Of few tags everybody has many, and how often
    tells more than which. A power, unlike 1 + ln(w), keeps proportions, so the unit of the weights
    is immaterial; of roots the last bit is the same everywhere.
    """
    root = np.sqrt(weights.astype(np.float64))
    plainer = root * np.sqrt(root)
    return on_grid(plainer if power == PLAINER else np.sqrt(plainer))


def reweighed(rows: Rows, *, power: float) -> Rows:
    """Return observations of one of the two powers as those of `power`, the other."""
    turned = on_grid(rows.values**2 if power == PLAINER else np.sqrt(rows.values))
    total, count = float(turned.sum()), np.count_nonzero(turned)
    return rows.with_values(on_grid(turned * (count / total)) if count else turned)


def undamped(weights: FloatArray) -> FloatArray:
    """Return the weights that `damped` makes these of, to the nearest of `UNIT` parts of one."""
    return np.asarray(np.rint(weights ** (8 / 3) * UNIT) / UNIT)


def on_grid(weights: FloatArray) -> FloatArray:
    """Round to 1/4096."""
    return np.asarray(np.rint(weights * GRID) / GRID)


def pieces(size: int) -> Iterator[slice]:
    """Cut an array into pieces that fit into the processor's cache."""
    return (slice(first, first + AT_ONCE) for first in range(0, size, AT_ONCE))
