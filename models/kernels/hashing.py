"""The loops behind `models.numbering`: a table from 64-bit hashes to numbers, linear probing.

A slot is one word, 0 when free: the lower half of a hash above the number, moved up. The upper
half led to the slot. Entering fails where halves would be confused, so finding never does.
"""

import numpy as np

from models.kernels.compiler import COLUMNS, COLUMNS_OUT, KEYS, KEYS_OUT, PLACES_OUT, WHOLE, kernel

UNKNOWN = -1
LEAST = -2
MOVED = 3
HALF = 32
NUMBER = (1 << HALF) - 1
SPREAD = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio (Knuth, vol. 3, 6.4)


@kernel(KEYS, COLUMNS, WHOLE, KEYS_OUT, PLACES_OUT)
def fill(hashes, numbers, shift, slots, confused):
    """Enter each hash with its number; `confused[0]` counts those like one entered before."""
    last, half = len(slots) - 1, np.uint64(HALF)
    for i in range(len(hashes)):
        at = np.int64(hashes[i] * np.uint64(SPREAD) >> np.uint64(shift))
        mark = hashes[i] << half
        while slots[at] != 0 and slots[at] >> half << half != mark:
            at = at + 1 & last
        if slots[at] != 0:
            confused[0] += 1
        slots[at] = mark | np.uint64(numbers[i] + MOVED)


@kernel(KEYS, WHOLE, KEYS, COLUMNS_OUT)
def find(hashes, shift, slots, found):
    """Write the number of each hash, `UNKNOWN` for those never entered.

    Most lie in the slot they lead to; the first loop looks there alone and does not branch, so
    that the processor waits for many slots at once.
    """
    last, half, number = len(slots) - 1, np.uint64(HALF), np.uint64(NUMBER)
    for i in range(len(hashes)):
        slot = slots[np.int64(hashes[i] * np.uint64(SPREAD) >> np.uint64(shift))]
        is_home = (slot >> half << half == hashes[i] << half) | (slot == 0)
        found[i] = np.int32(np.int64(slot & number) - MOVED) if is_home else -MOVED - 1
    for i in range(len(hashes)):
        if found[i] == -MOVED:
            found[i] = UNKNOWN
        if found[i] >= -MOVED:
            continue
        at = np.int64(hashes[i] * np.uint64(SPREAD) >> np.uint64(shift))
        while slots[at] != 0 and slots[at] >> half << half != hashes[i] << half:
            at = at + 1 & last
        found[i] = np.int32(np.int64(slots[at] & number) - MOVED) if slots[at] != 0 else UNKNOWN
