"""One number mixed into another that looks random: the same in numpy and in compiled code."""

import numpy as np
import numpy.typing as npt

Hash = npt.NDArray[np.uint64]


def scrambled(x: Hash) -> Hash:
    """Mix the bits of each number: the finaliser of SplitMix64 (Steele et al. 2014)."""
    x = x * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def chance(hashes: Hash) -> npt.NDArray[np.float64]:
    """Turn hashes into numbers in (0, 1)."""
    return ((hashes >> np.uint64(11)) * np.float64(1.0) + 0.5) / 2.0**53
