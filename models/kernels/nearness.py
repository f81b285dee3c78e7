"""The nearest points out of a table of inner products."""

import numpy as np

from models.kernels.compiler import PLACE_TABLE_OUT, SINGLE_TABLE, TABLE_OUT, WHOLE, kernel


@kernel(SINGLE_TABLE, WHOLE, PLACE_TABLE_OUT, TABLE_OUT)
def keep_nearest(products, first, indices, closeness):
    """Keep the largest products of each row, nearest first; of equal ones the lower number.

    Row r is point `first + r`, which is no neighbour of itself.
    """
    k = indices.shape[1]
    for row in range(len(products)):
        near, near_by = indices[row], closeness[row]
        near_by[:] = -np.inf
        for point in range(products.shape[1]):
            value = products[row, point]
            if not value > near_by[k - 1] or point == first + row:
                continue
            place = k - 1
            while place > 0 and value > near_by[place - 1]:
                near_by[place], near[place] = near_by[place - 1], near[place - 1]
                place -= 1
            near_by[place], near[place] = value, point
