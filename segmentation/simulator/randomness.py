"""Seeded random streams and the two draws that numpy lacks."""

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def stream(seed: int, purpose: str, *path: int) -> np.random.Generator:
    """Return a generator of its own for each purpose, so that one draw more moves no other."""
    return np.random.default_rng([seed, crc32(purpose.encode()), *path])


def cumulative(weights: FloatArray) -> FloatArray:
    """Return the rows' cumulative distributions laid end to end, row r rising from r to r + 1."""
    sums = np.cumsum(weights, axis=1)
    sums /= sums[:, -1:]
    return (sums + np.arange(len(weights))[:, None]).ravel()


def draw(ladder: FloatArray, rows: IntArray, rng: np.random.Generator, width: int) -> IntArray:
    """Draw one column for each row number given, from `cumulative` weights of so many columns."""
    spots = np.searchsorted(ladder, rows + rng.random(len(rows)), side="right")
    return np.asarray(np.minimum(spots - rows * width, width - 1))


def quotas(shares: FloatArray, total: int) -> IntArray:
    """Split a total by shares into whole numbers that add up exactly, each at least one."""
    wanted = shares / shares.sum() * (total - len(shares))
    counts = np.floor(wanted).astype(np.int64)
    missing = total - len(shares) - int(counts.sum())
    counts[np.argsort(counts - wanted, kind="stable")[:missing]] += 1
    return np.asarray(counts + 1)
