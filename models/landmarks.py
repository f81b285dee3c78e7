"""Samples of people drawn by what they did, not by where they stand in the table."""

import numpy as np
import numpy.typing as npt

from models.rows import FloatArray, IntArray, Rows

Hash = npt.NDArray[np.uint64]


def row_hashes(rows: Rows) -> Hash:
    """Hash each row's tags and weights to 64 bits; equal rows have equal hashes.

    Sorted by their hashes, two tables with the same rows become the same table.
    """
    entry = scrambled(rows.columns.astype(np.uint64) + np.uint64(1))
    entry = scrambled(entry ^ rows.values.view(np.uint64))
    total = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(entry)])
    return scrambled(total[rows.starts[1:]] - total[rows.starts[:-1]])


def occurrences(hashes: Hash) -> IntArray:
    """Number equal hashes 0, 1, 2, ... in the order they stand; `hashes` must be sorted."""
    return np.arange(len(hashes)) - np.searchsorted(hashes, hashes)


def draw(hashes: Hash, count: int, *, seed: int, weights: FloatArray | None = None) -> IntArray:
    """Draw `count` rows without replacement, in ascending order of row.

    Weighted by Efraimidis & Spirakis (2006), "Weighted random sampling with a reservoir", with
    hashes in place of random numbers. `hashes` must be in canonical (ascending) order.
    """
    if count >= len(hashes):
        return np.arange(len(hashes))
    salt = scrambled(np.array([seed % 2**63], dtype=np.uint64) + np.uint64(0x5851F42D4C957F2D))
    mixed = scrambled(hashes ^ scrambled(occurrences(hashes).astype(np.uint64) ^ salt))
    uniform = ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
    chances = np.ones(len(hashes)) if weights is None else np.maximum(weights, 1e-12)
    keys = np.log(uniform) / chances
    return np.sort(np.argsort(-keys, kind="stable")[:count])


def scrambled(x: Hash) -> Hash:
    """Mix the bits of each number: the finaliser of SplitMix64 (Steele et al. 2014)."""
    x = x * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
