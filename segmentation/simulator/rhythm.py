"""When people are about: within their time with us, at the hours that suit their lifestyle."""

from dataclasses import dataclass

import numpy as np

from segmentation.simulator.lifestyles import HOURS_A_WEEK, rhythms, with_everyone
from segmentation.simulator.population import Population
from segmentation.simulator.randomness import FloatArray, IntArray, cumulative, draw
from segmentation.simulator.timeline import DAY, FIRST_DAYS, Period

WEEK = 7 * DAY
HOUR = DAY // 24
MINUTE = HOUR // 60
MONDAY = 4 * DAY  # 1970-01-05 was a Monday
MINUTES_BETWEEN_EVENTS = 6.0


@dataclass(frozen=True)
class Presence:
    """From when to when people are about; equal when they are not. One row a person."""

    lifestyle: IntArray
    start: IntArray
    end: IntArray

    @classmethod
    def of(cls, rows: IntArray, people: Population, period: Period) -> "Presence":
        """Cut people's time with us to a period."""
        start = np.clip(people.joined[rows], period.start, period.end)
        end = np.clip(people.left[rows], start, period.end)
        return cls(people.lifestyle[rows], start, end)

    def repeated(self, counts: IntArray) -> "Presence":
        """Return each row so many times."""
        columns = (self.lifestyle, self.start, self.end)
        return Presence(*(np.repeat(column, counts) for column in columns))

    def share(self) -> FloatArray:
        """Return the length of each presence as a share of 90 days."""
        return np.asarray((self.end - self.start) / (FIRST_DAYS * DAY))

    def moments(self, rng: np.random.Generator) -> IntArray:
        """Draw one time in each presence, at an hour of the week that suits the lifestyle."""
        weights = rhythms()
        hour = draw(cumulative(weights), self.lifestyle % len(weights), rng, HOURS_A_WEEK)
        within = hour * HOUR + (rng.random(len(hour)) * HOUR).astype(np.int64)
        first = self.start + (within - (self.start - MONDAY)) % WEEK
        weeks = (self.end - 1 - first) // WEEK + 1
        fitting = first + (rng.random(len(hour)) * weeks).astype(np.int64) * WEEK
        length = self.end - self.start
        anywhere = self.start + (rng.random(len(hour)) * length).astype(np.int64)
        return np.where(weeks > 0, fitting, anywhere)

    def sittings(self, counts: IntArray, rng: np.random.Generator) -> IntArray:
        """Draw so many times for each person; several fall into one sitting."""
        length = np.array([style.session for style in with_everyone()])[self.lifestyle]
        sittings = np.ceil(counts / length).astype(np.int64)
        begun = self.repeated(sittings).moments(rng)
        first = np.cumsum(sittings) - sittings
        who = np.repeat(np.arange(len(counts)), counts)
        sitting = first[who] + (rng.random(len(who)) * sittings[who]).astype(np.int64)
        later = (rng.exponential(MINUTES_BETWEEN_EVENTS, len(who)) * MINUTE).astype(np.int64)
        return np.asarray(np.minimum(begun[sitting] + later, self.end[who] - 1))
