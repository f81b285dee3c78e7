"""The nearest points out of a table of inner products."""

import numpy as np

from models.kernels.compiler import PLACE_TABLE_OUT, SINGLE_TABLE, TABLE_OUT, WHOLE, kernel

RUN = 32
"""Products looked at together: hardly any run holds one that counts."""


@kernel(SINGLE_TABLE, WHOLE, PLACE_TABLE_OUT, TABLE_OUT)
def keep_nearest(products, first, indices, closeness):
    """Keep the largest products of each row, nearest first; of equal ones the lower number.

    Row r is point `first + r`, which is no neighbour of itself.
    """
    k = indices.shape[1]
    for row in range(len(products)):
        near, near_by, values = indices[row], closeness[row], products[row]
        near_by[:] = -np.inf
        least = np.float32(-np.inf)
        for begin in range(0, len(values), RUN):
            run = values[begin : begin + RUN]
            is_near = False
            for place in range(len(run)):
                is_near |= run[place] > least
            if not is_near:
                continue
            for at in range(len(run)):
                value, point = run[at], begin + at
                if not value > least or point == first + row:
                    continue
                place = k - 1
                while place > 0 and value > near_by[place - 1]:
                    near_by[place], near[place] = near_by[place - 1], near[place - 1]
                    place -= 1
                near_by[place], near[place] = value, point
                least = np.float32(near_by[k - 1])
