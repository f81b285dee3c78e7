"""Learning tag profiles: expectation-maximisation that never lets a tag vouch for itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Self

import numpy as np

from models.excerpts import taken
from models.expectation import Expectations, expect
from models.kernels.summing import add_tags
from models.profiles import TagProfiles
from models.rows import FloatArray, IntArray, Rows

GRID = np.array([0.08, 0.16, 0.28, 0.42, 0.58, 0.75])
LIFT = 2.0
"""How much likelier than in the crowd a tag must be to stand in a signature."""
MIN_MASS = 4.0
NOISE_START = 0.25
BACKGROUND_PRIOR = 0.3
WHOLE_GRID = np.array([0.3, 0.6, 0.9, 0.98])
WHOLE_NOISE_START = 0.1
STILL = 1e-3
"""Share of the people whose change of sides ends the settling."""
CROWD_PRIOR = 200.0
"""Tags' worth of the crowd in a profile that holds every tag."""
FOLDS, LARGE = 5, 1_000
"""Groups people are dealt into, lest any vouch for the profiles they are judged by, and how many
people a circle has on average where that makes no difference."""


def seeded(rows: Rows, labels: IntArray, *, crowd: FloatArray) -> TagProfiles:
    """Make first profiles from people in groups; -1 stands for no group."""
    counts = tag_sums(rows, labels, count=int(labels.max(initial=-1)) + 1)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-9)
    excess = np.where(share > 1.3 * crowd, np.maximum(share - 0.5 * crowd, 0.0), 0.0)
    return evenly(signatures(excess, crowd), crowd, grid=GRID, noise=NOISE_START)


def whole(
    rows: Rows, labels: IntArray, *, crowd: FloatArray, vouches: bool = False, steps: int = 3
) -> TagProfiles:
    """Learn profiles that hold every tag, those a circle avoids included, from people in groups.

    Where circles differ a little in all tags instead of having some of their own, what people
    leave out tells as much as what they do.
    """
    first = replace(counted(rows, labels, crowd=crowd), vouches=vouches)
    return refine(first, rows, steps=steps)


def counted(rows: Rows, labels: IntArray, *, crowd: FloatArray) -> TagProfiles:
    """Count profiles that hold every tag from people in groups, no step of learning taken."""
    mass = tag_sums(rows, labels, count=int(labels.max(initial=-1)) + 1)
    start = evenly(
        smoothed(mass, crowd, CROWD_PRIOR), crowd, grid=WHOLE_GRID, noise=WHOLE_NOISE_START
    )
    return replace(start, crowd_prior=CROWD_PRIOR)


def evenly(table: FloatArray, crowd: FloatArray, *, grid: FloatArray, noise: float) -> TagProfiles:
    """Make profiles of equal size from a dense table of their shares."""
    found = Rows.of(table)
    return TagProfiles(
        starts=found.starts,
        tags=found.columns.astype(np.int64),
        shares=found.values,
        background=crowd,
        sizes=np.full(len(table), 1.0 / max(len(table), 1)),
        noise=noise,
        grid=grid,
        grid_weights=np.full(len(grid), 1.0 / len(grid)),
    )


def smoothed(mass: FloatArray, crowd: FloatArray, prior: float) -> FloatArray:
    """Return each circle's shares of all tags, `prior` tags' worth of the crowd added."""
    return np.asarray((mass + prior * crowd) / (mass.sum(axis=1, keepdims=True) + prior))


def with_signatures(profiles: TagProfiles, table: FloatArray, sizes: FloatArray) -> TagProfiles:
    """Return the profiles with other signatures, given densely, and other sizes."""
    rows = Rows.of(table)
    tags = rows.columns.astype(np.int64)
    return replace(profiles, starts=rows.starts, tags=tags, shares=rows.values, sizes=sizes)


def dense(profiles: TagProfiles) -> FloatArray:
    """Return the signatures as a dense table, circles x tags."""
    table = np.zeros((profiles.n_circles, profiles.n_tags))
    table[profiles.signatures.owners, profiles.tags] = profiles.shares
    return table


def marks(profiles: TagProfiles) -> FloatArray:
    """Return the tags that mark each circle, circles x tags: signatures, however it is told."""
    table = dense(profiles)
    return signatures(table, profiles.background) if profiles.crowd_prior > 0.0 else table


def crowd_shares(rows: Rows) -> FloatArray:
    """Return the share of each tag in all weight, smoothed so that none is 0."""
    total = tag_sums(rows, np.zeros(rows.n_rows, np.int64), count=1)[0] + BACKGROUND_PRIOR
    return np.asarray(total / total.sum())


def tag_sums(rows: Rows, labels: IntArray, *, count: int) -> FloatArray:
    """Add up the tags of each label's people, shape (count, n_tags); -1 is left out."""
    sums = np.zeros((count, rows.n_columns))
    columns = rows.columns.astype(np.int32, copy=False)
    values = rows.values.astype(np.float64, copy=False)
    add_tags(rows.starts, columns, values, labels.astype(np.int64, copy=False), sums)
    return sums


def signatures(mass: FloatArray, background: FloatArray) -> FloatArray:
    """Keep the tags `LIFT` times commoner than in the crowd; rows add up to 1."""
    share = mass / np.maximum(mass.sum(axis=1, keepdims=True), 1e-9)
    kept = np.where((share > LIFT * background) & (mass > 0), share, 0.0)
    return np.asarray(kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-12))


def refine(profiles: TagProfiles, rows: Rows, *, steps: int = 6) -> TagProfiles:
    """Improve profiles by EM steps; every step but the last may take up new tags."""
    if profiles.crowd_prior > 0.0:
        is_large = rows.n_rows >= LARGE * profiles.n_circles
        return crossed(profiles, rows, folds=1 if is_large else FOLDS, steps=steps)
    for step in range(steps):
        profiles = maximised(profiles, rows, grow=step < steps - 1)
    return profiles


def crossed(profiles: TagProfiles, rows: Rows, *, folds: int, steps: int) -> TagProfiles:
    """Improve profiles that hold every tag, each person judged by what others drew.

    From the second step on each of several folds of the people meets profiles made without it.
    Among the hundreds of people of a circle one alone has many a rare tag: a profile that held it
    because of them would hold them fast, and foretell little of anybody else.
    """
    parts = [taken(rows, np.arange(first, rows.n_rows, folds)) for first in range(folds)]
    seen: list[Drawn] = []
    for _ in range(steps):
        met = made_without(profiles, seen) if len(seen) > 1 else repeat(profiles, folds)
        seen = [Drawn.by(part, judge) for judge, part in zip(met, parts, strict=True)]
        profiles = drawn(profiles, seen)
    return profiles


@dataclass(frozen=True, eq=False)
class Drawn:
    """What some people drew from profiles of all tags.

    Attributes
    ----------
    mass : ndarray of shape (n_circles, n_tags)
        Tags' worth of weight.
    sizes : ndarray of shape (n_circles,), grid : ndarray of shape (n_grid,)
        People by circle and by share of signal.
    people : int
        How many they are.
    """

    mass: FloatArray
    sizes: FloatArray
    grid: FloatArray
    people: int

    @classmethod
    def by(cls, people: Rows, profiles: TagProfiles) -> Self:
        """Let people say what they drew."""
        seen = expect(profiles, people)
        return cls(drawn_mass(profiles, seen), seen.sizes, seen.grid, seen.people)

    @classmethod
    def together(cls, seen: Sequence[Self]) -> Self:
        """Add up what several groups drew."""
        mass, sizes, grid = (
            sum(parts[1:], parts[0])
            for parts in zip(*((one.mass, one.sizes, one.grid) for one in seen), strict=True)
        )
        return cls(mass, sizes, grid, sum(one.people for one in seen))


def made_without(profiles: TagProfiles, seen: Sequence[Drawn]) -> Iterator[TagProfiles]:
    """Make profiles as all folds but one drew them, for each fold in turn."""
    for fold in range(len(seen)):
        yield drawn(profiles, [*seen[:fold], *seen[fold + 1 :]])


def drawn(profiles: TagProfiles, seen: Sequence[Drawn]) -> TagProfiles:
    """Return profiles of every tag as some people drew them, sizes, noise and signal included."""
    every = Drawn.together(seen)
    shares = smoothed(every.mass, profiles.background, profiles.crowd_prior)
    return reweighed(with_signatures(profiles, shares, profiles.sizes), every)


def settle(profiles: TagProfiles, rows: Rows, *, steps: int = 3) -> TagProfiles:
    """Re-estimate sizes, noise and signal shares alone, until nearly nobody changes sides."""
    for _ in range(steps):
        before, profiles = profiles, reweighed(profiles, expect(profiles, rows, tags=False))
        if changed(before, profiles) < STILL:
            break
    return profiles


def changed(before: TagProfiles, after: TagProfiles) -> float:
    """Return the share of the people by which circles and the crowd grew."""
    one, other = before.sizes * (1.0 - before.noise), after.sizes * (1.0 - after.noise)
    return float(np.abs(other - one).sum() + abs(after.noise - before.noise)) / 2


def maximised(profiles: TagProfiles, rows: Rows, *, grow: bool) -> TagProfiles:
    """Take one EM step of signatures over all of the rows."""
    seen = expect(profiles, rows)
    background = seen.background + BACKGROUND_PRIOR
    background /= background.sum()
    mass = drawn_mass(profiles, seen)
    if grow:
        mass = with_new_tags(mass, rows, seen.sure, background)
    share = mass / np.maximum(mass.sum(axis=1, keepdims=True), 1e-9)
    kept = np.where((share > LIFT * background) & (mass >= MIN_MASS), share, 0.0)
    kept /= np.maximum(kept.sum(axis=1, keepdims=True), 1e-12)
    moved = with_signatures(replace(profiles, background=background), kept, profiles.sizes)
    return reweighed(moved, seen)


def drawn_mass(profiles: TagProfiles, seen: Expectations) -> FloatArray:
    """Spread what the signature entries drew over circles x tags."""
    table = profiles.table
    tag = np.repeat(np.arange(profiles.n_tags), np.diff(table.starts))
    mass = np.zeros((profiles.n_circles, profiles.n_tags))
    mass[table.circles, tag] = seen.entries
    return mass


def reweighed(profiles: TagProfiles, seen: Expectations | Drawn) -> TagProfiles:
    """Return the profiles with sizes, noise and signal shares as the people were seen."""
    sizes = seen.sizes + 1e-6 * seen.people
    grid = seen.grid + 1e-3
    noise = float(np.clip(1.0 - seen.sizes.sum() / max(seen.people, 1), 0.01, 0.95))
    return replace(profiles, sizes=sizes / sizes.sum(), noise=noise, grid_weights=grid / grid.sum())


def with_new_tags(
    mass: FloatArray, rows: Rows, sure: IntArray, background: FloatArray
) -> FloatArray:
    """Add tags far commoner among a circle's sure people than in the crowd."""
    sums = tag_sums(rows, sure, count=len(mass))
    expected = sums.sum(axis=1, keepdims=True) * background
    excess = sums - expected
    new = (mass == 0) & (sums > 4.0 * expected) & (excess > 5.0 * np.sqrt(expected + 1.0))
    return np.where(new, excess, mass)
