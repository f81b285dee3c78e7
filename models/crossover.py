"""What one group of people offers another: who they share, who would be new, and who would fit."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.rows import BoolArray, FloatArray, IntArray

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Match:
    """What a partner's people offer to one's own; not the same the other way round.

    Attributes
    ----------
    shared : int
        People in both groups.
    lift, lift_low, lift_high : float
        That over what chance would give, with the 95 % interval; 1 is chance.
    new_reach : int
        Partner's people who are not in the own group.
    fit : float or None
        Their mean closeness to the own group, 0 to 1: how much of what sets it apart they share.
        None when nobody is new.
    score : float
        How nearly the partner's new people are those worth reaching, 0 to 1: Sorensen-Dice of
        the new people and of everyone outside by their squared closeness, so that many who are
        far do not make up for few who are near. It falls when they fit badly, and when they are
        few.
    """

    shared: int
    lift: float
    lift_low: float
    lift_high: float
    new_reach: int
    fit: float | None
    score: float


@dataclass(frozen=True, eq=False)
class Side:
    """One's own group, and how close to it everyone outside is.

    Attributes
    ----------
    own, everyone : ndarray of shape (n_people,)
        Whether somebody is in the group, and whether one may speak of them at all.
    closeness : ndarray of shape (n_people,)
        Closeness of those outside of whom one may speak, 0 for everyone else.
    """

    own: BoolArray
    everyone: BoolArray
    closeness: FloatArray

    @classmethod
    def of(cls, own: BoolArray, *, closeness: FloatArray, everyone: BoolArray) -> "Side":
        """Lay everyone's closeness out; it may be NaN where nothing is known."""
        outside = everyone & ~own
        return cls(own & everyone, everyone, np.where(outside, np.nan_to_num(closeness), 0.0))

    @cached_property
    def _counts(self) -> tuple[int, int, float]:
        own, everyone = (int(np.count_nonzero(each)) for each in (self.own, self.everyone))
        return own, everyone, float((self.closeness**2).sum())

    def match(self, partner: IntArray) -> Match:
        """Say what the people in some rows offer the group."""
        own, everyone, worth = self._counts
        partner = partner[self.everyone[partner]]
        is_shared = self.own[partner]
        shared, new = int(np.count_nonzero(is_shared)), partner[~is_shared]
        near = self.closeness[new]
        by_chance = max(own * len(partner) / max(everyone, 1), 1e-12)
        low, high = poisson_interval(shared)
        return Match(
            shared=shared,
            lift=shared / by_chance,
            lift_low=low / by_chance,
            lift_high=high / by_chance,
            new_reach=len(new),
            fit=float(near.mean()) if len(new) else None,
            score=2 * float((near**2).sum()) / max(len(new) + worth, 1e-12),
        )


def poisson_interval(count: int) -> tuple[float, float]:
    """The 95 % interval of the mean behind a count (Byar's approximation; Breslow & Day 1987)."""
    low = 0.0
    if count:
        low = count * (1 - 1 / (9 * count) - NORMAL_95 / (3 * np.sqrt(count))) ** 3
    more = count + 1
    high = more * (1 - 1 / (9 * more) + NORMAL_95 / (3 * np.sqrt(more))) ** 3
    return float(low), float(high)
