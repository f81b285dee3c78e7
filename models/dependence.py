"""Tags that come together more often than circles explain: local dependence, pair by pair.

A brand, its model and its system are three tags and one interest. Taken for three pieces of
evidence they make anyone with one such bundle a surer member of its circle than they are.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from models.beginnings import finished
from models.excerpts import spread
from models.mixture import dense
from models.observations import heeded_rows
from models.profiles import TagProfiles, assign_observed
from models.rows import BoolArray, FloatArray, IntArray, Rows
from models.tagspace import bands, co_occurrence, supported
from models.weights import on_grid

LEAST = 10
"""People who have both of two tags that are echoes."""
OFTEN = 0.1
"""Share of the people with the rarer tag who have the other one, too."""
MORE = 2.0
"""How many times as often as circles explain echoes come together: mostly not by chance."""
CLEAR = 8.0
"""Standard errors by which they do."""
GLANCE = 5_000
"""People among whom it is seen whether there is anything to heed."""
NOTABLE = 0.05
"""Share of what people have that must have an echo beside it."""
STANDING = 0.9
"""Share of the circles that must be left when echoes count once; else circles are such bundles."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of tags, the lower number first, and how many people have both."""

    lower: IntArray
    upper: IntArray
    both: FloatArray

    def where(self, kept: BoolArray) -> "Pairs":
        """Return some of the pairs."""
        return Pairs(self.lower[kept], self.upper[kept], self.both[kept])


def heeding(profiles: TagProfiles, people: Rows, min_share: float) -> TagProfiles:
    """Learn circles once more with every bundle of tags counting as one tag.

    The same profiles are returned where few tags are echoes, or where circles would fall without
    them: there the bundles are what people have in common.
    """
    few = spread(people, max(math.ceil(people.n_rows / GLANCE), 1))
    if echoed(few, local_dependence(profiles, few)) <= NOTABLE / 2:
        return profiles
    echoes = local_dependence(profiles, people)
    if echoed(people, echoes) <= NOTABLE:
        return profiles
    once = heeded_rows(people, echoes)
    again = finished(with_echoes(profiles, echoes), once, min_share)
    before, after = standing(profiles, people, min_share), standing(again, once, min_share)
    return again if after >= STANDING * before else profiles


def echoed(people: Rows, echoes: Rows) -> float:
    """Return the share of what people have that has an echo beside it."""
    weights = heeded_rows(people, echoes).values
    return float(np.count_nonzero(weights < people.values) / max(len(weights), 1))


def standing(profiles: TagProfiles, people: Rows, min_share: float) -> int:
    """Return how many circles are the first one of enough people."""
    labels = assign_observed(profiles, people, max_circles=0).labels
    sizes = np.bincount(labels[labels >= 0], minlength=profiles.n_circles)
    return int(np.count_nonzero(sizes >= min_share * people.n_rows))


def local_dependence(profiles: TagProfiles, people: Rows) -> Rows:
    """Return tags x tags: how surely a tag seen beside another is seen because of it.

    Symmetric, in (0, 1), no entry where circles explain that the two are seen together. That is
    expected of two tags as often as people draw both independently, each from their circles and
    the crowd. The excess is known of items in tests, too (Yen 1984, "Effects of local item
    dependence on the fit and equating performance of the three-parameter logistic model").
    """
    pairs = companions(people)
    expected = together_by_chance(profiles, people, pairs)
    excess = pairs.both - expected
    kept = (pairs.both > MORE * expected) & (excess > CLEAR * np.sqrt(expected + 1.0))
    shares = on_grid(excess[kept] / pairs.both[kept])
    return mirrored(pairs.where(kept), shares, people.n_columns)


def companions(people: Rows) -> Pairs:
    """Return the pairs of tags that many people have together."""
    holders = np.bincount(people.columns, minlength=people.n_columns)
    kept = supported(holders)
    counts, holders = co_occurrence(people, kept), holders[kept]
    found: list[Pairs] = []
    for band in bands(len(kept)):
        rarer = np.minimum(holders[band, None], holders)
        lower, upper = np.nonzero(counts[band] >= np.maximum(OFTEN * rarer, LEAST))
        both = counts[band][lower, upper].astype(np.float64)
        pairs = Pairs(kept[lower + band.start], kept[upper], both)
        found.append(pairs.where(pairs.lower < pairs.upper))
    if not found:
        return Pairs(kept, kept, np.zeros(0))
    return Pairs(
        np.concatenate([pairs.lower for pairs in found]),
        np.concatenate([pairs.upper for pairs in found]),
        np.concatenate([pairs.both for pairs in found]),
    )


def together_by_chance(profiles: TagProfiles, people: Rows, pairs: Pairs) -> FloatArray:
    """Return how many people would have both tags if circles and crowd were all there is.

    The rates are fitted to how many people have each tag.
    """
    drawn = sources(profiles, people)
    rates = np.vstack([dense(profiles), profiles.background])
    amount = people.counts.astype(np.float64)
    holders = np.bincount(people.columns, minlength=people.n_columns)
    rates *= holders / np.maximum((amount @ drawn) @ rates, 1e-9)
    chances = drawn.T @ (drawn * (amount * (amount - 1.0))[:, None]) @ rates
    expected = np.zeros(len(pairs.both))
    for circle in range(len(rates)):
        expected += rates[circle, pairs.lower] * chances[circle, pairs.upper]
    return expected


def sources(profiles: TagProfiles, people: Rows) -> FloatArray:
    """Return which part of their tags people draw from each circle and, last, from the crowd.

    From signatures they draw what these explain of them. A profile of all tags says itself how
    much of a member it is; what it explains of a few tags beyond the crowd's own is far less, and
    its tags would seem to come together for reasons that it does not know.
    """
    found = assign_observed(profiles, people)
    drawn = found.members.to_csr().toarray()
    if profiles.crowd_prior > 0.0:
        signal = float(profiles.grid @ profiles.grid_weights)
        drawn = np.where(found.labels[:, None] == np.arange(profiles.n_circles), signal, 0.0)
    return np.column_stack([drawn, 1.0 - drawn.sum(axis=1)])


def mirrored(pairs: Pairs, shares: FloatArray, n_tags: int) -> Rows:
    """Return pairs as a symmetric table, tags x tags."""
    row = np.concatenate([pairs.lower, pairs.upper])
    column = np.concatenate([pairs.upper, pairs.lower])
    order = np.lexsort((column, row))
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n_tags))])
    values = np.concatenate([shares, shares])[order]
    return Rows(starts, column[order].astype(np.int32), values, n_tags)


def with_echoes(profiles: TagProfiles, echoes: Rows) -> TagProfiles:
    """Return the profiles with what they know of tags that come together."""
    tags = echoes.columns.astype(np.int32, copy=False)
    return replace(profiles, echo_starts=echoes.starts, echo_tags=tags, echo_shares=echoes.values)
