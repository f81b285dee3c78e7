"""The fitted circles as plain arrays, and the one function that places people in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from models.echoes import heeded
from models.exponentials import exp, log
from models.rows import BoolArray, FloatArray, IntArray, Matrix, Rows, add_up
from models.strengths import Candidates, mix
from models.tagtable import PAIRS_AT_ONCE, Evidence, TagTable, gather, log_sum
from models.weights import damp_rows

if TYPE_CHECKING:
    from scipy import sparse

Labels: TypeAlias = npt.NDArray[np.int32]

MANY = 500
"""Rows from which on compiled code is worth its loading."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TagProfiles:
    """A mixture of tag signatures and the crowd's background.

    Attributes
    ----------
    starts, tags, shares : ndarray
        Signatures, circles x tags row by row; the shares of one circle add up to 1.
    background : ndarray of shape (n_tags,)
        Probability of each tag in the crowd.
    sizes : ndarray of shape (n_circles,)
        Share of each circle among the people in circles.
    noise : float
        Share of people in no circle.
    grid, grid_weights : ndarray of shape (n_grid,)
        Shares of a person's tags that may come from the signature, and how usual each is.
    offset : float
        Added to the log-odds of every circle against the background: the coverage dial.
    unit : float
        Damped weight of a usual tag: so much counts as one observation.
    relative : bool
        Whether a tag weighs by what it is beside the person's others.
    min_tags : int
        Distinct tags a person needs to be placed at all.
    crowd_prior : float
        0 where signatures hold the tags that mark a circle alone; else they hold every tag, with
        so many tags' worth of the crowd mixed in.
    vouches : bool
        Whether a tag counts when it is judged, as circles are learned, which of them it came from.
    echo_starts, echo_tags, echo_shares : ndarray
        Tags that come together more often than circles explain, tags x tags row by row, and how
        surely one is there because of the other; empty where that is no matter.
    """

    starts: IntArray
    tags: IntArray
    shares: FloatArray
    background: FloatArray
    sizes: FloatArray
    noise: float
    grid: FloatArray
    grid_weights: FloatArray
    offset: float = 0.0
    unit: float = 1.0
    relative: bool = False
    min_tags: int = 2
    crowd_prior: float = 0.0
    vouches: bool = False
    echo_starts: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    echo_tags: Labels = field(default_factory=lambda: np.zeros(0, np.int32))
    echo_shares: FloatArray = field(default_factory=lambda: np.zeros(0))

    @property
    def n_circles(self) -> int:
        """Number of circles."""
        return len(self.sizes)

    @property
    def n_tags(self) -> int:
        """Number of tags."""
        return len(self.background)

    @cached_property
    def signatures(self) -> Rows:
        """Circles x tags, each row adding up to 1."""
        return Rows(self.starts, self.tags, self.shares, self.n_tags)

    @cached_property
    def echoes(self) -> Rows:
        """Tags x tags, no entry where no tag echoes another."""
        starts = self.echo_starts if len(self.echo_starts) else np.zeros(self.n_tags + 1, np.int64)
        return Rows(starts, self.echo_tags, self.echo_shares, self.n_tags)

    @cached_property
    def table(self) -> TagTable:
        """The signatures by tag."""
        return TagTable.of(self.signatures, background=self.background, grid=self.grid)

    @cached_property
    def log_priors(self) -> FloatArray:
        """Log-odds of each circle against the background before any tag is seen."""
        inside = self.sizes * (1.0 - self.noise)
        log_odds = log(np.maximum(inside, 1e-12)) - log(np.array([self.noise]))
        return np.asarray(log_odds + self.offset)

    @cached_property
    def chances(self) -> FloatArray:
        """Odds of each circle against the background before any tag is seen, at most 1."""
        return exp(np.minimum(self.log_priors, 0.0))

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return every field as an array, for `numpy.savez`."""
        return {part.name: np.asarray(getattr(self, part.name)) for part in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "TagProfiles":
        """Rebuild what `to_arrays` gave; an opened npz file will do, echoes may be absent."""
        values = {part.name: arrays[part.name] for part in fields(cls) if part.name in arrays}
        scalars = {name: value.item() for name, value in values.items() if value.ndim == 0}
        return cls(**(values | scalars))


@dataclass(frozen=True, eq=False)
class Assignment:
    """Where people stand.

    Attributes
    ----------
    labels : ndarray of shape (n_users,)
        The primary circle, or -1 for none.
    members : Rows
        Users x circles, the share of a person's tags each of their circles explains; at most
        `max_circles` a row, the primary largest, rows of label -1 empty.
    noise : ndarray of shape (n_users,)
        Probability that the background alone made the person's tags.
    confidence : ndarray of shape (n_users,)
        Probability of the best circle, whether or not the person was placed.
    margins : ndarray of shape (n_users,)
        Log-odds of the best circle against the background; above 0 means placed, -inf that no
        circle shares a tag or the person has too few.
    n_known : ndarray of shape (n_users,)
        Distinct tags of the person.
    """

    labels: Labels
    members: Rows
    noise: FloatArray
    confidence: FloatArray
    margins: FloatArray
    n_known: IntArray

    @property
    def strengths(self) -> "sparse.csr_array":
        """Users x circles as a scipy array; see `members`."""
        return self.members.to_csr()


@dataclass(frozen=True, eq=False)
class Belonging:
    """Labels and members alone, as in `Assignment`."""

    labels: Labels
    members: Rows


@dataclass(frozen=True, eq=False)
class Verdict:
    """The best circle of each row of a piece, and the odds behind it."""

    best: IntArray
    margins: FloatArray
    noise: FloatArray
    confidence: FloatArray
    slot_margins: FloatArray


def assign(profiles: TagProfiles, X: Matrix | Rows, *, max_circles: int = 3) -> Assignment:
    """Place each row of users x tags: the one function behind fit, batch and single look-ups.

    A row's answer is bitwise the same alone, in any batch, compiled or not, and after a reload.
    With `max_circles` 0 people get their labels and no memberships, in less time.
    """
    return placed(profiles, fitting(profiles, X), profiles.unit, max_circles)


def assign_observed(profiles: TagProfiles, rows: Rows, *, max_circles: int = 3) -> Assignment:
    """Place rows of observations, as `observed` makes them."""
    return placed(profiles, rows, None, max_circles)


def belonging(profiles: TagProfiles, X: Matrix | Rows, *, max_circles: int) -> Belonging:
    """Return what `assign` says of labels and members, without the odds behind them: sooner."""
    rows = fitting(profiles, X)
    if not is_compiled(rows):
        found = assign(profiles, rows, max_circles=max_circles)
        return Belonging(found.labels, found.members)
    from models.kernels import assigning

    return assigning.belonging(profiles, rows, unit=profiles.unit, max_circles=max_circles)


def placed(profiles: TagProfiles, rows: Rows, unit: float | None, max_circles: int) -> Assignment:
    """Place observations, or raw weights of which `unit` makes them: compiled when they are many.

    Both ways give the same bits; compiled code is loaded only where it pays.
    """
    if is_compiled(rows):
        from models.kernels.assigning import assigned

        return assigned(profiles, rows, unit=unit, max_circles=max_circles)
    rows = (
        rows
        if unit is None
        else heeded(damp_rows(rows, unit=unit, relative=profiles.relative), profiles.echoes)
    )
    cost = profiles.table.cost(rows)
    parts = [
        assign_part(profiles, part, max_circles)
        for _, part in rows.parts(cost, limit=PAIRS_AT_ONCE)
    ]
    return joined(parts, profiles.n_circles)


def is_compiled(rows: Rows) -> bool:
    """Whether compiled code is there and worth its loading."""
    return rows.n_rows >= MANY and find_spec("numba") is not None


def observed(profiles: TagProfiles, X: Matrix | Rows) -> Rows:
    """Return rows of raw weights as observations: damped, in units of a usual tag, echoes once."""
    rows = damp_rows(fitting(profiles, X), unit=profiles.unit, relative=profiles.relative)
    return heeded(rows, profiles.echoes)


def fitting(profiles: TagProfiles, X: Matrix | Rows) -> Rows:
    """Return a matrix over the tags of the profiles as rows."""
    rows = Rows.of(X)
    if rows.n_columns != profiles.n_tags:
        raise ValueError(
            f"`X` must have {profiles.n_tags} columns, one for each tag of the profiles, "
            f"got {rows.n_columns}. Align its columns with the fitted tags."
        )
    return rows


def assign_part(profiles: TagProfiles, rows: Rows, max_circles: int) -> Assignment:
    """Place one piece of the rows."""
    evidence = gather(profiles.table, rows)
    verdict = judge(profiles, evidence, rows.n_rows)
    placed = (verdict.margins > 0) & (rows.counts >= profiles.min_tags)
    labels = np.where(placed, verdict.best, -1).astype(np.int32)
    candidates = Candidates.of(evidence, verdict.slot_margins, labels)
    members = mix(profiles.table, rows, candidates, profiles.chances, max_circles)
    margins = np.where(rows.counts >= profiles.min_tags, verdict.margins, -np.inf)
    return Assignment(labels, members, verdict.noise, verdict.confidence, margins, rows.counts)


def judge(profiles: TagProfiles, evidence: Evidence, n: int) -> Verdict:
    """Weigh the circles each row touches against each other and the background."""
    row, circle = evidence.slot_row, evidence.slot_circle
    prior = profiles.log_priors[circle]
    margins = log_sum(evidence.scores, profiles.grid_weights) + prior
    top = np.full(n, -np.inf)
    np.maximum.at(top, row, margins)
    is_best = margins == top[row]
    best = np.full(n, -1, dtype=np.int64)
    best[row[is_best][::-1]] = circle[is_best][::-1]
    lesser = exp(-np.abs(top))
    crowd, first = np.where(top > 0, lesser, 1.0), np.where(top > 0, 1.0, lesser)
    total = crowd + add_up(row, exp(margins - np.maximum(top, 0.0)[row]), n)
    return Verdict(best, top, crowd / total, first / total, margins)


def joined(parts: list[Assignment], n_circles: int) -> Assignment:
    """Put the answers of the pieces one after the other."""
    if not parts:
        none = np.zeros(0)
        count = np.zeros(0, dtype=np.int64)
        members = Rows(np.zeros(1, dtype=np.int64), count, none, n_circles)
        return Assignment(count.astype(np.int32), members, none, none, none, count)
    counts = np.concatenate([part.members.counts for part in parts])
    members = Rows(
        np.concatenate([[0], np.cumsum(counts)]),
        np.concatenate([part.members.columns for part in parts]),
        np.concatenate([part.members.values for part in parts]),
        n_circles,
    )
    return Assignment(
        np.concatenate([part.labels for part in parts]),
        members,
        np.concatenate([part.noise for part in parts]),
        np.concatenate([part.confidence for part in parts]),
        np.concatenate([part.margins for part in parts]),
        np.concatenate([part.n_known for part in parts]),
    )


def reasons(assignment: Assignment, *, min_tags: int) -> npt.NDArray[np.str_]:
    """Say why each person is in no circle: `too_few_tags`, `ambiguous` or `far`; '' if placed.

    Ambiguous means that circles together explain the tags, but none does alone.
    """
    few = assignment.n_known < min_tags
    torn: BoolArray = assignment.noise < 0.5
    outside = np.select([few, torn], ["too_few_tags", "ambiguous"], "far")
    return np.where(assignment.labels >= 0, "", outside)
