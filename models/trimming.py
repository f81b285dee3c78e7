"""Keeping the circles that deserve to be: apart from each other, large enough, worth their tags."""

from dataclasses import replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from models.expectation import expect
from models.mixture import dense, with_signatures
from models.profiles import TagProfiles
from models.rows import IntArray, Rows

SAME = 0.8
"""Signatures whose cosine passes this are one circle."""


def joined_alike(profiles: TagProfiles) -> TagProfiles:
    """Make one circle of those whose signatures are nearly the same."""
    table = dense(profiles)
    unit = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    alike = sparse.csr_array(unit @ unit.T > SAME)
    count, group = connected_components(alike, directed=False)
    member = np.zeros((count, profiles.n_circles))
    member[group, np.arange(profiles.n_circles)] = profiles.sizes
    sizes = member.sum(axis=1)
    return with_signatures(profiles, member @ table / sizes[:, None], sizes)


def large_enough(profiles: TagProfiles, min_share: float) -> TagProfiles:
    """Drop circles of less than `min_share` of the people or fewer than two tags."""
    share = profiles.sizes * (1.0 - profiles.noise)
    kept = (share >= min_share) & (profiles.signatures.counts >= 2)
    return only(profiles, np.flatnonzero(kept))


def only(profiles: TagProfiles, circles: IntArray) -> TagProfiles:
    """Return the profiles of the named circles in the named order."""
    sizes = profiles.sizes[circles]
    return with_signatures(profiles, dense(profiles)[circles], sizes / max(sizes.sum(), 1e-12))


def merit(profiles: TagProfiles, people: Rows) -> float:
    """Log-likelihood of the people less half a log for each signature tag (Schwarz 1978)."""
    price = 0.5 * len(profiles.tags) * np.log(max(people.n_rows, 2))
    return float(expect(profiles, people).log_likelihood - price)


def crowd_only(profiles: TagProfiles) -> TagProfiles:
    """Return the same crowd without any circle: what circles must do better than."""
    none = only(profiles, np.zeros(0, dtype=np.int64))
    return replace(none, noise=1.0)
