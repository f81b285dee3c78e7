"""What people look at, search, use, like, comment on and write."""

import numpy as np

from segmentation.simulator.events import Events
from segmentation.simulator.lifestyles import CHANNELS, mixes
from segmentation.simulator.population import NONE, Population
from segmentation.simulator.randomness import FloatArray, IntArray, cumulative, draw
from segmentation.simulator.rhythm import Presence
from segmentation.simulator.tastes import Tastes
from segmentation.simulator.timeline import Period

MOST_OF_LIGHT_USERS = 5


def behave(
    rows: IntArray, people: Population, tastes: Tastes, period: Period, rng: np.random.Generator
) -> Events:
    """Let the people of these row numbers act for a period; content comes elsewhere."""
    presence = Presence.of(rows, people, period)
    counts = how_many(rows, people, presence, period, rng)
    user = np.repeat(rows, counts)
    weights = mixes()
    channel = draw(cumulative(weights), people.lifestyle[user] % len(weights), rng, len(CHANNELS))
    return Events(
        user=user,
        ts=presence.sittings(counts, rng),
        channel=channel,
        tag=tastes.draw(user, people.signal[user], rng),
        value=amounts(channel, rng),
        content=np.full(len(user), NONE),
    )


def how_many(
    rows: IntArray, people: Population, presence: Presence, period: Period,
    rng: np.random.Generator,
) -> IntArray:  # fmt: skip
    """Draw each person's number of events; whoever is new acts at least once."""
    counts = rng.poisson(people.events[rows] * presence.share())
    counts = np.where(people.is_light[rows], np.minimum(counts, MOST_OF_LIGHT_USERS), counts)
    is_new = period.has_begun(people.joined[rows])
    return np.where(is_new, np.maximum(counts, 1), counts)


def amounts(channel: IntArray, rng: np.random.Generator) -> FloatArray:
    """Return values in each channel's own unit: minutes, seconds, searches, else 1."""
    value = np.ones(len(channel))
    for name, median in (("app", 6.0), ("browse", 45.0)):
        rows = np.flatnonzero(channel == CHANNELS.index(name))
        value[rows] = durations(median, len(rows), rng)
    rows = np.flatnonzero(channel == CHANNELS.index("search"))
    value[rows] = rng.geometric(0.6, len(rows))
    return value


def durations(median: float, count: int, rng: np.random.Generator) -> FloatArray:
    """Draw lengths of stay around a median, most of them short."""
    return np.round(rng.lognormal(np.log(median), 0.9, count) + 0.1, 1)
