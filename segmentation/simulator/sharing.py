"""Exposures and what follows: clicks, and shares by a planted probability."""

from dataclasses import dataclass

import numpy as np

from segmentation.simulator.behaviour import durations
from segmentation.simulator.circles import Circles
from segmentation.simulator.contents import Contents, Currency, recent, tag_mean
from segmentation.simulator.events import ALL_CHANNELS, Events, joined
from segmentation.simulator.population import NONE, TYPICAL_EVENTS, Population
from segmentation.simulator.randomness import FloatArray, IntArray
from segmentation.simulator.rhythm import MINUTE, Presence
from segmentation.simulator.tastes import Tastes
from segmentation.simulator.timeline import DAY, Period

BASE_RATE = 0.03
EXPOSURES = 7.0
MATCHED_SHARE = 0.45
RESONANCE = 1.6
HORIZON_DAYS = 30.0
MEAN_DELAY_DAYS = 2.0
PANEL = 64
SECONDS_READ = 45.0


@dataclass(frozen=True)
class Exposures:
    """Who saw what and when; `probability` is the planted chance to share within 30 days."""

    user: IntArray
    content: IntArray
    ts: IntArray
    probability: FloatArray


@dataclass(frozen=True)
class Outcome:
    """What came of exposures: click and share events, and when each exposure was shared.

    `shared_at` is a time in microseconds, or -1 when it never was.
    """

    events: Events
    shared_at: IntArray


@dataclass(frozen=True)
class Attraction:
    """What draws people to contents, in log-odds; matches are contents x circles in [0, 1]."""

    shared: FloatArray
    clicked: FloatArray
    interest: FloatArray
    resonance: FloatArray
    intercept: float = 0.0

    @classmethod
    def of(cls, contents: Contents, circles: Circles, currency: Currency) -> "Attraction":
        """Work out what each content's tags mean to each circle."""
        interests, projections = circles.signatures > 0, circles.projected
        return cls(
            shared=tag_mean(contents, currency.shared),
            clicked=tag_mean(contents, currency.appetite),
            interest=np.column_stack([tag_mean(contents, row * 1.0) for row in interests]),
            resonance=np.column_stack([tag_mean(contents, row * 1.0) for row in projections]),
        )

    def share_odds(
        self, content: IntArray, circles: IntArray, propensity: FloatArray
    ) -> FloatArray:
        """Return the log-odds of sharing."""
        inborn = np.log(propensity / (1 - propensity))
        match = best_match(self.resonance, content, circles)
        return self.intercept + inborn + self.shared[content] + RESONANCE * match

    def click_odds(self, content: IntArray, circles: IntArray) -> FloatArray:
        """Return the log-odds of clicking."""
        return -2.2 + self.clicked[content] + 1.8 * best_match(self.interest, content, circles)


def best_match(matches: FloatArray, content: IntArray, circles: IntArray) -> FloatArray:
    """Return how well each content suits the best suited circle of its viewer; 0 without one."""
    each = np.where(circles != NONE, matches[content[:, None], circles], 0.0)
    return np.asarray(each.max(axis=1))


def sigmoid(x: FloatArray) -> FloatArray:
    """Return probabilities from log-odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def expose(
    rows: IntArray, people: Population, tastes: Tastes, contents: Contents, period: Period,
    rng: np.random.Generator,
) -> Exposures:  # fmt: skip
    """Show people contents, half of them from their circles; probabilities are still 0."""
    presence = Presence.of(rows, people, period)
    activity = (people.events[rows] / TYPICAL_EVENTS) ** 0.7
    counts = rng.poisson(EXPOSURES * activity * presence.share())
    user, ts = np.repeat(rows, counts), presence.repeated(counts).moments(rng)
    circle = tastes.draw_circle(user, rng)
    anything = rng.integers(0, len(contents.starts), len(user))
    pool = np.where(rng.random(len(user)) < MATCHED_SHARE, circle + 1, anything)
    return Exposures(user, recent(contents, pool, ts, rng), ts, np.zeros(len(user)))


def base_rate_intercept(odds: FloatArray) -> float:
    """Return what to add to log-odds so that the mean probability is the base rate."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        if sigmoid(odds + middle).mean() > BASE_RATE:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def respond(
    seen: Exposures, people: Population, tastes: Tastes, contents: Contents,
    attraction: Attraction, rng: np.random.Generator,
) -> Outcome:  # fmt: skip
    """Let people click and share by their probabilities, some time after they saw it."""
    content, leaves = seen.content, people.left[seen.user]
    wish = sigmoid(attraction.click_odds(content, tastes.members[seen.user]))
    clicks = np.flatnonzero(rng.random(len(wish)) < wish)
    shares = np.flatnonzero(rng.random(len(wish)) < seen.probability)
    clicked_at = seen.ts[clicks] + (rng.random(len(clicks)) * MINUTE).astype(np.int64) + 1
    shared_at = np.full(len(wish), NONE)
    shared_at[shares] = np.minimum(seen.ts[shares] + delays(len(shares), rng), leaves[shares])
    seconds = durations(SECONDS_READ, len(clicks), rng)
    return Outcome(
        events=joined(
            tagged(seen, clicks, clicked_at, "browse", seconds, contents),
            tagged(seen, shares, shared_at[shares], "share", np.ones(len(shares)), contents),
        ),
        shared_at=shared_at,
    )


def delays(count: int, rng: np.random.Generator) -> IntArray:
    """Draw times from sight to share, all within the horizon."""
    within = rng.random(count) * (1 - np.exp(-HORIZON_DAYS / MEAN_DELAY_DAYS))
    return np.asarray((-MEAN_DELAY_DAYS * np.log1p(-within) * DAY).astype(np.int64) + 1)


def tagged(
    seen: Exposures, rows: IntArray, ts: IntArray, channel: str, value: FloatArray,
    contents: Contents,
) -> Events:  # fmt: skip
    """Return one event for each tag of each content acted upon."""
    tags = contents.tags[seen.content[rows]]
    at, column = np.nonzero(tags != NONE)
    return Events(
        user=seen.user[rows][at],
        ts=ts[at],
        channel=np.full(len(at), ALL_CHANNELS.index(channel)),
        tag=tags[at, column],
        value=value[at],
        content=seen.content[rows][at],
    )


def mean_propensity(
    rows: IntArray, people: Population, tastes: Tastes, attraction: Attraction, panel: IntArray
) -> FloatArray:
    """Return each person's mean probability of sharing over one panel of contents."""
    total = np.zeros(len(rows))
    for content in panel:
        same = np.full(len(rows), content)
        odds = attraction.share_odds(same, tastes.members[rows], people.propensity[rows])
        total += sigmoid(odds)
    return total / len(panel)
