"""How much a tag's count says: damped, and kept on a grid so that sums are exact."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from models.rows import FloatArray, Matrix, Rows, add_up

if TYPE_CHECKING:
    from scipy import sparse

UNIT = 1 << 20
"""Parts of one in which raw weights are counted: whole numbers add up to the same in any order."""

GRID = 4096.0
"""Steps in one unit of weight: sums below 2^41 are exact in float64, in any order."""
AT_ONCE = 1 << 16


def damp(X: Matrix) -> "sparse.csr_array":
    """Return a matrix of raw weights with its weights damped; see `damped`."""
    return damp_rows(Rows.of(X)).to_csr()


def damp_rows(rows: Rows, *, unit: float = 1.0, relative: bool = False) -> Rows:
    """Return rows with damped weights in units of `unit`; what rounds to 0 is left out.

    `relative` ones are told beside the row's others; see `beside_usual`.
    """
    values, divisor = np.empty(len(rows.values)), 1.0 if relative else unit
    for piece in pieces(len(values)):
        values[piece] = on_grid(damped(rows.values[piece]) / divisor)
    found = rows.with_values(values)
    return beside_usual(found, unit=unit) if relative else found


def beside_usual(rows: Rows, *, unit: float) -> Rows:
    """Return each damped weight as the square of how many times its row's mean it is.

    Of few tags everybody has many, and how often tells more than which; but some do all things
    more often, which says nothing. In units of `unit`; what is there stays, be it ever so little.
    """
    usual = add_up(rows.owners, rows.values, rows.n_rows) / np.maximum(rows.counts, 1)
    ratio = rows.values / usual[rows.owners]
    return rows.with_values(np.maximum(on_grid(ratio * ratio / unit), 1.0 / GRID))


def damped(weights: FloatArray) -> FloatArray:
    """Return each weight to the power 3/8, on the grid.

    That a tag is there says most, how heavily it is used less: who has done a thing does it again,
    so that repeats are no evidence of their own. A power, unlike 1 + ln(w), keeps proportions, so
    the unit of the weights is immaterial; of roots the last bit is the same everywhere.
    """
    root = np.sqrt(weights.astype(np.float64))
    return on_grid(np.sqrt(root * np.sqrt(root)))


def undamped(weights: FloatArray) -> FloatArray:
    """Return the weights that `damped` makes these of, to the nearest of `UNIT` parts of one."""
    return np.asarray(np.rint(weights ** (8 / 3) * UNIT) / UNIT)


def on_grid(weights: FloatArray) -> FloatArray:
    """Round to 1/4096."""
    return np.asarray(np.rint(weights * GRID) / GRID)


def pieces(size: int) -> Iterator[slice]:
    """Cut an array into pieces that fit into the processor's cache."""
    return (slice(first, first + AT_ONCE) for first in range(0, size, AT_ONCE))
