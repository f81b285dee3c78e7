"""Small graphs, and what is exactly true of them."""

from itertools import product

import numpy as np
from scipy import sparse

from models.cascades import weighted_cascade
from models.influence import tie_matrix


def small_ties() -> sparse.csr_array:
    """Six people, eight ties, some into the same person, under the weighted cascade."""
    sources = np.array([0, 0, 1, 2, 3, 3, 4, 5])
    targets = np.array([1, 2, 3, 3, 4, 5, 5, 1])
    return weighted_cascade(tie_matrix(6, sources=sources, targets=targets))


def exact_reach(chances: sparse.csr_array, start: list[int]) -> float:
    """Expected reach by trying every way the ties can fire."""
    sources, targets = chances.nonzero()
    chance = np.array([chances[s, t] for s, t in zip(sources, targets, strict=True)])
    total = 0.0
    for fires in product([False, True], repeat=sources.size):
        weight = np.prod(np.where(fires, chance, 1 - chance))
        reached = set(start)
        for _ in range(chances.shape[0]):
            reached |= {t for s, t, f in zip(sources, targets, fires, strict=True)
                        if f and s in reached}  # fmt: skip
        total += weight * len(reached)
    return float(total)
