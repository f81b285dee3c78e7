"""Learn how contents resonate, from what circles were shown and what they shared of it.

A logistic model with normal priors: every circle, every tag, every pair of the two and every
content has its own effect, drawn toward nothing as far as its group of effects is found to be
small. A pair's effect is drawn toward `taste`, how much more than others the circle consumes the
tag, times one slope that is learned; so a tag never shown to a circle is judged by what it is worth
to others and by what the circle likes. What circles add to the tags that mark them is a group of
its own: they differ more there than elsewhere.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from models.effects import Counts, Effects, fit_effects
from models.resonance import FloatArray, IntArray, Resonance

INTERCEPT, CIRCLE, TAG, PAIR, MARK, SLOPE, CONTENT = range(7)
SPREADS = np.array([25.0, 0.25, 0.25, 0.1, 0.1, 1.0, 0.02])
"""Variances effects begin with, by the groups above."""
MARKED = np.log(2)
"""A tag marks a circle that consumes it twice as much as everybody."""
POWERS = (0.0, 0.5, 1.0)
FEW_DRAWS = 8
"""Enough to compare powers."""


@dataclass(frozen=True, eq=False)
class Shown:
    """What circles were shown of contents: an entry for each circle and content.

    Attributes
    ----------
    circle, content : ndarray of shape (n,)
        Circle -1 is everybody in none.
    exposures, shares : ndarray of shape (n,)
    content_tag : ndarray of shape (n_content_tags, 2)
        Which contents have which tags.
    taste : ndarray of shape (n_circles, n_tags)
        Natural log of how much more than everybody a circle consumes a tag; 0 when nothing is
        known.
    """

    circle: IntArray
    content: IntArray
    exposures: FloatArray
    shares: FloatArray
    content_tag: IntArray
    taste: FloatArray


@dataclass(frozen=True, eq=False)
class Design:
    """The effects each entry is made of, as a matrix, and the group of each effect.

    `pairs` are those shown, as circle times tags plus tag, in the order of their effects.
    """

    matrix: sparse.csr_array
    group: IntArray
    pairs: IntArray
    n_circles: int
    n_tags: int


def learn_resonance(shown: Shown) -> Resonance:
    """Fit the effects of circles, tags, pairs and contents; needs at least one share."""
    with threadpool_limits(1):  # on small sums threads cost more than they save
        power = best_power(shown)
        design = design_of(shown, power)
        found = fit_effects(counts_for(design, shown, slice(None)), SPREADS)
        return laid_out(shown, design, found, power)


def best_power(shown: Shown) -> float:
    """Choose how tags add up by what one half of the contents says of the other."""
    in_half = shown.content % 2 == 0
    if min(shown.shares[in_half].sum(), shown.shares[~in_half].sum()) == 0:
        return POWERS[-1]
    losses = []
    for power in POWERS:
        design = design_of(shown, power)
        counts = counts_for(design, shown, in_half)
        found = fit_effects(counts, SPREADS, rounds=2, n_draws=FEW_DRAWS)
        odds = design.matrix[~in_half] @ found.mean
        exposures, shares = shown.exposures[~in_half], shown.shares[~in_half]
        losses.append(exposures @ np.logaddexp(0, odds) - shares @ odds)
    return POWERS[int(np.argmin(losses))]


def counts_for(design: Design, shown: Shown, rows: NDArray[np.bool_] | slice) -> Counts:
    """Return some of the entries as counts."""
    matrix = sparse.csr_array(design.matrix[rows])
    return Counts(matrix, design.group, shown.exposures[rows], shown.shares[rows])


def design_of(shown: Shown, power: float) -> Design:
    """Lay the effects out by group; the effect of being in no circle is the last of the circles."""
    n_circles, n_tags = shown.taste.shape
    n_contents = int(max(shown.content.max(), shown.content_tag[:, 0].max(initial=-1))) + 1
    content, tag = shown.content_tag.T
    counts = np.maximum(np.bincount(content, minlength=n_contents), 1)
    weights = counts[content] ** -power
    has = sparse.csr_array((weights, (content, tag)), shape=(n_contents, n_tags))
    n = len(shown.circle)
    rows = has[shown.content].tocoo()
    home = shown.circle[rows.row]
    inside = home >= 0
    key = home[inside] * n_tags + rows.col[inside]
    pairs, place = np.unique(key, return_inverse=True)
    own = sparse.csr_array((rows.data[inside], (rows.row[inside], place)), shape=(n, len(pairs)))
    liking = rows.data[inside] * shown.taste[home[inside], rows.col[inside]]
    slope = np.bincount(rows.row[inside], weights=liking, minlength=n)
    homes = np.where(shown.circle >= 0, shown.circle, n_circles)
    blocks = [
        np.ones((n, 1)),
        indicators(homes, n_circles + 1),
        has[shown.content],
        own,
        slope[:, None],
        indicators(*distinct(shown.content)),
    ]
    matrix = sparse.csr_array(sparse.hstack([sparse.csr_array(block) for block in blocks]))
    sizes = [block.shape[1] for block in blocks]
    group = np.repeat([INTERCEPT, CIRCLE, TAG, PAIR, SLOPE, CONTENT], sizes)
    group[np.flatnonzero(group == PAIR)[is_mark(shown, pairs)]] = MARK
    return Design(matrix, group, pairs, n_circles, n_tags)


def is_mark(shown: Shown, pairs: IntArray) -> NDArray[np.bool_]:
    """Say of which pairs the tag marks the circle."""
    return np.asarray(shown.taste.ravel()[pairs] >= MARKED)


def indicators(column: IntArray, n_columns: int) -> sparse.csr_array:
    """Return a matrix with a 1 in one column of each row."""
    n = len(column)
    return sparse.csr_array((np.ones(n), (np.arange(n), column)), shape=(n, n_columns))


def distinct(numbers: IntArray) -> tuple[IntArray, int]:
    """Number anew what occurs, and say how many there are."""
    found, place = np.unique(numbers, return_inverse=True)
    return place, len(found)


def laid_out(shown: Shown, design: Design, found: Effects, power: float) -> Resonance:
    """Arrange effects so that a tag's pairs lie together."""
    of_circles = np.flatnonzero(design.group == CIRCLE)[:-1]
    of_tags = np.flatnonzero(design.group == TAG)
    wanted = wanted_pairs(design, shown)
    home, tag = np.divmod(wanted, design.n_tags)
    own = own_effects(shown, design, found, wanted)
    base_draws = found.draws[0] + found.draws[of_circles]
    given = counts_of(shown, wanted, design.n_tags)
    order = np.lexsort((home, tag))
    starts = np.searchsorted(tag[order], np.arange(design.n_tags + 1))
    unweighed = Resonance(
        base=found.mean[0] + found.mean[of_circles],
        base_variance=np.mean(base_draws**2, axis=1),
        usual=np.ones(design.n_circles),
        effect=found.mean[of_tags],
        effect_variance=found.variance[of_tags],
        pair_starts=starts.astype(np.int64),
        pair_circle=home[order],
        own=own[0][order],
        own_variance=own[1][order],
        pair_exposures=given[0][order],
        pair_shares=given[1][order],
        unknown=found.spreads[[TAG, PAIR, CONTENT]],
        power=np.array([power]),
        base_draws=base_draws.astype(np.float32),
        effect_draws=found.draws[of_tags].astype(np.float32),
    )
    return with_usual(unweighed, shown)


def own_effects(shown: Shown, design: Design, found: Effects, wanted: IntArray) -> FloatArray:
    """Return what each pair adds to the effect of its tag, and to its variance: (2, n_pairs).

    A tag that one circle alone was shown is worth little known to others, and much to that circle:
    the two effects are unsure together, so a pair may take from the variance of its tag.
    """
    home, tag = np.divmod(wanted, design.n_tags)
    taste = shown.taste[home, tag]
    slope = np.flatnonzero(design.group == SLOPE)[0]
    of_tag = np.flatnonzero(design.group == TAG)[tag]
    seen = np.isin(wanted, design.pairs)
    is_pair = (design.group == PAIR) | (design.group == MARK)
    of_pair = np.flatnonzero(is_pair)[np.searchsorted(design.pairs, wanted[seen])]
    mean = found.mean[slope] * taste
    mean[seen] += found.mean[of_pair]
    variance = found.spreads[np.where(is_mark(shown, wanted), MARK, PAIR)]
    variance[seen] = found.variance[of_pair]
    variance += found.variance[slope] * taste**2
    together = np.zeros(len(wanted))
    together[seen] = alike(found.draws[of_pair], found.draws[of_tag[seen]])
    return np.array([mean, variance + 2 * together * np.sqrt(variance * found.variance[of_tag])])


def alike(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return the correlations of draws, row by row; their mean is 0."""
    both = np.einsum("ij,ij->i", one, other)
    return np.asarray(both / np.sqrt(np.sum(one**2, axis=1) * np.sum(other**2, axis=1)))


def wanted_pairs(design: Design, shown: Shown) -> IntArray:
    """Return pairs that were shown or of which a taste is known, as circle times tags plus tag."""
    home, tag = np.nonzero(shown.taste)
    return np.asarray(np.union1d(design.pairs, home * design.n_tags + tag), dtype=np.int64)


def counts_of(shown: Shown, pairs: IntArray, n_tags: int) -> FloatArray:
    """Return how often each pair was shown and shared, shape (2, n_pairs)."""
    content, tag = shown.content_tag.T
    n_contents = int(max(shown.content.max(), content.max(initial=-1))) + 1
    has = sparse.csr_array((np.ones(len(tag)), (content, tag)), shape=(n_contents, n_tags))
    rows = has[shown.content].tocoo()
    home = shown.circle[rows.row]
    inside = home >= 0
    place = np.searchsorted(pairs, home[inside] * n_tags + rows.col[inside])
    given = np.zeros((2, len(pairs)))
    for sums, counts in zip(given, (shown.exposures, shown.shares), strict=True):
        np.add.at(sums, place, counts[rows.row[inside]])
    return given


def with_usual(found: Resonance, shown: Shown) -> Resonance:
    """Work out what each circle shares of the contents everybody is shown, as often as they are."""
    n_contents = int(shown.content.max()) + 1
    weight = np.bincount(shown.content, weights=shown.exposures, minlength=n_contents)
    tags: dict[int, list[int]] = {}
    for content, tag in shown.content_tag.tolist():
        tags.setdefault(content, []).append(tag)
    by_tags: dict[tuple[int, ...], float] = {}
    for content in np.flatnonzero(weight).tolist():
        key = tuple(sorted(tags.get(content, [])))
        by_tags[key] = by_tags.get(key, 0.0) + float(weight[content])
    total = sum(by_tags.values())
    rates = (found.answer(key).rate * (share / total) for key, share in by_tags.items())
    usual = np.sum(list(rates), axis=0)
    return replace(found, usual=usual)
