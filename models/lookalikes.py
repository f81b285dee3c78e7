"""Who is like some people: everyone's tags scored by what sets the seeds apart from the crowd."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.rows import FloatArray, IntArray, Rows, add_up
from models.weights import damped

LEARN_FROM = 20_000
"""People of the crowd, and seeds, that are looked at; more change nothing that shows."""
DIRECTIONS = 30
RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
"""Ridges tried, in mean variances of a tag: low trusts every tag, high those of most seeds."""
FOLDS = 2
FURTHEST = 1e-3  # a seed before all but this share of the crowd could not be placed better
CELLS_AT_ONCE = 1 << 18


@dataclass(frozen=True, eq=False)
class Tastes:
    """Everyone's tags in one facet, as rows of unit length in which rare tags weigh more.

    Parameters
    ----------
    rows : Rows
        People x tags of raw weights; may be mapped from a file. A weight of 0 is not held.
    """

    rows: Rows

    @cached_property
    def rarity(self) -> FloatArray:
        """Natural-log rarity of each tag, shape (n_tags,); 0 means everybody has it."""
        holders = np.zeros(self.rows.n_columns)
        for part in self._parts():
            held = part.columns[np.asarray(part.values) > 0]
            holders += np.bincount(held, minlength=self.rows.n_columns)
        return np.log((self.rows.n_rows + 1) / (holders + 1))

    def of(self, people: IntArray) -> Rows:
        """The rows of some people; who has no tag has an empty length."""
        return unit(self.rows.take(people), self.rarity)[0]

    def scores(self, weights: FloatArray) -> FloatArray:
        """Everyone's inner product with the weights of tags; NaN for who has no tag."""
        scores = np.empty(self.rows.n_rows)
        first = 0
        for part in self._parts():
            rows, lengths = unit(part, self.rarity)
            here = slice(first, first + part.n_rows)
            scores[here] = np.where(lengths > 0, inner(rows, weights), np.nan)
            first = here.stop
        return scores

    def _parts(self) -> Iterator[Rows]:
        cost = np.diff(self.rows.starts) + 1
        return (part for _, part in self.rows.parts(cost, limit=CELLS_AT_ONCE))


@dataclass(frozen=True, eq=False)
class Sample:
    """Some people's tags in one or more facets, side by side."""

    blocks: Sequence[Rows]

    @property
    def size(self) -> int:
        """How many people."""
        return self.blocks[0].n_rows

    def mean(self) -> FloatArray:
        """The mean row, shape (n_tags of all facets,)."""
        return self.turned(np.full(self.size, 1.0 / max(self.size, 1)))

    def scores(self, weights: FloatArray) -> FloatArray:
        """Each one's inner product with the weights of tags."""
        total = np.zeros(self.size)
        for rows, part in zip(self.blocks, self.split(weights), strict=True):
            total += inner(rows, part)
        return total

    def turned(self, values: FloatArray) -> FloatArray:
        """Each tag's inner product with a value of each person."""
        sums = [
            np.bincount(rows.columns, rows.values * values[rows.owners], rows.n_columns)
            for rows in self.blocks
        ]
        return np.concatenate(sums)

    def split(self, weights: FloatArray) -> list[FloatArray]:
        """Weights of all facets, facet by facet."""
        return np.split(weights, np.cumsum([rows.n_columns for rows in self.blocks])[:-1])

    def take(self, people: IntArray) -> "Sample":
        """Some of the people."""
        return Sample([rows.take(people) for rows in self.blocks])

    def spread(self, mean: FloatArray) -> float:
        """Mean variance of a tag."""
        squares = sum(float((rows.values**2).sum()) for rows in self.blocks)
        return max((squares / max(self.size, 1) - float(mean @ mean)) / max(len(mean), 1), 1e-12)


@dataclass(frozen=True, eq=False)
class Likeness:
    """What sets the seeds apart, as a weight for each tag.

    Attributes
    ----------
    weights : list of ndarray
        Weight of each tag, facet by facet: a score is the inner product with somebody's row.
    centre, scale : float
        Mean and standard deviation of the crowd's scores.
    contributions : list of ndarray
        What each tag adds to how far the mean seed is above the mean of the crowd, in standard
        deviations; over all facets they add up to it.
    seed_scores : ndarray of shape (n_seeds,)
        Scores of the seeds, each by weights learned without it, in standard deviations above the
        mean of the crowd; ascending.
    ridge : float
        The ridge that placed seeds it had not seen furthest ahead of the crowd.
    """

    weights: list[FloatArray]
    centre: float
    scale: float
    contributions: list[FloatArray]
    seed_scores: FloatArray
    ridge: float

    def similarity(self, scores: FloatArray) -> FloatArray:
        """The share of seeds that are less typical than somebody, 0 to 1; NaN stays NaN."""
        standard = (scores - self.centre) / self.scale
        count = len(self.seed_scores)
        share = (np.arange(count) + 0.5) / count
        found = np.interp(standard, self.seed_scores, share, left=0.0, right=1.0)
        return np.where(np.isnan(scores), np.nan, found)

    def closeness(self, scores: FloatArray) -> FloatArray:
        """How far from the crowd's mean to the middle seed somebody is, 0 to 1; NaN stays NaN.

        Unlike similarity it tells people apart who are less typical than every seed.
        """
        middle = float(np.median(self.seed_scores))
        if middle <= 0:
            return scores * 0.0
        return np.clip((scores - self.centre) / (self.scale * middle), 0.0, 1.0)


def likeness(tastes: Sequence[Tastes], seeds: IntArray, *, crowd: IntArray) -> Likeness:
    """Learn what sets seeds apart from the crowd; both are rows, ascending, of the same people.

    A linear discriminant: weights (S + r I)^-1 (seeds' mean - crowd's mean) with S the covariance
    of the crowd's rows. One Krylov space of S holds the answers for all ridges r; the seeds'
    halves, each scored by what the other taught, choose among them. Nothing is drawn at random.

    References
    ----------
    Hariharan, Malik & Ramanan (2012), "Discriminative decorrelation for clustering and
    classification": the covariance of the crowd serves every set of seeds.
    """
    looked_at = spread_out(crowd)
    sample, known = rows_of(tastes, looked_at), rows_of(tastes, spread_out(seeds))
    is_other = ~np.isin(looked_at, seeds)
    is_other |= ~is_other.any()
    fold = np.arange(known.size) % FOLDS
    worth = np.zeros(len(RIDGES))
    scores = np.zeros((len(RIDGES), known.size))
    for number in range(FOLDS):
        taught = known.take(np.flatnonzero(fold != number))
        for at, weights in enumerate(discriminants(sample, taught)):
            # Seeds that taught are ahead for having taught: they are no measure for the others.
            others = sample.scores(weights)[is_other]
            mine = (known.scores(weights)[fold == number] - others.mean()) / deviation(others)
            scores[at, fold == number] = mine
            worth[at] += lead(mine, (others - others.mean()) / deviation(others))
    best = len(RIDGES) - 1 - int(np.argmax(worth[::-1]))
    weights = discriminants(sample, known)[best]
    others = sample.scores(weights)[is_other]
    scale = deviation(others)
    apart = weights * (known.mean() - sample.mean()) / scale
    return Likeness(
        weights=sample.split(weights),
        centre=float(others.mean()),
        scale=scale,
        contributions=sample.split(apart),
        seed_scores=np.sort(scores[best]),
        ridge=RIDGES[best],
    )


def everyones_scores(tastes: Sequence[Tastes], like: Likeness) -> FloatArray:
    """Score everyone, shape (n_people,); NaN for who has no tag in any facet."""
    parts = [each.scores(weights) for each, weights in zip(tastes, like.weights, strict=True)]
    known = ~np.all([np.isnan(part) for part in parts], axis=0)
    total = np.sum([np.nan_to_num(part) for part in parts], axis=0)
    return np.where(known, total, np.nan)


def spread_out(people: IntArray, most: int = LEARN_FROM) -> IntArray:
    """At most so many of the people, evenly over their order."""
    if len(people) <= most:
        return people
    return people[np.linspace(0, len(people) - 1, most).astype(np.int64)]


def rows_of(tastes: Sequence[Tastes], people: IntArray) -> Sample:
    """The rows of some people in all facets."""
    return Sample([each.of(people) for each in tastes])


def unit(rows: Rows, rarity: FloatArray) -> tuple[Rows, FloatArray]:
    """Damp rows, weigh their tags by rarity and give them length 1; also their lengths before."""
    values = damped(np.asarray(rows.values)) * rarity[rows.columns]
    lengths = np.sqrt(add_up(rows.owners, values**2, rows.n_rows))
    values /= np.maximum(lengths, 1e-300)[rows.owners]
    return Rows(rows.starts, rows.columns, values, rows.n_columns), lengths


def inner(rows: Rows, weights: FloatArray) -> FloatArray:
    """The inner product of each row with weights."""
    return add_up(rows.owners, rows.values * weights[rows.columns], rows.n_rows)


def discriminants(crowd: Sample, seeds: Sample) -> list[FloatArray]:
    """The weights of each ridge, by one Lanczos recurrence (Golub & Van Loan, section 10.1)."""
    mean = crowd.mean()
    apart = seeds.mean() - mean
    length = float(np.sqrt(apart @ apart))
    if length == 0.0:
        return [apart for _ in RIDGES]
    basis, table = lanczos(crowd, mean, apart / length)
    first = np.zeros(len(table))
    first[0] = length
    size = crowd.spread(mean)
    return [
        basis.T @ np.linalg.solve(table + ridge * size * np.eye(len(table)), first)
        for ridge in RIDGES
    ]


def lanczos(crowd: Sample, mean: FloatArray, start: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A basis of the covariance's Krylov space, and the covariance in it (tridiagonal)."""
    basis = np.zeros((DIRECTIONS, len(start)))
    basis[0] = start
    table = np.zeros((DIRECTIONS, DIRECTIONS))
    for step in range(DIRECTIONS):
        image = crowd.turned(crowd.scores(basis[step])) / crowd.size - mean * (mean @ basis[step])
        table[step, step] = image @ basis[step]
        for _ in range(2):  # once is not orthogonal enough in floating point
            image -= basis[: step + 1].T @ (basis[: step + 1] @ image)
        length = float(np.sqrt(image @ image))
        if step + 1 == DIRECTIONS or length <= 1e-10 * table[0, 0]:
            break
        basis[step + 1] = image / length
        table[step, step + 1] = table[step + 1, step] = length
    return basis[: step + 1], table[: step + 1, : step + 1]


def deviation(scores: FloatArray) -> float:
    """Standard deviation, never 0."""
    return float(scores.std()) or 1.0


def lead(seeds: FloatArray, crowd: FloatArray) -> float:
    """How far ahead of the crowd seeds are: mean -log of the share of it that is before them."""
    behind = np.sort(crowd)
    left, right = (np.searchsorted(behind, seeds, side) for side in ("left", "right"))
    ahead = 1.0 - (left + right) / 2 / len(behind)
    return float(-np.log(ahead + FURTHEST).mean())
