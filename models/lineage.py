"""Which circle of a new segmentation goes on from which of the one before."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

UNKNOWN = -2
"""Label of people a run had never heard of; -1 is for those it knew and put in no circle."""
GOES_ON = 0.25
"""Least Jaccard overlap for an id to go on, unless the new circle is a part of the old one."""
MOST = 0.5
"""Share of people, or among strangers cosine of tags, that makes two circles the same."""
PART = 0.1
"""Share of a circle's people that makes another a part of it, not a few who moved."""
ACQUAINTED = 0.1
"""Share of the smaller run's people both must know; below it the tags decide, not the people."""
GREW, SHRANK = 1.25, 0.8
CHANCE = 1.0
"""Standard errors of a count of active people within which a circle neither grew nor shrank."""


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
class Presence:
    """Who was about before each of two segmentations, for as long a time; both (n_users,)."""

    before: BoolArray
    after: BoolArray


@dataclass(frozen=True, eq=False)
class Overlap:
    """How the people of two segmentations fall together.

    `joint` is earlier x new circles, `before` and `after` their sizes, all among people known to
    both; `growth` is the size of each new circle over that of each earlier one, where it is known
    who was about by those people, else by everybody, and 1 where chance explains the difference;
    `likeness` is the cosine of their tags; `strangers` says that hardly anybody is known to both.
    """

    joint: FloatArray
    before: FloatArray
    after: FloatArray
    growth: FloatArray
    likeness: FloatArray
    strangers: bool

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

    @property
    def is_part(self) -> BoolArray:
        """Whether a new circle is mostly a substantial part of an earlier one."""
        return (self.brought >= MOST) & (self.taken >= PART)

    @property
    def is_source(self) -> BoolArray:
        """Whether most of an earlier circle became a substantial part of a new one.

        Most of those who are in any circle now, and a quarter of all: where the others went who
        are in none is not known, and people of a circle that died scatter.
        """
        placed = np.maximum(self.joint.sum(axis=1, keepdims=True), 1.0)
        went = (self.joint >= MOST * placed) & (self.taken >= GOES_ON)
        return np.asarray(went & (self.brought >= PART))


def match_circles(
    before: IntArray,
    after: IntArray,
    *,
    profiles_before: sparse.csr_array,
    profiles_after: sparse.csr_array,
    held: Mapping[int, int] | None = None,
    about: Presence | None = None,
    ended: Collection[int] = (),
) -> Lineage:
    """Match circles one to one by their people, ties going to the closer tag signature.

    The pair with the largest overlap is matched first, so that of the children of a split the
    one with more of the parent keeps its id, and of the parts of a merger the larger.

    Parameters
    ----------
    before, after : ndarray of shape (n_users,)
        Primary circle of the same people in both segmentations; -1 for none, -2 for people
        that segmentation did not know. Who is not known to both changes growth alone.
    profiles_before, profiles_after : csr_array of shape (n_circles, n_tags)
        Tag signatures over the same tags.
    held : mapping of int to int, default=None
        New circles that go on from an earlier one whatever their people say.
    about : Presence, default=None
        Who was about of late, then and now. Silent people stay where they were and would hide for
        long that others leave; without this everybody counts.
    ended : collection of int, default=()
        Earlier circles that none goes on from, whoever is in it.

    References
    ----------
    Greene, Doyle & Cunningham (2010), "Tracking the evolution of communities in dynamic social
    networks".
    """
    overlap = overlaps(
        np.asarray(before, dtype=np.int64),
        np.asarray(after, dtype=np.int64),
        cosine(profiles_before, profiles_after),
        about,
    )
    origins = kept_ids(overlap, held or {}, ended)
    return Lineage(origins, tuple([*new_events(overlap, origins), *retired(overlap, origins)]))


def overlaps(
    before: IntArray, after: IntArray, likeness: FloatArray, about: Presence | None = None
) -> Overlap:
    """Count the people each pair of circles shares."""
    n_before, n_after = likeness.shape
    known_before, known_after = before > UNKNOWN, after > UNKNOWN
    known = known_before & known_after
    both = (before >= 0) & (after >= 0)
    pairs = before[both] * max(n_after, 1) + after[both]
    joint = np.bincount(pairs, minlength=n_before * n_after).astype(np.float64)
    fewer = min(np.count_nonzero(known_before), np.count_nonzero(known_after))
    return Overlap(
        joint=joint.reshape(n_before, n_after),
        before=sizes(before[known], n_before),
        after=sizes(after[known], n_after),
        growth=growth_of(before, after, about, shape=(n_before, n_after)),
        likeness=likeness,
        strangers=bool(np.count_nonzero(known) < ACQUAINTED * fewer) or not known.any(),
    )


def growth_of(
    before: IntArray, after: IntArray, about: Presence | None, *, shape: tuple[int, int]
) -> FloatArray:
    """Return the size of each new circle over that of each earlier one.

    Of people about, a season in which everybody is about less makes no circle smaller.
    """
    if about is None:
        return ratio(sizes(before, shape[0]), sizes(after, shape[1]))
    then, now = (
        sizes(labels[there & (labels > UNKNOWN)], size)
        for labels, there, size in zip(
            (before, after), (about.before, about.after), shape, strict=True
        )
    )
    shares = [
        np.mean(there[labels > UNKNOWN]) if (labels > UNKNOWN).any() else 0.0
        for labels, there in ((before, about.before), (after, about.after))
    ]
    expected = now * (shares[0] / shares[1] if shares[1] else 1.0)
    error = np.sqrt(np.maximum(then[:, None] + expected[None], 1.0))
    by_chance = np.abs(expected[None] - then[:, None]) < CHANCE * error
    return np.where(by_chance, 1.0, ratio(then, expected))


def ratio(before: FloatArray, after: FloatArray) -> FloatArray:
    """Return each of `after` over each of `before`."""
    return np.asarray(after[None] / np.maximum(before[:, None], 1.0))


def sizes(labels: IntArray, n_circles: int) -> FloatArray:
    """People in each circle."""
    return np.bincount(labels[labels >= 0], minlength=n_circles).astype(np.float64)


def cosine(before: sparse.csr_array, after: sparse.csr_array) -> FloatArray:
    """Return the cosine of every pair of rows, shape (rows of before, rows of after)."""
    product = np.asarray((before @ after.T).todense(), dtype=np.float64)
    norms = [
        np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel()) for rows in (before, after)
    ]
    cosines: FloatArray = product / np.maximum(norms[0][:, None] * norms[1][None], 1e-12)
    return cosines


def kept_ids(overlap: Overlap, held: Mapping[int, int], ended: Collection[int]) -> IntArray:
    """Return the earlier circle each new circle goes on from, -1 for none.

    Pairs are taken best first. An assignment with the largest total overlap would now and then
    give a parent's id to its smaller child, to save an id elsewhere.
    """
    rows, columns = np.nonzero(is_sequel(overlap))
    jaccard = np.zeros(len(rows)) if overlap.strangers else overlap.jaccard[rows, columns]
    best_first = np.lexsort((columns, rows, -overlap.likeness[rows, columns], -jaccard))
    origins = np.full(overlap.joint.shape[1], -1, dtype=np.int64)
    origins[list(held)] = list(held.values())
    for row, column in zip(rows[best_first], columns[best_first], strict=True):
        if origins[column] < 0 and row not in origins and row not in ended:
            origins[column] = row
    return origins


def is_sequel(overlap: Overlap) -> BoolArray:
    """Whether a pair is alike enough for one id.

    Most people of one side are in the other, and together they share a quarter; a part of the
    earlier circle may be smaller, for it is still about the same. Of circles about the same tags
    less will do: a quarter of one side, a tenth together. Strangers go by tags.
    """
    if overlap.strangers:
        return overlap.likeness >= MOST
    share = np.maximum(overlap.taken, overlap.brought)
    mostly = (share >= MOST) & (overlap.jaccard >= GOES_ON)
    alike = (overlap.likeness >= MOST) & (share >= GOES_ON) & (overlap.jaccard >= PART)
    return np.asarray(mostly | alike | overlap.is_part)


def new_events(overlap: Overlap, origins: IntArray) -> Iterator[Event]:
    """Say of every new circle how it came to be."""
    for circle, origin in enumerate(origins.tolist()):
        sources = ended_in(overlap, circle, origins)
        if origin < 0:
            yield newcomer(overlap, circle, sources)
        else:
            yield sequel(overlap, circle, origin, sources)


def ended_in(overlap: Overlap, circle: int, origins: IntArray) -> list[int]:
    """The earlier circles that lost their id and went into a new one, the largest giver first."""
    gave = np.setdiff1d(np.flatnonzero(overlap.is_source[:, circle]), origins)
    order = np.argsort(-overlap.joint[gave, circle], kind="stable")
    return [int(source) for source in gave[order]]


def newcomer(overlap: Overlap, circle: int, sources: list[int]) -> Event:
    """A circle with a new id: a part of an earlier one, made of several, or born."""
    if overlap.is_part[:, circle].any():
        parent = int(np.argmax(overlap.joint[:, circle]))
        return Event("split", circle, (parent,), float(overlap.jaccard[parent, circle]))
    if len(sources) > 1:
        return Event("merged", circle, tuple(sources), 0.0)
    return Event("born", circle, (), 0.0)


def sequel(overlap: Overlap, circle: int, origin: int, sources: list[int]) -> Event:
    """A circle that keeps its id: merged, grown, shrunk or simply continued."""
    jaccard = float(overlap.jaccard[origin, circle])
    if sources:
        return Event("merged", circle, (origin, *sources), jaccard)
    growth = overlap.growth[origin, circle]
    word = "grown" if growth >= GREW else "shrunk" if growth <= SHRANK else "continued"
    return Event(word, circle, (origin,), jaccard)


def retired(overlap: Overlap, origins: IntArray) -> Iterator[Event]:
    """Earlier circles nobody goes on from."""
    gone = np.setdiff1d(np.arange(overlap.joint.shape[0]), origins)
    return (Event("retired", -1, (int(circle),), 0.0) for circle in gone)
