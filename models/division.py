"""Circles that are really two, found by looking at each circle's own people.

Halves that share most of their tags lie so close together that a look at everybody takes them for
one. Among the circle's people alone, what sets the halves apart is what varies most.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse.linalg import eigsh

from models.mixture import dense, refine, settle, signatures, tag_sums, with_signatures
from models.profiles import TagProfiles, assign_observed
from models.rows import FloatArray, IntArray, Rows
from models.trimming import joined_alike, large_enough, merit, only, without_composites

FEWEST = 60
"""People a circle needs before a look inside can tell anything."""
APART = 0.8
"""Cosine of two signatures above which they are shades of one circle."""
MISSES = 2
"""Cuts among everybody that may fail to pay before less promising ones are let be."""
FAINT_CROWD = 0.05
"""Share of a circle's own people who may turn out to belong to neither half."""
NARROW = 400
"""Tags up to which all axes are taken at once."""
STEPS = 8
MOST_ROUNDS = 6
"""Halvings of one circle: enough to make many of a few that were found too coarse."""


@dataclass(frozen=True, eq=False)
class Cut:
    """The two signatures a circle falls into, (2, n_tags), and what its own people gain by it."""

    circle: int
    halves: FloatArray
    gain: float


def divided(profiles: TagProfiles, people: Rows, *, min_share: float) -> TagProfiles:
    """Cut circles in two, and their halves again, as long as that describes the people better."""
    for _ in range(MOST_ROUNDS):
        cut = cut_once(profiles, people, min_share=min_share)
        if cut is profiles:
            break
        profiles = cut
    return profiles


def cut_once(profiles: TagProfiles, people: Rows, *, min_share: float) -> TagProfiles:
    """Cut the circles that are better cut; return the very same profiles when nothing is gained.

    A cut has to pay among the circle's own people, price of the additional tags included; then
    among everybody (Schwarz 1978). They are tried one after another, the clearest first: together
    a poor cut would hide a good one.
    """
    cuts = promising_cuts(profiles, people, fewest=min_share * people.n_rows)
    best, made, missed = profiles, dict[int, FloatArray](), 0
    for cut in sorted(cuts, key=lambda cut: -cut.gain):
        halves = made | {cut.circle: cut.halves}
        tried = cut_apart(profiles, halves, people, min_share=min_share)
        if merit(tried, people) > merit(best, people):
            best, made, missed = tried, halves, 0
        else:
            missed += 1
        if missed == MISSES:
            break
    return best


def promising_cuts(profiles: TagProfiles, people: Rows, *, fewest: float) -> list[Cut]:
    """Return the cuts that pay among the circle's own people."""
    labels = assign_observed(profiles, people, max_circles=0).labels.astype(np.int64)
    cuts = (
        cut_of(profiles, circle, people.take(np.flatnonzero(labels == circle)), fewest=fewest)
        for circle in range(profiles.n_circles)
    )
    return [cut for cut in cuts if cut is not None]


def cut_apart(
    profiles: TagProfiles, halves: Mapping[int, FloatArray], people: Rows, *, min_share: float
) -> TagProfiles:
    """Put the halves of some circles in their place and learn anew among everybody."""
    table = dense(profiles)
    pieces = [halves.get(circle, table[[circle]]) for circle in range(profiles.n_circles)]
    counts = np.array([len(piece) for piece in pieces])
    sizes = np.repeat(profiles.sizes / counts, counts)
    cut = refine(with_signatures(profiles, np.vstack(pieces), sizes), people)
    cut = without_composites(joined_alike(cut))
    return settle(large_enough(cut, min_share), people)


def cut_of(profiles: TagProfiles, number: int, members: Rows, *, fewest: float) -> Cut | None:
    """Cut a circle by its own people; None where they are better told as one."""
    if members.n_rows < max(FEWEST, 2.0 * fewest):
        return None
    circle = only(profiles, np.array([number]))
    two = parted(circle, members)
    if two is None or two.sizes.min() * members.n_rows < fewest:
        return None
    one = as_one(circle, members)
    halves, gain = dense(two), merit(two, members) - merit(one, members)
    return Cut(number, halves, gain) if gain > 0.0 and cosine(*halves) < APART else None


def parted(circle: TagProfiles, members: Rows) -> TagProfiles | None:
    """Return two profiles for the people of one circle, None where nothing tells sides apart."""
    return learned_apart(circle, members, two_sides(members, circle.tags))


def as_one(circle: TagProfiles, members: Rows) -> TagProfiles:
    """Learn one circle from its own people."""
    return refine(replace(circle, noise=FAINT_CROWD), members, steps=STEPS)


def learned_apart(circle: TagProfiles, members: Rows, sides: IntArray) -> TagProfiles | None:
    """Learn two profiles from the people on each side of one circle; -1 is on neither."""
    alone = replace(circle, noise=FAINT_CROWD)
    both = signatures(tag_sums(members, sides, count=2), circle.background)
    if not both.any(axis=1).all():
        return None
    two = refine(with_signatures(alone, both, np.full(2, 0.5)), members, steps=STEPS)
    return two if (two.signatures.counts >= 2).all() else None


def two_sides(members: Rows, tags: IntArray) -> IntArray:
    """Part people along the line on which having the circle's tags varies together most.

    Each tag is brought to unit variance and each person's level taken out, so that neither
    popular tags nor busy people decide. The sign is fixed by the largest loading.
    """
    has: FloatArray = np.asarray((members.to_csr()[:, tags] > 0).todense(), dtype=np.float64)
    usual = np.asarray(has.mean(axis=0))
    has = (has - usual) / np.sqrt(np.maximum(usual * (1.0 - usual), 1e-3))
    has -= has.mean(axis=1, keepdims=True)
    main = main_axis(has.T @ has)
    main = main * np.sign(main[np.argmax(np.abs(main))])
    return np.asarray((has @ main > 0).astype(np.int64))


def main_axis(products: FloatArray) -> FloatArray:
    """Return the eigenvector of the largest eigenvalue of a symmetric matrix.

    Of thousands of tags all axes would take seconds; the first alone takes a few products, from
    a fixed start (Lanczos 1950).
    """
    if len(products) <= NARROW:
        return np.asarray(np.linalg.eigh(products)[1][:, -1])
    start = np.random.default_rng(0).standard_normal(len(products))
    return np.asarray(eigsh(products, k=1, which="LA", v0=start)[1][:, 0])


def cosine(one: FloatArray, other: FloatArray) -> float:
    """Return the cosine of two signatures, 0 when one of them is empty."""
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other / max(lengths, 1e-12))
