"""Weights as observations: the compiled twin of `weights.damp_rows`, bit for bit."""

import numpy as np

from models.kernels.compiler import REAL, REALS, REALS_OUT, kernel
from models.weights import GRID


@kernel(REALS, REAL, REALS_OUT)
def damp(weights, unit, damped):
    """Write the fourth root of each weight in units of `unit`, on the grid."""
    for at in range(len(weights)):
        root = np.rint(np.sqrt(np.sqrt(weights[at])) * GRID) / GRID
        damped[at] = np.rint(root / unit * GRID) / GRID
