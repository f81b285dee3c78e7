"""Quantiles of beta distributions, a million of them at the price of a few thousand.

The inverse of the incomplete beta function is dear. As log-odds it is smooth in the log-odds of the
mean and the log of the total of the two shapes, unless that total is small. So for many
distributions it is worked out on a lattice of these two and read off between its nodes by cubic
splines, to one part in a thousand; where the total is below 1 each is worked out by itself.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, special

FloatArray = NDArray[np.float64]
MANY = 50_000
"""From so many distributions on the lattice is cheaper."""
STEP = 0.1
SPARE = 8
"""Nodes beyond the values, for splines bend amiss at the rim."""
SMOOTH = 1.0
"""From such a total of the two shapes on."""
NEVER, ALWAYS = -690.0, 36.0
"""Log-odds beyond which a quantile is 0 or 1 as numbers go."""


def beta_quantiles(mean: FloatArray, total: FloatArray, *, tail: float) -> FloatArray:
    """Return where the lowest `tail` of each Beta(total * mean, total * (1 - mean)) ends.

    Parameters
    ----------
    mean : ndarray of shape (n,)
        In (0, 1).
    total : ndarray of shape (n,)
        Must be > 0.
    tail : float
        In (0, 1).
    """
    is_smooth = total >= SMOOTH
    if np.count_nonzero(is_smooth) < MANY:
        return _inverse(mean, total, tail)
    found = np.empty_like(mean)
    found[is_smooth] = _read_off(mean[is_smooth], total[is_smooth], tail)
    found[~is_smooth] = _inverse(mean[~is_smooth], total[~is_smooth], tail)
    return found


def _read_off(mean: FloatArray, total: FloatArray, tail: float) -> FloatArray:
    across, along = special.logit(mean), np.log(total)
    first, second = _nodes(across), _nodes(along)
    at_nodes = _inverse(special.expit(first)[:, None], np.exp(second)[None, :], tail)
    table = np.clip(special.logit(at_nodes), NEVER, ALWAYS)
    places = np.stack([(across - first[0]) / STEP, (along - second[0]) / STEP])
    read = ndimage.map_coordinates(table, places, order=3, mode="nearest")
    return np.asarray(special.expit(read), dtype=np.float64)


def _inverse(mean: FloatArray, total: FloatArray, tail: float) -> FloatArray:
    found = special.betaincinv(total * mean, total * (1 - mean), tail)
    return np.asarray(found, dtype=np.float64)


def _nodes(values: FloatArray) -> FloatArray:
    """Return the lattice's steps around all values, with some to spare on either side."""
    lowest, highest = np.floor(values.min() / STEP) - SPARE, np.ceil(values.max() / STEP) + SPARE
    return np.arange(lowest, highest + 1) * STEP
