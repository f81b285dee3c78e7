"""Rings around a circle, from those most like it outward, and what reaching them brings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.rows import BoolArray, FloatArray, IntArray

RINGS = (("interest", 0.5), ("broad", 0.1))
"""Each ring and its least similarity: the typical half of the seeds, then nine in ten of them."""
BAND = 1.2815515655446004  # standard deviations that hold 80 %


@dataclass(frozen=True)
class Ring:
    """People about as like the seeds as each other; similarities are None where it is empty."""

    ring: str
    people: int
    least_similarity: float | None
    mean_similarity: float | None


@dataclass(frozen=True)
class Joined:
    """How many people were in a ring once, and how many of them have joined since."""

    people: int
    joined: int


@dataclass(frozen=True)
class Forecast:
    """How many people of a ring will join, by those who did before; the band holds 80 %."""

    joins: float
    low: float
    high: float
    contacts_per_join: float


def rings(seeds: int, similarity: FloatArray) -> list[Ring]:
    """Count the rings: the seeds as `core`, then candidates by similarity; nobody is in two."""
    place = ring_of(similarity)
    outer = [ring(name, similarity[place == at]) for at, (name, _) in enumerate(RINGS)]
    return [Ring("core", seeds, None, None), *outer]


def ring(name: str, similarity: FloatArray) -> Ring:
    """One ring and the similarities of its people."""
    if not len(similarity):
        return Ring(name, 0, None, None)
    return Ring(name, len(similarity), float(similarity.min()), float(similarity.mean()))


def ring_of(similarity: FloatArray) -> IntArray:
    """The place of each candidate's ring in `RINGS`; its length for those beyond all rings."""
    bounds = np.array([-least for _, least in RINGS])
    return np.searchsorted(bounds, -similarity, side="left").astype(np.int64)


def joined_by_ring(similarity: FloatArray, has_joined: BoolArray) -> list[Joined]:
    """Count who of each ring has joined since, and at last of those beyond all rings."""
    place, count = ring_of(similarity), len(RINGS) + 1
    people = np.bincount(place, minlength=count)
    joined = np.bincount(place, has_joined, minlength=count)
    return [Joined(int(n), int(k)) for n, k in zip(people, joined, strict=True)]


def forecasts(found: Sequence[Ring], before: Sequence[Joined]) -> list[Forecast | None]:
    """What to expect of each ring; None of the core, and of a ring nobody was in before.

    The rate is that of the ring before (Jeffreys' prior); the band holds the doubt about it and
    the luck of the next time.
    """
    told: list[Forecast | None] = [None]
    for now, then in zip(found[1:], before, strict=False):
        told.append(forecast(now.people, then) if then.people else None)
    return told


def forecast(people: int, before: Joined) -> Forecast:
    """How many of so many people will join."""
    rate = (before.joined + 0.5) / (before.people + 1)
    doubt = people**2 * rate * (1 - rate) / (before.people + 1)
    luck = people * rate * (1 - rate)
    reach = BAND * float(np.sqrt(doubt + luck))
    joins = people * rate
    return Forecast(joins, max(joins - reach, 0.0), min(joins + reach, people), 1 / rate)
