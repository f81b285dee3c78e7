"""Weights as observations: the compiled twin of `weights.damp_rows`, bit for bit."""

import numpy as np

from models.kernels.compiler import REAL, REALS, REALS_OUT, kernel
from models.weights import GRID


@kernel(REALS, REAL, REALS_OUT)
def damp(weights, unit, damped):
    """Write each weight to the power 3/8 in units of `unit`, on the grid."""
    for at in range(len(weights)):
        root = np.sqrt(weights[at])
        power = np.rint(np.sqrt(root * np.sqrt(root)) * GRID) / GRID
        damped[at] = np.rint(power / unit * GRID) / GRID
