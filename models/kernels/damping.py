"""Weights as observations: the compiled twin of `weights.damp_rows`, bit for bit."""

import numpy as np

from models.kernels.compiler import REAL, REALS, REALS_OUT, kernel
from models.weights import GRID, PLAINER


@kernel(REALS, REAL, REAL, REALS_OUT)
def damp(weights, unit, power, damped):
    """Write each weight to the power, 3/8 or 3/4, in units of `unit`, on the grid."""
    for at in range(len(weights)):
        root = np.sqrt(weights[at])
        plainer = root * np.sqrt(root)
        raised = plainer if power == PLAINER else np.sqrt(plainer)
        damped[at] = np.rint(np.rint(raised * GRID) / GRID / unit * GRID) / GRID
