"""Which entries of which rows are held back: the same hashes as everywhere, entry by entry."""

import numpy as np

from models.kernels.compiler import (
    COLUMNS,
    FLAGS_OUT,
    KEY,
    KEYS,
    PLACES,
    REAL,
    WHOLE,
    chance,
    kernel,
    scrambled,
)


@kernel(PLACES, COLUMNS, KEYS, KEY, REAL, REAL, WHOLE, FLAGS_OUT)
def hold_back(starts, columns, hashes, salt, judged, share, fewest, held):
    """Mark `share` of the entries of the rows judged that have at least `fewest`."""
    for row in range(len(hashes)):
        first, last = starts[row], starts[row + 1]
        if last - first < fewest or chance(scrambled(hashes[row] ^ salt)) >= judged:
            continue
        for at in range(first, last):
            tag = scrambled(np.uint64(columns[at]) + salt)
            held[at] = chance(scrambled(hashes[row] ^ tag)) < share
