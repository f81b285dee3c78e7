"""Which circle of a new segmentation goes on from which of the one before."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linear_sum_assignment

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

GOES_ON = 0.25
"""Least overlap (Jaccard, or likeness of tags among strangers) for an id to go on."""
PART = 0.3
"""Share of a circle's people that must come from another for it to count as a part of it."""
GREW, SHRANK = 1.25, 0.8


@dataclass(frozen=True)
class Event:
    """What became of a circle: born, continued, grown, shrunk, split, merged or retired.

    `circle` numbers the new circles; of a retired one it is -1. `origins` are the earlier
    circles it came from, the one whose id it keeps first; `overlap` is the Jaccard overlap with
    that one, or 0 when there is none.
    """

    event: str
    circle: int
    origins: tuple[int, ...]
    overlap: float


@dataclass(frozen=True, eq=False)
class Lineage:
    """`origins` gives each new circle the earlier one whose id it keeps, -1 for a new id."""

    origins: IntArray
    events: tuple[Event, ...]


@dataclass(frozen=True, eq=False)
class Overlap:
    """How the people of two segmentations fall together; counts are of people known to both.

    `joint` is earlier x new circles, `before` and `after` their sizes; `likeness` is the cosine
    of their tag signatures.
    """

    joint: FloatArray
    before: FloatArray
    after: FloatArray
    likeness: FloatArray

    @property
    def jaccard(self) -> FloatArray:
        """Shared people over people in either."""
        union = self.before[:, None] + self.after[None] - self.joint
        return self.joint / np.maximum(union, 1.0)

    @property
    def taken(self) -> FloatArray:
        """The share of an earlier circle's people that each new circle has."""
        return self.joint / np.maximum(self.before[:, None], 1.0)

    @property
    def brought(self) -> FloatArray:
        """The share of a new circle's people that each earlier circle gave."""
        return self.joint / np.maximum(self.after[None], 1.0)


def match_circles(
    before: IntArray,
    after: IntArray,
    *,
    profiles_before: sparse.csr_array,
    profiles_after: sparse.csr_array,
) -> Lineage:
    """Match circles one to one by their people, ties going to the closer tag signature.

    Parameters
    ----------
    before, after : ndarray of shape (n_users,)
        Primary circle of the same people in both segmentations; -1 for none or not known.
    profiles_before, profiles_after : csr_array of shape (n_circles, n_tags)
        Tag signatures over the same tags.

    References
    ----------
    Kuhn (1955), "The Hungarian method for the assignment problem"; events after Greene, Doyle &
    Cunningham (2010), "Tracking the evolution of communities in dynamic social networks".
    """
    overlap = overlaps(
        np.asarray(before, dtype=np.int64),
        np.asarray(after, dtype=np.int64),
        cosine(profiles_before, profiles_after),
    )
    origins = kept_ids(overlap)
    return Lineage(origins, tuple([*new_events(overlap, origins), *retired(overlap, origins)]))


def overlaps(before: IntArray, after: IntArray, likeness: FloatArray) -> Overlap:
    """Count the people each pair of circles shares."""
    n_before, n_after = likeness.shape
    both = (before >= 0) & (after >= 0)
    pairs = before[both] * max(n_after, 1) + after[both]
    joint = np.bincount(pairs, minlength=n_before * n_after).astype(np.float64)
    return Overlap(
        joint=joint.reshape(n_before, n_after),
        before=np.bincount(before[before >= 0], minlength=n_before).astype(np.float64),
        after=np.bincount(after[after >= 0], minlength=n_after).astype(np.float64),
        likeness=likeness,
    )


def cosine(before: sparse.csr_array, after: sparse.csr_array) -> FloatArray:
    """Return the cosine of every pair of rows, shape (rows of before, rows of after)."""
    product = np.asarray((before @ after.T).todense(), dtype=np.float64)
    norms = [
        np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel()) for rows in (before, after)
    ]
    cosines: FloatArray = product / np.maximum(norms[0][:, None] * norms[1][None], 1e-12)
    return cosines


def kept_ids(overlap: Overlap) -> IntArray:
    """Return the earlier circle each new circle goes on from, -1 for none.

    People decide, the tags break ties. A child of a split counts by how much of the parent it
    has, so the larger child is matched even where both are far from the whole.
    """
    likely = np.maximum(overlap.jaccard, 0.5 * np.minimum(overlap.taken, overlap.brought))
    strangers = overlap.joint.sum() == 0
    score = overlap.likeness if strangers else likely
    rows, columns = linear_sum_assignment(-(score + 1e-6 * overlap.likeness))
    origins = np.full(score.shape[1], -1, dtype=np.int64)
    good = is_sequel(overlap, strangers)[rows, columns]
    origins[columns[good]] = rows[good]
    return origins


def is_sequel(overlap: Overlap, strangers: bool) -> npt.NDArray[np.bool_]:
    """Whether a pair is alike enough for one id.

    Half of the people of either side, and of both together at least a quarter; among people who
    share nobody, likeness of tags has to do.
    """
    if strangers:
        return overlap.likeness >= 0.5
    mostly = np.maximum(overlap.taken, overlap.brought) >= 0.5
    return (overlap.jaccard >= GOES_ON) & mostly


def new_events(overlap: Overlap, origins: IntArray) -> Iterator[Event]:
    """Say of every new circle how it came to be."""
    for circle, origin in enumerate(origins.tolist()):
        sources = parts_of(overlap, circle)
        if origin < 0:
            yield born_or_split(overlap, circle, sources)
        else:
            yield sequel(overlap, circle, origin, sources)


def parts_of(overlap: Overlap, circle: int) -> list[int]:
    """The earlier circles that gave most of their people to a new one, the largest giver first."""
    gave = np.flatnonzero(
        (overlap.taken[:, circle] >= 0.5) & (overlap.brought[:, circle] >= 0.5 * PART)
    )
    order = np.argsort(-overlap.joint[gave, circle], kind="stable")
    return [int(source) for source in gave[order]]


def born_or_split(overlap: Overlap, circle: int, sources: list[int]) -> Event:
    """A circle with a new id: most of its people came from one earlier circle, or it is born."""
    brought = overlap.brought[:, circle]
    parent = int(np.argmax(brought)) if len(brought) else -1
    if parent >= 0 and brought[parent] >= 0.5 and overlap.taken[parent, circle] >= 0.5 * PART:
        return Event("split", circle, (parent,), float(overlap.jaccard[parent, circle]))
    if len(sources) > 1:
        return Event("merged", circle, tuple(sources), 0.0)
    return Event("born", circle, (), 0.0)


def sequel(overlap: Overlap, circle: int, origin: int, sources: list[int]) -> Event:
    """A circle that keeps its id: merged, grown, shrunk or simply continued."""
    jaccard = float(overlap.jaccard[origin, circle])
    others = [source for source in sources if source != origin]
    if others:
        return Event("merged", circle, (origin, *others), jaccard)
    growth = overlap.after[circle] / max(overlap.before[origin], 1.0)
    word = "grown" if growth >= GREW else "shrunk" if growth <= SHRANK else "continued"
    return Event(word, circle, (origin,), jaccard)


def retired(overlap: Overlap, origins: IntArray) -> Iterator[Event]:
    """Earlier circles nobody goes on from."""
    gone = np.setdiff1d(np.arange(overlap.joint.shape[0]), origins)
    return (Event("retired", -1, (int(circle),), 0.0) for circle in gone)
