"""Rings around a circle, from those most like it outward, and what reaching them brings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.rows import BoolArray, FloatArray, IntArray

RINGS = (("interest", 0.5), ("broad", 0.25))
"""Each ring and its least closeness: half, and a quarter, of what sets the middle seed apart."""
BAND = 1.2815515655446004  # standard deviations that hold 80 %


@dataclass(frozen=True)
class Ring:
    """People about as close to the seeds as each other; closeness is None where it is empty."""

    ring: str
    people: int
    least_closeness: float | None
    mean_closeness: float | None


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


def rings(seeds: int, closeness: FloatArray) -> list[Ring]:
    """Count the rings: the seeds as `core`, then candidates by closeness; nobody is in two."""
    place = ring_of(closeness)
    outer = [ring(name, closeness[place == at]) for at, (name, _) in enumerate(RINGS)]
    return [Ring("core", seeds, None, None), *outer]


def ring(name: str, closeness: FloatArray) -> Ring:
    """One ring and how close its people are."""
    if not len(closeness):
        return Ring(name, 0, None, None)
    return Ring(name, len(closeness), float(closeness.min()), float(closeness.mean()))


def ring_of(closeness: FloatArray) -> IntArray:
    """The place of each candidate's ring in `RINGS`; its length for those beyond all rings."""
    bounds = np.array([-least for _, least in RINGS])
    return np.searchsorted(bounds, -closeness, side="left").astype(np.int64)


def joined_by_ring(closeness: FloatArray, has_joined: BoolArray) -> list[Joined]:
    """Count who of each ring has joined since, and at last of those beyond all rings."""
    place, count = ring_of(closeness), len(RINGS) + 1
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
