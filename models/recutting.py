"""Circles that a warm start joined again, cut by what foretells people held back.

What is remembered, and what a fresh start found, may hold two circles as one while each of them is
still small: among everybody the tags of both cost more than they gain. So a circle is looked at by
its own people once more, and a cut stands where halves learned from some of them foretell the tags
of the others better than the circle does. All other circles stay as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from models.division import APART, as_one, cosine, learned_apart, parted
from models.expectation import expect
from models.mixture import dense, settle, tag_sums, with_signatures
from models.profiles import TagProfiles, assign_observed
from models.rows import FloatArray, IntArray, Rows
from models.trimming import only

SURE = 40.0
"""Log-likelihood of people held back that a new cut must gain."""
LENT = 30.0
"""Tags' worth of the circle in each half, so that neither forgets what both share."""
INSIDE = 0.5
"""Least cosine of a remembered circle and the one that holds it now."""
FOLDS = 5
Parting = Callable[[TagProfiles, Rows], TagProfiles | None]


@dataclass(frozen=True, eq=False)
class Way:
    """How a circle may be parted, and what that must gain of people held back."""

    parting: Parting
    least: float


SURELY = Way(parted, SURE)


def recut(
    profiles: TagProfiles, people: Rows, seeds: FloatArray, *, min_share: float, anew: bool
) -> TagProfiles:
    """Cut circles that hold two; return the very same profiles when there are none.

    Parameters
    ----------
    profiles : TagProfiles
        Circles as they came out of a warm start.
    people : Rows
        Observations, as `profiles` were learned from.
    seeds : ndarray of shape (n_seeds, n_tags)
        Signatures of an earlier run.
    min_share : float
        Smallest share of the people a circle may hold.
    anew : bool
        Whether time has passed and any circle may be two now. Where none has, two remembered
        circles that became one are told apart again if that foretells anything at all.
    """
    fewest = min_share * people.n_rows
    labels = assign_observed(profiles, people, max_circles=0).labels.astype(np.int64)
    homes = held_in(profiles, seeds)
    halves = dict[int, TagProfiles]()
    for circle in range(profiles.n_circles):
        members = people.take(np.flatnonzero(labels == circle))
        way = SURELY if anew else known_apart(seeds[homes[circle]])
        if way is None or members.n_rows < 2 * fewest:
            continue
        two = sure_halves(only(profiles, np.array([circle])), members, way, fewest=fewest)
        if two is not None and both_hold(profiles, circle, two, people, fewest=fewest):
            halves[circle] = two
    return put_apart(profiles, halves, people) if halves else profiles


def held_in(profiles: TagProfiles, seeds: FloatArray) -> list[IntArray]:
    """Name the seeds that each circle holds, the most alike first."""
    table = dense(profiles)
    if not table.size:
        return []
    lengths = [np.linalg.norm(each, axis=1) for each in (seeds, table)]
    cosines = (seeds @ table.T) / np.maximum(np.outer(*lengths), 1e-12)
    home = np.where(cosines.max(axis=1) >= INSIDE, cosines.argmax(axis=1), -1)
    order = (np.argsort(-cosines[:, circle], kind="stable") for circle in range(len(table)))
    return [best[home[best] == circle] for circle, best in enumerate(order)]


def known_apart(seeds: FloatArray) -> Way | None:
    """Say how to part a circle that holds some remembered ones; None where it holds one."""
    return Way(partial(parted_by, seeds=seeds[:2]), 0.0) if len(seeds) >= 2 else None


def parted_by(circle: TagProfiles, members: Rows, seeds: FloatArray) -> TagProfiles | None:
    """Return two profiles for the people of one circle, begun from two remembered ones."""
    start = with_signatures(circle, seeds, np.full(2, 0.5))
    sides = assign_observed(start, members, max_circles=0).labels.astype(np.int64)
    return learned_apart(circle, members, sides)


def sure_halves(
    circle: TagProfiles, members: Rows, way: Way, *, fewest: float
) -> TagProfiles | None:
    """Return the halves of a circle, None unless they foretell its people well enough."""
    two = way.parting(circle, members)
    if two is None or two.sizes.min() * members.n_rows < fewest or cosine(*dense(two)) >= APART:
        return None
    return lent(two, circle, members) if foretold(circle, members, way) > way.least else None


def foretold(circle: TagProfiles, members: Rows, way: Way) -> float:
    """Return by how much halves learned from some people describe the others better."""
    fold = np.arange(members.n_rows) % FOLDS
    parts = ((np.flatnonzero(fold != each), np.flatnonzero(fold == each)) for each in range(FOLDS))
    return sum(
        gained(circle, members.take(some), members.take(others), way) for some, others in parts
    )


def gained(circle: TagProfiles, some: Rows, others: Rows, way: Way) -> float:
    """Return what halves learned from `some` gain among `others`; 0 where there are none."""
    two, one = way.parting(circle, some), as_one(circle, some)
    if two is None or not len(one.tags):
        return 0.0
    halves = settle(with_signatures(one, dense(lent(two, one, some)), two.sizes), some)
    likely = [expect(each, others, tags=False).log_likelihood for each in (halves, one)]
    return float(likely[0] - likely[1])


def lent(two: TagProfiles, one: TagProfiles, members: Rows) -> TagProfiles:
    """Return halves that keep a little of the circle they are halves of."""
    whole, known = dense(one), (dense(two) > 0.0).any(axis=0)
    sides = assign_observed(two, members, max_circles=0).labels.astype(np.int64)
    sums = tag_sums(members, sides, count=2) * (known | (whole[0] > 0.0)) + LENT * whole
    return with_signatures(two, sums / sums.sum(axis=1, keepdims=True), two.sizes)


def both_hold(
    profiles: TagProfiles, circle: int, two: TagProfiles, people: Rows, *, fewest: float
) -> bool:
    """Whether each half has people enough among everybody."""
    cut = put_apart(profiles, {circle: two}, people)
    labels = assign_observed(cut, people, max_circles=0).labels
    return all(np.count_nonzero(labels == half) >= fewest for half in (circle, circle + 1))


def put_apart(
    profiles: TagProfiles, halves: Mapping[int, TagProfiles], people: Rows
) -> TagProfiles:
    """Put halves in the place of their circles, and weigh all circles anew."""
    table = dense(profiles)
    pieces = [
        (dense(halves[circle]), halves[circle].sizes * size)
        if circle in halves
        else (table[[circle]], np.array([size]))
        for circle, size in enumerate(profiles.sizes)
    ]
    tables, sizes = zip(*pieces, strict=True)
    return settle(with_signatures(profiles, np.vstack(tables), np.concatenate(sizes)), people)
