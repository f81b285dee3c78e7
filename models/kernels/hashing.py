"""The loops behind `models.numbering`: a table from 64-bit hashes to numbers, linear probing."""

import numpy as np

from models.kernels.compiler import COLUMNS, COLUMNS_OUT, KEYS, KEYS_OUT, PLACES_OUT, WHOLE, kernel

FREE = -1
SPREAD = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio (Knuth, vol. 3, 6.4)


@kernel(KEYS, COLUMNS, WHOLE, KEYS_OUT, COLUMNS_OUT, PLACES_OUT)
def fill(hashes, given, shift, keys, numbers, twice):
    """Enter each hash with the number given; `twice[0]` counts those entered before."""
    mask = len(keys) - 1
    for i in range(len(hashes)):
        slot = np.int64(hashes[i] * np.uint64(SPREAD) >> np.uint64(shift))
        while numbers[slot] != FREE and keys[slot] != hashes[i]:
            slot = slot + 1 & mask
        if numbers[slot] != FREE:
            twice[0] += 1
        keys[slot] = hashes[i]
        numbers[slot] = given[i]


@kernel(KEYS, WHOLE, KEYS, COLUMNS, COLUMNS_OUT)
def find(hashes, shift, keys, numbers, found):
    """Write the number of each hash, `FREE` for those never entered."""
    mask = len(keys) - 1
    for i in range(len(hashes)):
        slot = np.int64(hashes[i] * np.uint64(SPREAD) >> np.uint64(shift))
        while numbers[slot] != FREE and keys[slot] != hashes[i]:
            slot = slot + 1 & mask
        found[i] = numbers[slot]
