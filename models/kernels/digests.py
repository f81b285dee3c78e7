"""A hash of each row's tags and weights, whatever their order."""

import numpy as np

from models.kernels.compiler import COLUMNS, KEYS_OUT, PLACES, REALS, kernel, scrambled


@kernel(PLACES, COLUMNS, REALS, KEYS_OUT)
def hash_rows(starts, columns, values, hashes):
    """Scramble the sum of a row's scrambled entries."""
    for row in range(len(hashes)):
        total = np.uint64(0)
        for at in range(starts[row], starts[row + 1]):
            tag = scrambled(np.uint64(columns[at]) + np.uint64(1))
            total += scrambled(tag ^ np.float64(values[at]).view(np.uint64))
        hashes[row] = scrambled(total)
