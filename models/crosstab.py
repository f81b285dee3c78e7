"""Who of one grouping is in which group of another, and how far that is from chance."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import hypergeom

from models.distinction import FloatArray, IntArray, corrected


@dataclass(frozen=True, eq=False)
class Crosstab:
    """People by the groups of two groupings, shape (n_first, n_second) each.

    Attributes
    ----------
    people : ndarray
        How many are in both.
    lift : ndarray
        That over what independence would give: 2 means twice as many; NaN for a group without
        people.
    q_values : ndarray
        Significance of being off independence either way, corrected for all pairs.
    """

    people: IntArray
    lift: FloatArray
    q_values: FloatArray


def crosstab(
    first: npt.NDArray[np.int32], second: npt.NDArray[np.int32], *, n_first: int, n_second: int
) -> Crosstab:
    """Count people by two groupings, among those who are in a group of both; -1 is none.

    Whether a pair is met more or less often than independent groupings give is asked exactly
    (Fisher 1935, both tails), then corrected (Benjamini & Hochberg 1995).
    """
    both = (first >= 0) & (second >= 0)
    pairs = first[both].astype(np.int64) * max(n_second, 1) + second[both]
    people = np.bincount(pairs, minlength=n_first * n_second).reshape(n_first, n_second)
    rows, columns = people.sum(axis=1)[:, None], people.sum(axis=0)[None]
    everyone = int(people.sum())
    expected = rows * columns / max(everyone, 1)
    lift = np.where(expected > 0, people / np.maximum(expected, 1e-300), np.nan)
    less = hypergeom.cdf(people, everyone, rows, columns)
    more = hypergeom.sf(people - 1, everyone, rows, columns)
    p_values = np.minimum(2.0 * np.minimum(less, more), 1.0).ravel()
    q_values = corrected(p_values, questions=len(p_values)).reshape(people.shape)
    return Crosstab(people.astype(np.int64), lift, q_values)
