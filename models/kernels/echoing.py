"""The weight of tags shared with their echoes: the compiled twin of `echoes.heeded`."""

import numpy as np

from models.kernels.compiler import COLUMNS, PLACES, PLACES_OUT, REALS, REALS_OUT, kernel
from models.weights import GRID


@kernel(PLACES, COLUMNS, REALS, PLACES, COLUMNS, REALS, PLACES_OUT, REALS_OUT)
def share(starts, columns, values, echo_starts, echoes, shares, seen, weights):
    """Write each entry's weight over one plus what its row's other tags echo of it.

    `seen` holds a place for every tag, none of them above 0.
    """
    for row in range(len(starts) - 1):
        for at in range(starts[row], starts[row + 1]):
            seen[columns[at]] = row + 1
        for at in range(starts[row], starts[row + 1]):
            echoed, tag = 0.0, columns[at]
            for other in range(echo_starts[tag], echo_starts[tag + 1]):
                if seen[echoes[other]] == row + 1:
                    echoed += shares[other]
            weights[at] = np.rint(values[at] / (1.0 + echoed) * GRID) / GRID
