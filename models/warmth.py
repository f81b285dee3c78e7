"""A warm start: the circles of an earlier run beside those found afresh.

A fresh start sees what is new; an earlier run remembers what a fresh start happens to miss. Both
are put together, refined on the people of today, and kept only if they describe these people
better than the fresh circles alone. So memory may save a circle and can never hide a new one.
"""

from dataclasses import replace

import numpy as np

from models.mixture import dense, refine, settle, with_signatures
from models.profiles import TagProfiles
from models.rows import BoolArray, FloatArray, Rows
from models.trimming import SAME, joined_alike, large_enough, merit, without_composites


def warmed(fresh: TagProfiles, seeds: FloatArray, people: Rows, *, min_share: float) -> TagProfiles:
    """Return the best description of the people: fresh circles, or those and remembered ones.

    Where every remembered circle was found afresh as well there is nothing to add, and the fresh
    circles come back untouched: people who do not change keep circles that do not.

    Parameters
    ----------
    fresh : TagProfiles
        Circles found without memory.
    seeds : ndarray of shape (n_seeds, n_tags)
        Signatures of an earlier run over the tags of this one; rows add up to 1 or are empty.
    people : Rows
        Observations, as `fresh` was learned from.
    min_share : float
        Smallest share of the people a circle may hold.
    """
    found = dense(fresh)
    missed = seeds[seeds.any(axis=1) & ~is_like_any(seeds, found)]
    if not len(missed):
        return fresh
    again, both, remembered = (
        learned(started(fresh, table), people, min_share)
        for table in (found, np.vstack([found, missed]), seeds[seeds.any(axis=1)])
    )
    best = max([again, both, remembered], key=lambda profiles: merit(profiles, people))
    return fresh if best is again or merit(fresh, people) >= merit(best, people) else best


def is_like_any(seeds: FloatArray, found: FloatArray) -> BoolArray:
    """Whether some circle found is the same as each seed."""
    lengths = [np.linalg.norm(table, axis=1) for table in (seeds, found)]
    cosines = (seeds @ found.T) / np.maximum(np.outer(*lengths), 1e-12)
    return np.asarray((cosines > SAME).any(axis=1))


def started(crowd: TagProfiles, table: FloatArray) -> TagProfiles:
    """Begin anew with some signatures, all of one size, against the crowd as it is known."""
    count = len(table)
    noise = min(crowd.noise, 0.5)
    sizes = np.full(count, 1.0 / max(count, 1))
    return with_signatures(replace(crowd, noise=noise), table, sizes)


def learned(profiles: TagProfiles, people: Rows, min_share: float) -> TagProfiles:
    """Join what is alike, refine, drop mixtures and what is too small."""
    profiles = refine(joined_alike(profiles), people)
    profiles = without_composites(joined_alike(profiles))
    return settle(large_enough(profiles, min_share), people)
