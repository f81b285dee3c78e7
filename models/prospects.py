"""Chances of the next level, such that whoever stands higher has no worse prospects."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def rising(matrix: FloatArray, *, weights: FloatArray) -> FloatArray:
    """Return the nearest matrix in which whoever stands higher has no worse prospects.

    Isotonic regression of each tail over the rows; it keeps the order of tails, and of matrices.
    """
    tail = tails(matrix)
    even = np.maximum(weights, 1e-9)
    return from_tails(np.column_stack([isotonic(tail[:, at], even) for at in range(tail.shape[1])]))


def tails(matrix: FloatArray) -> FloatArray:
    """Return the chance of each level or a higher one next, rows of 1 first."""
    return np.asarray(np.cumsum(matrix[:, ::-1], axis=1)[:, ::-1])


def from_tails(tail: FloatArray) -> FloatArray:
    """Return chances from those of each level or higher."""
    return np.maximum(tail - np.column_stack([tail[:, 1:], np.zeros(len(tail))]), 0.0)


def isotonic(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the nearest values that never fall (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        block = (float(value), float(weight), 1)
        while blocks and blocks[-1][0] > block[0]:
            last = blocks.pop()
            both = last[1] + block[1]
            mean = (last[0] * last[1] + block[0] * block[1]) / both
            block = (mean, both, last[2] + block[2])
        blocks.append(block)
    return np.repeat([block[0] for block in blocks], [block[2] for block in blocks])
