"""The edge of chance: how large an eigenvalue of a table of counts is that says nothing."""

import numpy as np

from models.rows import FloatArray

CLASSES = 64
"""Sorts of tags told apart by how many others they meet."""
EXACT = 2e-3
"""Share of itself to which the edge is known."""
MOST_TURNS = 200
SHORT = 0.603
"""By which the largest of n eigenvalues falls short of the edge, in parts of n^(2/3)."""


def chance_edge(rates: FloatArray, *, smoothing: float) -> float:
    """Return the usual largest eigenvalue of standardised Poisson counts with means r_i r_j.

    A symmetric matrix whose independent entries have the variances s_ij reaches up to the least z
    at which v_i = 1 / (z - sum_j s_ij v_j) has a positive solution (Ajanki, Erdos & Kruger 2017,
    "Universality for general Wigner-type matrices"), were it infinite; the largest of a few falls
    short of that (Tracy & Widom 1996). Tags of nearly the same rate share a class.
    """
    kinds = np.array_split(np.sort(rates), min(CLASSES, len(rates)))
    typical = np.array([kind.mean() for kind in kinds])
    means = np.outer(typical, typical)
    spread = means / (means + smoothing) * [len(kind) for kind in kinds]
    low, high = 0.0, 2.0 * float(np.sqrt(spread.sum(axis=1).max()))
    while high - low > EXACT * high:
        middle = (low + high) / 2
        low, high = (low, middle) if is_outside(spread, middle) else (middle, high)
    return high * (1.0 - SHORT / float(len(rates) ** (2 / 3)))


def is_outside(spread: FloatArray, z: float) -> bool:
    """Whether z lies beyond all eigenvalues: the iteration from below has a bound."""
    v = np.full(len(spread), 1.0 / z)
    for _ in range(MOST_TURNS):
        left = z - spread @ v
        if left.min() <= 0.0:
            return False
        following = 1.0 / left
        if (following - v).max() <= 1e-3 * v.max():
            return True
        v = following
    return False
