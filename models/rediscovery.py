"""Circles discovered again among other people of the same kind, at a part of a fit's price.

What a fit has decided once stays decided: how many directions of the tag space carry structure,
whether dense or round groups make the circles, and whether profiles hold all tags. Which tags lie
together, who lies near whom, what the circles are about and how many there are is learned anew.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Self

import numpy as np
from scipy import sparse
from threadpoolctl import ThreadpoolController

from models.beginnings import finished, from_dense_groups
from models.dependence import with_echoes
from models.foretelling import HeldBack
from models.judging import Judge
from models.landmarks import Canon, draw
from models.mixture import crowd_shares
from models.observations import damped_rows, heeded_rows
from models.profiles import TagProfiles, assign, fitting
from models.rows import Rows
from models.sampling import MOST_ACTIVE, Landmarks, Sample, placed
from models.search import STEP, Search
from models.stability import MOST_PEOPLE, Labels, best_jaccard
from models.tagspace import TagSpace, co_occurrence, meeting_rates, standardised, tag_space
from models.trimming import crowd_only

LANDMARKS, AMONG_MANY = 8_000, 6_000
"""Landmarks, and how many show dense groups among more people: there they are more active."""
STEPS = 4
"""Steps of learning from dense groups, by which time all but nothing moves any more."""
SURELY = 4
"""Circles that are not counted anew."""
NEARLY_ALL = 0.9
"""Share of the circles found again at which no further way is tried, unless a number was asked."""
SMOOTHING = 0.5
TURNS = 2
"""Power steps from the directions known; from a random start the fit takes eight."""


@dataclass(frozen=True, eq=False)
class Rediscovery:
    """A recipe for finding a model's circles again.

    Attributes
    ----------
    model : TagProfiles
        The circles to find again.
    space : TagSpace
        Where tags lie among some of the people; every sample turns its own from it.
    way : str
        What makes circles of a sample: `dense` groups, dense ones `joined` until they are as
        many as the model's, as many `rounded` ones, or rounded ones `counted` anew.
    min_share : float
        Least share of the people a circle may hold.
    """

    model: TagProfiles
    space: TagSpace
    way: str
    min_share: float

    @classmethod
    def plain(cls, model: TagProfiles, X: sparse.csr_array, *, min_share: float) -> Self:
        """The first way, from dense groups, with a tag space of some people."""
        rows = as_learned(model, X)
        with pools().limit(limits=1):
            return cls(model, tag_space(rows), "dense", min_share)

    def bettered(
        self, X: sparse.csr_array, labels: Labels, *, seed: int, asked: bool = False
    ) -> Self:
        """Return the way that finds most of the circles again among some people.

        `labels` is the circle of each row of raw weights; `asked` says that the number of
        circles was asked for and does not come from the data.
        """
        rows, n_circles = as_learned(self.model, X), self.model.n_circles
        tried = ("dense", "rounded", "joined") if asked else ("dense", "rounded")
        with pools().limit(limits=1):

            def agreement(recipe: Self) -> float:
                again = recipe.learned(rows, self.space, seed)
                placed_again = assign(again, X, max_circles=0).labels
                return float(np.nansum(best_jaccard(labels, placed_again, n_circles)))

            recipes = [replace(self, way=way) for way in tried]
            best, most = recipes[0], agreement(recipes[0])
            enough = math.inf if asked else NEARLY_ALL * n_circles
            for recipe in recipes[1:]:
                if most < enough and (found := agreement(recipe)) > most:
                    best, most = recipe, found
        is_counted = best.way == "rounded" and not asked
        return replace(best, way="counted") if is_counted else best

    def fit(self, X: sparse.csr_array, seed: int) -> Callable[[sparse.csr_array], Labels]:
        """Find circles among other people; return what places people in them."""
        rows = as_learned(self.model, X)
        with pools().limit(limits=1):
            again = self.learned(rows, turned(self.space, rows), seed)
        return lambda people: assign(again, people, max_circles=0).labels

    def learned(self, rows: Rows, space: TagSpace, seed: int) -> TagProfiles:
        """The circles of some people; none at all if the way leads nowhere."""
        is_judged, rounds = self.way == "counted", self.way != "dense"
        search = self.search(rows, space, is_judged=is_judged, seed=seed, rounds=rounds)
        found = WAYS[self.way](search, self.model.n_circles)
        if found is not None and len(self.model.echoes.columns):
            search = heeding(search, self.model.echoes)
            found = with_echoes(found, self.model.echoes)
            found = finished(found, search.sample.people, self.min_share)
        return self.as_kept(found, search)

    def of_numbers(self, search: Search, numbers: Sequence[int]) -> list[TagProfiles]:
        """The circles of some people at each of several numbers, found the same way."""
        fine = search.dense() if self.way in ("dense", "joined") else None
        is_finer = [fine is not None and fine.n_circles >= number for number in numbers]
        return [
            self.as_kept(search.joined(n, fine) if finer else search.rounded(n), search)
            for n, finer in zip(numbers, is_finer, strict=True)
        ]

    def search(
        self,
        rows: Rows,
        space: TagSpace,
        *,
        is_judged: bool,
        seed: int,
        rounds: bool = True,
    ) -> Search:
        """Ways to the circles of some people, judged by what is held back of them or not."""
        canon = Canon.of(rows)
        held_back = HeldBack.of(rows, canon, seed=seed) if is_judged else HeldBack.nothing()
        sample = sample_of(rows, canon, space, held_back, seed=seed, rounds=rounds)
        trial = held_back.trial(rows, np.arange(rows.n_rows), crowd=sample.crowd)
        return Search(sample, rows, self.min_share, seed, Judge(trial))

    def as_kept(self, found: TagProfiles | None, search: Search) -> TagProfiles:
        """Profiles that hold as many tags as the model's, in its units."""
        if found is not None and self.model.crowd_prior > 0.0:
            found = search.whole(found, vouches=self.model.vouches)
        found = crowd_only(self.model) if found is None else found
        known = with_echoes(found, self.model.echoes)
        kept = self.model
        return replace(known, unit=kept.unit, relative=kept.relative, offset=kept.offset)


def as_learned(model: TagProfiles, X: sparse.csr_array) -> Rows:
    """Raw weights as circles are learned from them, damped; echoes are heeded at the end."""
    return damped_rows(fitting(model, X), unit=model.unit, relative=model.relative)


def heeding(search: Search, echoes: Rows) -> Search:
    """The same search, its people's tags less what others of theirs echo."""
    people = heeded_rows(search.sample.people, echoes)
    return replace(search, sample=replace(search.sample, people=people))


@cache
def pools() -> ThreadpoolController:
    """The threads of the libraries loaded with this file; to look for those takes 5 ms."""
    return ThreadpoolController()


def dense(search: Search, count: int) -> TagProfiles | None:
    """Learn from dense groups, however many there are."""
    return from_dense_groups(search.sample, search.min_share, steps=STEPS)


def joined(search: Search, count: int) -> TagProfiles | None:
    """Learn from dense groups, merged upward if there are more than `count`."""
    fine = search.dense()
    is_finer = fine is not None and fine.n_circles > count
    return search.joined(count, fine) if is_finer else None


def rounded(search: Search, count: int) -> TagProfiles | None:
    """Learn from `count` round groups."""
    return search.rounded(count)


def counted(search: Search, count: int) -> TagProfiles | None:
    """Learn from round groups, fewer than `count` at first, more while that foretells more."""
    fewest = max(math.ceil(count / STEP**2), min(count, SURELY))
    few = search.judge.hear(search.rounded(fewest))
    return search.needed(search.climb(few, search.rounded_beyond)).profiles


WAYS: dict[str, Callable[[Search, int], TagProfiles | None]] = {
    "dense": dense,
    "joined": joined,
    "rounded": rounded,
    "counted": counted,
}


def sample_of(
    rows: Rows, canon: Canon, space: TagSpace, held_back: HeldBack, *, seed: int, rounds: bool
) -> Sample:
    """Take rows, less what is held back, to learn from; as landmarks the active before.

    Those cut into round groups are drawn only where `rounds` are asked for.
    """
    most = AMONG_MANY if rows.n_rows > 1.5 * MOST_PEOPLE else LANDMARKS
    half = min(most, max(2000, rows.n_rows // 2))

    def landmarks(count: int) -> Landmarks:
        activity = np.minimum(rows.counts, MOST_ACTIVE) ** 1.5
        drawn = draw(canon, count, seed=seed, weights=activity)
        return placed(held_back.left(rows, drawn), space)

    active = landmarks(half)
    return Sample(
        people=held_back.left(rows, draw(canon, MOST_PEOPLE, seed=seed + 1)),
        active=active,
        broad=landmarks(LANDMARKS) if rounds and half < LANDMARKS else active,
        crowd=crowd_shares(rows),
    )


def turned(space: TagSpace, rows: Rows) -> TagSpace:
    """Turn a tag space toward other people's co-occurrence, its number of directions kept."""
    kept = np.flatnonzero(np.any(space.vectors != 0.0, axis=1))
    if not len(kept):
        return space
    counts = co_occurrence(rows, kept)
    matrix = standardised(counts, meeting_rates(counts))
    holders = np.bincount(rows.columns, minlength=rows.n_columns)[kept] + SMOOTHING
    weight = np.sqrt(holders / holders.sum())[:, None]
    basis = np.linalg.qr(space.vectors[kept] * weight.astype(np.float32))[0]
    for _ in range(TURNS):
        basis = np.linalg.qr(matrix @ basis)[0]
    inner = (basis.T @ (matrix @ basis)).astype(np.float64)
    values, turns = np.linalg.eigh((inner + inner.T) / 2)
    strengths = np.maximum(values, 0.0)
    vectors = np.zeros(space.vectors.shape, np.float32)
    vectors[kept] = basis.astype(np.float64) @ turns * np.sqrt(strengths) / weight
    return TagSpace(vectors / max(np.abs(vectors).max(), 1e-12), strengths, space.edge)
