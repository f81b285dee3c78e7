"""How much nearer people lie to their own circle than to the next, on a sample."""

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics import silhouette_score

from models.weights import damp

SAMPLED = 2_000


def sampled_silhouette(
    X: sparse.csr_array, labels: npt.NDArray[np.int32], *, seed: int, most: int = SAMPLED
) -> float | None:
    """Return the mean silhouette of at most `most` people in circles, in [-1, 1].

    Distance is the cosine of damped tags weighted by rarity, the usual one. People share few tags
    even within a circle, so figures are small; and one circle of nearly everyone beside a far
    handful scores high: never read it without the size of the largest circle. None when fewer
    than two circles have people.

    References
    ----------
    Rousseeuw (1987), "Silhouettes: a graphical aid to the interpretation and validation of
    cluster analysis".
    """
    placed = np.flatnonzero(labels >= 0)
    if len(placed) > most:
        placed = np.sort(np.random.default_rng(seed).choice(placed, most, replace=False))
    found = len(np.unique(labels[placed]))
    if not 1 < found < len(placed):
        return None
    weighed = TfidfTransformer().fit_transform(damp(X[placed]))
    return float(silhouette_score(weighed, labels[placed], metric="cosine"))
