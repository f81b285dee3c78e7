"""What people say about the circles: posteriors in which no tag vouches for itself.

With r(c, s) the posterior of circle c and signal share s given a person's other tags, a tag of
weight w adds w r(c, s) P(drawn by the signature | s) to circle c's entry for it. With the tag
itself included, rare chance pairs would confirm themselves step by step and the share of people
in no circle would sink to nothing.

Where every tag is common, as habits and labels are, none confirms itself by chance; but a handful
of other tags leaves it open which circle a tag came from, and step by step profiles would run into
each other. There `vouches` asks for the posterior given all tags: plain expectation-maximisation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from models.exponentials import exp, log
from models.kernels.learning import GRID_POINTS, divide_by, learn
from models.kernels.threads import over_pieces
from models.profiles import TagProfiles
from models.rows import FloatArray, IntArray, Rows
from models.tagtable import TagTable

SURE = 0.6
USUAL, MOST_USUAL, LOOKED_AT = 0.02, 4, 5_000
"""Share of the first so many tags that makes a weight a usual one, and how many there may be."""
MOST_FACTORS = 4_000_000
"""Numbers kept for usual weights: more would no longer be quicker to read than to make."""


@dataclass(frozen=True, eq=False)
class Expectations:
    """What one pass over the people adds up.

    Attributes
    ----------
    entries : ndarray of shape (n_entries,)
        Tags' worth of weight each signature entry drew, each tag judged without itself.
    background : ndarray of shape (n_tags,)
        Weight of each tag left to the crowd.
    sizes : ndarray of shape (n_circles,), grid : ndarray of shape (n_grid,)
        People by circle and by share of signal.
    log_likelihood : float
        Of all the people's tags.
    sure : ndarray of shape (n_people,)
        The circle of each person who is surely in one, else -1.
    """

    entries: FloatArray
    background: FloatArray
    sizes: FloatArray
    grid: FloatArray
    log_likelihood: float
    sure: IntArray

    @property
    def people(self) -> int:
        """How many people were looked at."""
        return len(self.sure)


def expect(profiles: TagProfiles, rows: Rows, *, tags: bool = True) -> Expectations:
    """Add up what the people say about the profiles, piece by piece in row order.

    Without `tags` the masses of entries and background, the dearest part, stay 0.
    """
    table = profiles.table
    by_chance = np.log(profiles.background)
    apart = 0.0 if profiles.vouches else 1.0
    divisors = Divisors.of(table, rows if tags else rows.part(0, 0), apart)

    def work(_: int, piece: Rows) -> Expectations:
        return of_piece(profiles, piece, by_chance, divisors, tags=tags)

    seen = over_pieces(rows, work)
    return Expectations(
        entries=added((one.entries for one in seen), len(table.circles)),
        background=added((one.background for one in seen), profiles.n_tags),
        sizes=added((one.sizes for one in seen), profiles.n_circles),
        grid=added((one.grid for one in seen), len(profiles.grid)),
        log_likelihood=sum(one.log_likelihood for one in seen),
        sure=np.concatenate([np.zeros(0, np.int64), *(one.sure for one in seen)]),
    )


def of_piece(
    profiles: TagProfiles, rows: Rows, by_chance: FloatArray, divisors: "Divisors", *, tags: bool
) -> Expectations:
    """Add up what some people say."""
    table = profiles.table
    entries = np.zeros(len(table.circles) if tags else 0)
    background = np.zeros(profiles.n_tags if tags else 0)
    sizes, grid = np.zeros(profiles.n_circles), np.zeros(GRID_POINTS)
    log_odds, sure = np.empty(rows.n_rows), np.empty(rows.n_rows, np.int64)
    learn(
        rows.starts, rows.columns.astype(np.int32, copy=False), rows.values,
        table.starts, table.circles, widened(table.gains_by_entry),
        widened(table.shares_by_entry), widened(table.base),
        widened(log(profiles.grid_weights), -np.inf), profiles.log_priors,
        exp(profiles.log_priors), SURE, divisors.apart, divisors.weights, divisors.factors,
        entries, background, sizes, grid, log_odds, sure,
    )  # fmt: skip
    grid = grid[: len(profiles.grid)]
    crowd = rows.n_rows * np.log(profiles.noise) + (rows.values * by_chance[rows.columns]).sum()
    log_likelihood = float(crowd + log_odds.sum())
    return Expectations(entries, background, sizes, grid, log_likelihood, sure)


@dataclass(frozen=True, eq=False)
class Divisors:
    """What takes a tag of a usual weight out of a person's evidence, made once for all people.

    Attributes
    ----------
    apart : float
        The part of a tag that is taken out, 1 or 0.
    weights : ndarray of shape (n_usual,)
        The weights most tags have.
    factors : ndarray of shape (n_usual, (n_entries + n_tags) * GRID_POINTS)
        A factor for each point of the grid, tag by tag: outside signatures, then in each of its
        own.
    """

    apart: float
    weights: FloatArray
    factors: FloatArray

    @classmethod
    def of(cls, table: TagTable, rows: Rows, apart: float) -> Self:
        """Make them for the weights that enough of the tags have."""
        cells = (len(table.circles) + len(table.starts) - 1) * GRID_POINTS
        weights = usual_weights(rows)[: MOST_FACTORS // max(cells, 1)]
        factors = np.empty((len(weights), cells))
        gains, base = widened(table.gains_by_entry), widened(table.base)
        divide_by(table.starts, gains, base, apart * weights, factors)
        return cls(apart, weights, factors)


def usual_weights(rows: Rows) -> FloatArray:
    """Return the weights that stand out among the first tags, the commonest first."""
    values, counts = np.unique(rows.values[:LOOKED_AT], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_USUAL]
    return np.asarray(values[order][counts[order] > USUAL * counts.sum()])


def widened(array: FloatArray, value: float = 0.0) -> FloatArray:
    """Fill the last axis up to `GRID_POINTS`."""
    missing = GRID_POINTS - array.shape[-1]
    if missing < 0:
        raise ValueError(
            f"`grid` must have at most {GRID_POINTS} points, got {array.shape[-1]}. "
            "Use fewer, or raise `GRID_POINTS`."
        )
    before = [(0, 0)] * (array.ndim - 1)
    return np.pad(array, [*before, (0, missing)], constant_values=value) if missing else array


def added(parts: Iterable[FloatArray], size: int) -> FloatArray:
    """Add arrays up in order; an empty one adds nothing."""
    total = np.zeros(size)
    for one in parts:
        if len(one):
            total += one
    return total
