"""Ambassadors: the people to start from so that a message reaches most of those it is meant for."""

from dataclasses import dataclass
from math import ceil, e, lgamma, log, log2, sqrt

import numpy as np

from models.cascades import Cascades, People, Ties, joined, run_back
from models.kernels import cascades as kernels
from models.rows import FloatArray, IntArray

GREEDY = 1 - 1 / e
SLACK = 0.05
MOST_SETS = 1 << 18
SETS_A_TARGET = 8
FEWEST_SETS, AMPLE_SETS = 1 << 14, 1 << 16
"""The first round: fewer prove enough too, but choose people a few hundredths worse."""


@dataclass(frozen=True, eq=False)
class Ambassadors:
    """People to start from, best first.

    Attributes
    ----------
    people : ndarray of shape (n_chosen,)
    reach : ndarray of shape (n_chosen,)
        How many targets the first 1, 2, ... are expected to reach together, themselves included.
    guarantee : float
        At least so much of the best possible choice's reach, with probability 1 - 1 / n_targets;
        greedy choice promises no more than 1 - 1/e = 0.632 beforehand.
    sets : int
        How many reverse-reachable sets each of the two collections held.
    """

    people: IntArray
    reach: FloatArray
    guarantee: float
    sets: int


@dataclass(frozen=True, eq=False)
class Covering:
    """People chosen one by one, how many sets they are in together, and what others would add."""

    people: IntArray
    covered: IntArray
    gains: IntArray

    @property
    def most(self) -> float:
        """No choice of as many people is in more sets: what is covered and the best others' gains.

        Also never more than the greedy guarantee allows.
        """
        count = len(self.people)
        total = float(self.covered[-1])
        best = np.partition(self.gains, len(self.gains) - count)[len(self.gains) - count :]
        return min(total + float(np.maximum(best, 0).sum()), total / GREEDY)


def find_ambassadors(
    backward: Ties,
    *,
    candidates: IntArray,
    targets: IntArray,
    count: int,
    slack: float = SLACK,
    most_sets: int = MOST_SETS,
    random_state: int = 0,
) -> Ambassadors:
    """Choose `count` candidates so that together they reach the most targets.

    One collection of reverse-reachable sets chooses, another judges; both are doubled until what
    the judge finds is surely at least 1 - 1/e - `slack` of the best, or `most_sets` are drawn.

    Parameters
    ----------
    backward : Ties
        Who can receive it from whom: ties reversed.
    candidates, targets : ndarray
        Who may be chosen, ascending; who is to be reached. Neither may be empty.

    References
    ----------
    Tang, Shi & Xiao (2015), "Influence maximization in near-linear time: a martingale approach",
    for the number of sets that is always enough; Tang, Tang, Xiao & Yuan (2018), "Online
    processing algorithms for influence maximization" (OPIM-C), for stopping before it.
    """
    count = min(count, len(candidates))
    bounds = Bounds.of(len(candidates), len(targets), count, slack)
    place = np.full(backward.n_people, -1, np.int32)
    place[candidates] = np.arange(len(candidates), dtype=np.int32)
    size, drawn = min(bounds.first, most_sets), 0
    nothing = Cascades(np.zeros(1, np.int64), place[:0])
    choosing, judging = nothing, nothing
    while True:
        choosing, judging = (
            joined([had, known_only(backward, targets, place, drawn, size - drawn, seed)])
            for seed, had in ((random_state, choosing), (random_state + 1, judging))
        )
        drawn = size
        found = covering(choosing, len(candidates), count)
        met = covered_by(judging, found.people, len(candidates))
        guarantee = bounds.guarantee(float(met[-1]), found.most)
        if guarantee >= GREEDY - slack or drawn >= min(bounds.enough, most_sets):
            reach = met / drawn * len(targets)
            return Ambassadors(candidates[found.people], reach, guarantee, drawn)
        size = min(2 * size, most_sets, bounds.enough)


@dataclass(frozen=True)
class Bounds:
    """How many sets are needed, and what a number of them proves (OPIM-C, sections 4 and 5)."""

    first: int
    enough: int
    doubt: float

    @classmethod
    def of(cls, candidates: int, targets: int, count: int, slack: float) -> "Bounds":
        """Set the bounds for failing once in as many times as there are targets."""
        once = log(6 * max(targets, 2))
        ways = lgamma(candidates + 1) - lgamma(count + 1) - lgamma(candidates - count + 1)
        enough = (
            2 * targets * (GREEDY * sqrt(once) + sqrt(GREEDY * (ways + once))) ** 2
            / (slack**2 * count)
        )  # fmt: skip
        fewest = min(max(SETS_A_TARGET * targets, FEWEST_SETS), AMPLE_SETS)
        first = max(fewest, ceil(enough * slack**2 * count / targets))
        rounds = max(1, ceil(log2(max(enough / first, 2))))
        return cls(first, max(ceil(enough), first), log(3 * rounds * max(targets, 2)))

    def guarantee(self, met: float, most: float) -> float:
        """What is surely reached over what the best choice surely does not exceed."""
        low = (sqrt(met + 2 * self.doubt / 9) - sqrt(self.doubt / 2)) ** 2 - self.doubt / 18
        high = (sqrt(most + self.doubt / 2) + sqrt(self.doubt / 2)) ** 2
        return max(low, 0.0) / high


def known_only(
    backward: Ties, targets: IntArray, place: People, first: int, count: int, seed: int
) -> Cascades:
    """Draw sets of targets and keep the candidates in them, by their place among candidates."""
    parts = []
    for batch in run_back(backward, targets, first=first, count=count, seed=seed):
        who = place[batch.people]
        kept = np.concatenate([[0], np.cumsum(who >= 0)])
        parts.append(Cascades(kept[batch.starts].astype(np.int64), who[who >= 0]))
    return joined(parts)


def covering(sets: Cascades, n_people: int, count: int) -> Covering:
    """Choose people greedily so that together they are in the most sets."""
    by_person = sets.matrix(n_people).T.tocsr()
    starts, members = by_person.indptr.astype(np.int64), by_person.indices.astype(np.int64)
    gains = np.diff(starts)
    chosen = np.zeros(count, np.int64)
    kernels.cover(
        sets.starts, sets.people, starts, members, count, gains, np.zeros(sets.count, np.int64),
        chosen,
    )  # fmt: skip
    return Covering(chosen, covered_by(sets, chosen, n_people), gains)


def covered_by(sets: Cascades, people: IntArray, n_people: int) -> IntArray:
    """In how many sets the first 1, 2, ... of some people are together."""
    rank = np.full(n_people, len(people), np.int64)
    rank[people[::-1]] = np.arange(len(people))[::-1]
    first = np.full(sets.count, len(people), np.int64)
    owners = np.repeat(np.arange(sets.count), np.diff(sets.starts))
    np.minimum.at(first, owners, rank[sets.people])
    return np.cumsum(np.bincount(first, minlength=len(people) + 1))[: len(people)]
