"""Keeping the circles that deserve to be: apart from each other, large enough, worth their tags."""

from dataclasses import replace

import numpy as np
from scipy import sparse
from scipy.optimize import nnls
from scipy.sparse.csgraph import connected_components

from models.expectation import expect
from models.mixture import dense, marks, with_signatures
from models.profiles import TagProfiles
from models.rows import FloatArray, IntArray, Rows

SAME = 0.8
"""Signatures whose cosine passes this are one circle."""
MIXED = 0.75
"""Share of a signature's squared length that others must account for to make it their mixture."""
PART = 0.3
"""Least weight, and least cosine, of a circle that is part of a mixture."""


def joined_alike(profiles: TagProfiles) -> TagProfiles:
    """Make one circle of those whose signatures are nearly the same."""
    table, unit = dense(profiles), directions(profiles)
    alike = sparse.csr_array(unit @ unit.T > SAME)
    count, group = connected_components(alike, directed=False)
    member = np.zeros((count, profiles.n_circles))
    member[group, np.arange(profiles.n_circles)] = profiles.sizes
    sizes = member.sum(axis=1)
    return with_signatures(profiles, member @ table / sizes[:, None], sizes)


def without_composites(profiles: TagProfiles) -> TagProfiles:
    """Drop circles that are mixtures of larger ones.

    People in two circles at once can lie densely enough to look like a third; membership in
    both says the same with one circle less. They are fewer than the people of either.
    """
    unit = directions(profiles)
    kept = np.ones(len(unit), dtype=bool)
    order = np.argsort(profiles.sizes, kind="stable")
    for place, circle in enumerate(order):
        larger = np.sort(order[place + 1 :])
        kept[circle] = not is_composite(unit[circle], unit[larger])
    return only(profiles, np.flatnonzero(kept))


def directions(profiles: TagProfiles) -> FloatArray:
    """Return the tags that mark each circle as a vector of length 1."""
    table = marks(profiles)
    return np.asarray(table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12))


def is_composite(signature: FloatArray, others: FloatArray) -> bool:
    """Whether two or more of `others` add up to a signature; all of length 1."""
    near = others[others @ signature > PART]
    if len(near) < 2:
        return False
    weights, error = nnls(near.T, signature)
    return bool(error**2 < 1.0 - MIXED and np.count_nonzero(weights > PART) >= 2)


def large_enough(profiles: TagProfiles, min_share: float) -> TagProfiles:
    """Drop circles of less than `min_share` of the people or fewer than two tags."""
    share = profiles.sizes * (1.0 - profiles.noise)
    kept = (share >= min_share) & (profiles.signatures.counts >= 2)
    return only(profiles, np.flatnonzero(kept))


def only(profiles: TagProfiles, circles: IntArray) -> TagProfiles:
    """Return the profiles of the named circles in the named order."""
    sizes = profiles.sizes[circles]
    return with_signatures(profiles, dense(profiles)[circles], sizes / max(sizes.sum(), 1e-12))


def renumbered(profiles: TagProfiles, order: IntArray) -> TagProfiles:
    """Return all the circles in another order, each as likely as before to the bit."""
    return with_signatures(profiles, dense(profiles)[order], profiles.sizes[order])


def merit(profiles: TagProfiles, people: Rows) -> float:
    """Log-likelihood of the people less half a log for each signature tag (Schwarz 1978)."""
    price = 0.5 * len(profiles.tags) * np.log(max(people.n_rows, 2))
    return float(expect(profiles, people, tags=False).log_likelihood - price)


def crowd_only(profiles: TagProfiles) -> TagProfiles:
    """Return the same crowd without any circle: what circles must do better than."""
    none = only(profiles, np.zeros(0, dtype=np.int64))
    return replace(none, noise=1.0)
