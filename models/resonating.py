"""Learn how contents resonate, from what circles were shown and what they shared of it.

A logistic model with normal priors: every circle, every tag and every pair of the two has its own
effect, drawn toward nothing as far as its group of effects is found to be small. A pair's effect is
drawn toward `taste`, how much more than others the circle consumes the tag, times one slope that is
learned; so a tag never shown to a circle is judged by what it is worth to others and by what the
circle likes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse, special
from threadpoolctl import threadpool_limits

from models.resonance import FloatArray, IntArray, Resonance

ROUNDS = 4
SPREADS = np.array([25.0, 0.25, 0.25, 0.1, 1.0])
"""Variances effects begin with: intercept, circles, tags, pairs, the slope of taste."""
LEAST_SPREAD = 1e-3
LEAST_TOLD = 1.0
POWERS = (0.0, 0.5, 1.0)


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
    """The effects each entry is made of, as a matrix, and the group of each effect."""

    matrix: sparse.csr_array
    group: IntArray
    pairs: IntArray
    n_circles: int
    n_tags: int


@dataclass(frozen=True, eq=False)
class Effects:
    """Effects with the variances their evidence left, and those of their groups."""

    mean: FloatArray
    variance: FloatArray
    spreads: FloatArray


def learn_resonance(shown: Shown) -> Resonance:
    """Fit the effects of circles, tags and pairs; needs at least one share."""
    with threadpool_limits(1):  # on small sums threads cost more than they save
        power = best_power(shown)
        design = design_of(shown, power)
        return laid_out(shown, design, fit_effects(design, shown, rounds=ROUNDS), power)


def best_power(shown: Shown) -> float:
    """Choose how tags add up by what one half of the contents says of the other."""
    in_half = shown.content % 2 == 0
    if min(shown.shares[in_half].sum(), shown.shares[~in_half].sum()) == 0:
        return POWERS[-1]
    losses = []
    for power in POWERS:
        design = design_of(shown, power)
        found = fit_effects(design, shown, rounds=2, rows=in_half)
        odds = design.matrix[~in_half] @ found.mean
        losses.append(_loss(odds, shown.exposures[~in_half], shown.shares[~in_half]))
    return POWERS[int(np.argmin(losses))]


def design_of(shown: Shown, power: float) -> Design:
    """Lay the effects out: intercept, circles with that of nobody's last, tags, pairs, slope."""
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
    circles = sparse.csr_array((np.ones(n), (np.arange(n), homes)), shape=(n, n_circles + 1))
    blocks = [np.ones((n, 1)), circles, has[shown.content], own, slope[:, None]]
    matrix = sparse.csr_array(sparse.hstack([sparse.csr_array(block) for block in blocks]))
    group = np.repeat(np.arange(len(blocks)), [block.shape[1] for block in blocks])
    return Design(matrix, group, pairs, n_circles, n_tags)


def fit_effects(
    design: Design, shown: Shown, *, rounds: int, rows: NDArray[np.bool_] | None = None
) -> Effects:
    """Find the most believable effects, then how large each group's are, and again.

    MacKay (1992), "Bayesian interpolation", equation 4.11: a group's variance is the sum of its
    effects' squares over how many of them the data have told. Variances are of the diagonal alone.
    """
    matrix = design.matrix if rows is None else design.matrix[rows]
    exposures = shown.exposures if rows is None else shown.exposures[rows]
    shares = shown.shares if rows is None else shown.shares[rows]
    spreads, mean = SPREADS.copy(), np.zeros(matrix.shape[1])
    mean[0] = special.logit(np.clip(shares.sum() / exposures.sum(), 1e-6, 1 - 1e-6))
    squared = matrix.multiply(matrix).tocsr()
    variance = np.zeros_like(mean)
    for _ in range(rounds):
        mean = _most_believable(matrix, exposures, shares, spreads[design.group], mean)
        rate = special.expit(matrix @ mean)
        evidence = squared.T @ (exposures * rate * (1 - rate))
        variance = 1 / (evidence + 1 / spreads[design.group])
        for one in (1, 2, 3):
            of_group = design.group == one
            told = np.sum(1 - variance[of_group] / spreads[one])
            if told > LEAST_TOLD:
                spreads[one] = max(np.sum(mean[of_group] ** 2) / told, LEAST_SPREAD)
    return Effects(mean, variance, spreads)


def laid_out(shown: Shown, design: Design, found: Effects, power: float) -> Resonance:
    """Arrange effects so that a tag's pairs lie together."""
    intercept, circle, effect, own, slope = (
        found.mean[design.group == one] for one in range(len(SPREADS))
    )
    variance = [found.variance[design.group == one] for one in range(len(SPREADS))]
    wanted = wanted_pairs(design, shown)
    seen = np.isin(wanted, design.pairs)
    place = np.searchsorted(design.pairs, wanted[seen])
    home, tag = np.divmod(wanted, design.n_tags)
    total = slope[0] * shown.taste[home, tag]
    doubt = np.full(len(wanted), found.spreads[3]) + variance[4][0] * shown.taste[home, tag] ** 2
    total[seen] += own[place]
    doubt[seen] += variance[3][place] - found.spreads[3]
    given = counts_of(shown, wanted, design.n_tags)
    order = np.lexsort((home, tag))
    starts = np.searchsorted(tag[order], np.arange(design.n_tags + 1))
    unweighed = Resonance(
        base=intercept[0] + circle[:-1],
        base_variance=variance[0][0] + variance[1][:-1],
        usual=np.ones(design.n_circles),
        effect=effect,
        effect_variance=variance[2],
        pair_starts=starts.astype(np.int64),
        pair_circle=home[order],
        own=total[order],
        own_variance=doubt[order],
        pair_exposures=given[0][order],
        pair_shares=given[1][order],
        unknown=found.spreads[2:4].copy(),
        power=np.array([power]),
    )
    return with_usual(unweighed, shown)


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
    return Resonance.from_arrays(found.to_arrays() | {"usual": usual})


def _most_believable(
    matrix: sparse.csr_array,
    exposures: FloatArray,
    shares: FloatArray,
    spread: FloatArray,
    start: FloatArray,
) -> FloatArray:
    scale = np.sqrt(spread)
    scaled = matrix @ sparse.diags_array(scale)
    turned = scaled.T.tocsr()

    def loss(z: FloatArray) -> tuple[float, FloatArray]:
        odds = scaled @ z
        slope = turned @ (exposures * special.expit(odds) - shares)
        return _loss(odds, exposures, shares) + 0.5 * float(z @ z), slope + z

    found = optimize.minimize(
        loss, start / scale, jac=True, method="L-BFGS-B", options={"maxiter": 200}
    )
    return np.asarray(found.x * scale, dtype=np.float64)


def _loss(odds: FloatArray, exposures: FloatArray, shares: FloatArray) -> float:
    return float(exposures @ np.logaddexp(0, odds) - shares @ odds)
