"""What people look at, search, use, like, comment and write: draws from circles and the crowd."""

from dataclasses import dataclass

import numpy as np

from segmentation.simulator.circles import Circles
from segmentation.simulator.lifestyles import (
    CHANNELS,
    HOURS_A_WEEK,
    mixes,
    rhythms,
    with_everyone,
)
from segmentation.simulator.population import NONE, Population
from segmentation.simulator.randomness import FloatArray, IntArray, cumulative, draw
from segmentation.simulator.timeline import DAY, FIRST_DAYS, Period

WEEK = 7 * DAY
HOUR = DAY // 24
MONDAY = 4 * DAY  # 1970-01-05 was a Monday
MINUTE = HOUR // 60


@dataclass(frozen=True)
class Events:
    """Rows of the events table by number: `channel` indexes `ALL_CHANNELS`, `content` may be -1."""

    user: IntArray
    ts: IntArray
    channel: IntArray
    tag: IntArray
    value: FloatArray
    content: IntArray


ALL_CHANNELS = (*CHANNELS, "purchase", "refer", "return", "share")


def behave(
    rows: IntArray, people: Population, tastes: "Tastes", period: Period,
    rng: np.random.Generator,
) -> Events:  # fmt: skip
    """Let the people of these row numbers act for a period; content comes elsewhere."""
    start, end = presence(rows, people, period)
    counts = how_many(rows, people, (end - start) / (FIRST_DAYS * DAY), period, rng)
    who = np.repeat(np.arange(len(rows)), counts)
    user = rows[who]
    channel = draw(cumulative(mixes()), people.lifestyle[user] % len(mixes()), rng, len(CHANNELS))
    return Events(
        user=user,
        ts=sittings(counts, start, end, people.lifestyle[rows], rng),
        channel=channel,
        tag=tastes.draw(user, people.signal[user], rng),
        value=amounts(channel, rng),
        content=np.full(len(user), NONE),
    )


def presence(rows: IntArray, people: Population, period: Period) -> tuple[IntArray, IntArray]:
    """Return from when to when each person is about within a period; equal when not at all."""
    start = np.maximum(people.joined[rows], period.start)
    end = np.minimum(people.left[rows], period.end)
    return np.minimum(start, period.end), np.maximum(end, np.minimum(start, period.end))


def how_many(
    rows: IntArray, people: Population, share: FloatArray, period: Period,
    rng: np.random.Generator,
) -> IntArray:  # fmt: skip
    """Draw each person's number of events; whoever is there first acts at least once."""
    counts = rng.poisson(people.events[rows] * share)
    counts = np.where(people.is_light[rows], np.minimum(counts, 5), counts)
    is_first = people.joined[rows] >= period.start if period.number > 1 else True
    return np.where((share > 0) & is_first, np.maximum(counts, 1), counts)


def sittings(
    counts: IntArray, start: IntArray, end: IntArray, lifestyle: IntArray,
    rng: np.random.Generator,
) -> IntArray:  # fmt: skip
    """Return event times: people sit down by their rhythm and do several things in a sitting."""
    length = np.array([style.session for style in with_everyone()])[lifestyle]
    sessions = np.maximum(np.ceil(counts / length), 1).astype(np.int64)
    owner = np.repeat(np.arange(len(counts)), sessions)
    begun = moments(start[owner], end[owner], lifestyle[owner], rng)
    first = np.cumsum(sessions) - sessions
    who = np.repeat(np.arange(len(counts)), counts)
    sitting = first[who] + (rng.random(len(who)) * sessions[who]).astype(np.int64)
    later = (rng.exponential(6.0, len(who)) * MINUTE).astype(np.int64)
    return np.asarray(np.minimum(begun[sitting] + later, end[who] - 1))


def moments(
    start: IntArray, end: IntArray, lifestyle: IntArray, rng: np.random.Generator
) -> IntArray:
    """Draw one time in each span, at an hour of the week that suits the lifestyle."""
    weights = rhythms()
    hour = draw(cumulative(weights), lifestyle % len(weights), rng, HOURS_A_WEEK)
    within = hour * HOUR + (rng.random(len(hour)) * HOUR).astype(np.int64)
    first = start + (within - (start - MONDAY)) % WEEK
    weeks = (end - 1 - first) // WEEK + 1
    fitting = first + (rng.random(len(hour)) * weeks).astype(np.int64) * WEEK
    anywhere = start + (rng.random(len(hour)) * (end - start)).astype(np.int64)
    return np.where(weeks > 0, fitting, anywhere)


@dataclass(frozen=True)
class Tastes:
    """Where people's tags come from: their circles' signatures, else the crowd's.

    `loyalty` is laid out for those in one, two and three circles.
    """

    members: IntArray
    signatures: FloatArray
    crowd: FloatArray
    loyalty: FloatArray

    @classmethod
    def of(cls, members: IntArray, circles: Circles, crowd: FloatArray, loyalty: float) -> "Tastes":
        """Lay out the distributions for drawing."""
        least = 0.78 * loyalty
        weights = np.array(
            [
                [1.0, 0.0, 0.0],
                [loyalty, 1 - loyalty, 0.0],
                [least, 0.6 * (1 - least), 0.4 * (1 - least)],
            ]
        )
        shares = np.cumsum(crowd) / crowd.sum()
        return cls(members, cumulative(circles.signatures), shares, cumulative(weights))

    def draw(self, user: IntArray, signal: FloatArray, rng: np.random.Generator) -> IntArray:
        """Draw a tag for each user number."""
        tag = np.searchsorted(self.crowd, rng.random(len(user)), side="right")
        tag = np.minimum(tag, len(self.crowd) - 1)
        circle = self.draw_circle(user, rng)
        of_circle = np.flatnonzero((circle != NONE) & (rng.random(len(user)) < signal))
        tag[of_circle] = draw(self.signatures, circle[of_circle], rng, len(self.crowd))
        return tag

    def draw_circle(self, user: IntArray, rng: np.random.Generator) -> IntArray:
        """Draw one of each user's circles, the primary most often; -1 for those in none."""
        own = self.members[user]
        number = np.maximum((own != NONE).sum(axis=1), 1)
        rank = draw(self.loyalty, number - 1, rng, own.shape[1])
        return np.asarray(own[np.arange(len(user)), rank])


def amounts(channel: IntArray, rng: np.random.Generator) -> FloatArray:
    """Return values in each channel's own unit: minutes, seconds, searches, else 1."""
    value = np.ones(len(channel))
    for name, scale in (("app", 6.0), ("browse", 45.0)):
        rows = np.flatnonzero(channel == CHANNELS.index(name))
        value[rows] = np.round(rng.lognormal(np.log(scale), 0.9, len(rows)) + 0.1, 1)
    rows = np.flatnonzero(channel == CHANNELS.index("search"))
    value[rows] = rng.geometric(0.6, len(rows))
    return value
