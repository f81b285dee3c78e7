"""Ties between people, mostly inside circles, and who invited whom."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.simulator.population import NONE, Population
from segmentation.simulator.randomness import IntArray
from segmentation.simulator.timeline import Period

TIES_A_USER = 1.5
SAME_CIRCLE_SHARE = 0.70
SAME_LIFESTYLE_SHARE = 0.12
INVITED_SHARE = 0.40


@dataclass(frozen=True)
class Ties:
    """Who is tied to whom since when; `is_invitation` marks `src` having brought `dst` in."""

    src: IntArray
    dst: IntArray
    ts: IntArray
    is_invitation: NDArray[np.bool_]

    def within(self, period: Period) -> "Ties":
        """Return the ties made in a period; the first one has everything before it too."""
        rows = np.flatnonzero(period.has_begun(self.ts))
        return Ties(self.src[rows], self.dst[rows], self.ts[rows], self.is_invitation[rows])


def tie(
    people: Population, primary: IntArray, periods: tuple[Period, ...], rng: np.random.Generator
) -> Ties:
    """Draw all friendships and invitations of the whole time, ordered by their ends."""
    everyone = np.arange(len(people))
    src = np.repeat(everyone, rng.poisson(TIES_A_USER, len(people)))
    dst = partners(src, people, primary, rng)
    known_since = np.maximum(people.joined[src], people.joined[dst])
    room = np.maximum(periods[-1].end - known_since, 1)
    ts = known_since + (rng.beta(1.0, 3.0, len(src)) * room).astype(np.int64)
    friends = Ties(src, dst, ts, np.zeros(len(src), dtype=bool))
    return settled(friends, invitations(people, primary, periods, rng))


def partners(
    src: IntArray, people: Population, primary: IntArray, rng: np.random.Generator
) -> IntArray:
    """Draw the other end of each tie: of the same circle, of the same lifestyle, or anyone."""
    luck = rng.random(len(src))
    anyone = pick(np.zeros(len(src), dtype=np.int64), np.zeros_like(primary), people, rng)
    by_circle = pick(primary[src] + 1, primary + 1, people, rng)
    by_life = pick(people.lifestyle[src] + 1, people.lifestyle + 1, people, rng)
    of_circle = (luck < SAME_CIRCLE_SHARE) & (primary[src] != NONE)
    of_life = (luck > 1 - SAME_LIFESTYLE_SHARE) & (people.lifestyle[src] != NONE)
    return np.where(of_circle, by_circle, np.where(of_life, by_life, anyone))


def pick(
    wanted: IntArray, group: IntArray, people: Population, rng: np.random.Generator
) -> IntArray:
    """Draw one member of each wanted group, the popular more often."""
    order = np.argsort(group, kind="stable")
    ladder = np.concatenate([[0.0], np.cumsum(people.pull[order])])
    first = np.searchsorted(group[order], wanted, side="left")
    last = np.searchsorted(group[order], wanted, side="right")
    spot = ladder[first] + rng.random(len(wanted)) * (ladder[last] - ladder[first])
    at = np.searchsorted(ladder, spot, side="right") - 1
    return np.asarray(order[np.clip(at, first, last - 1)])


def invitations(
    people: Population, primary: IntArray, periods: tuple[Period, ...], rng: np.random.Generator
) -> Ties:
    """Let some newcomers have been brought in by someone who was there before them."""
    newcomers = np.flatnonzero(people.joined >= periods[0].start)
    invited = newcomers[rng.random(len(newcomers)) < INVITED_SHARE]
    host = partners(invited, people, primary, rng)
    joined = people.joined[invited]
    could = (people.joined[host] < joined) & (people.left[host] > joined)
    return Ties(host[could], invited[could], joined[could], np.ones(could.sum(), dtype=bool))


def settled(friends: Ties, invited: Ties) -> Ties:
    """Return both as one, ordered by their ends, without ties to oneself or doubles."""
    both = [
        np.concatenate([getattr(invited, name), getattr(friends, name)])
        for name in ("src", "dst", "ts", "is_invitation")
    ]
    src, dst = both[0], both[1]
    pair = np.minimum(src, dst) * (np.maximum(src, dst).max(initial=0) + 1) + np.maximum(src, dst)
    first = np.unique(pair, return_index=True)[1]
    first = first[src[first] != dst[first]]
    first = first[np.lexsort((dst[first], src[first]))]
    return Ties(*(values[first] for values in both))
