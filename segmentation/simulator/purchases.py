"""Purchases of very unequal size, and the few that come back."""

import numpy as np

from segmentation.simulator.events import ALL_CHANNELS, Events
from segmentation.simulator.population import NONE, Population
from segmentation.simulator.randomness import IntArray
from segmentation.simulator.rhythm import Presence
from segmentation.simulator.tastes import Tastes
from segmentation.simulator.timeline import DAY, Period

RETURN_SHARE = 0.03
MEAN_DAYS_TO_RETURN = 9.0


def buy(
    rows: IntArray, people: Population, tastes: Tastes, period: Period,
    rng: np.random.Generator,
) -> Events:  # fmt: skip
    """Let people buy what they like; a return is a negative amount some days later."""
    presence = Presence.of(rows, people, period)
    counts = rng.poisson(people.spending[rows] * presence.share())
    user, span = np.repeat(rows, counts), presence.repeated(counts)
    ts = span.moments(rng)
    tag = tastes.draw(user, people.signal[user], rng)
    amount = np.round(people.basket[user] * rng.gamma(2.0, 0.5, len(user)) + 0.01, 2)
    later = (rng.exponential(MEAN_DAYS_TO_RETURN, len(user)) * DAY).astype(np.int64) + 1
    back = np.flatnonzero((rng.random(len(user)) < RETURN_SHARE) & (ts + later < span.end))
    kind = [ALL_CHANNELS.index(name) for name in ("purchase", "return")]
    return Events(
        user=np.concatenate([user, user[back]]),
        ts=np.concatenate([ts, ts[back] + later[back]]),
        channel=np.repeat(kind, [len(user), len(back)]),
        tag=np.concatenate([tag, tag[back]]),
        value=np.concatenate([amount, -amount[back]]),
        content=np.full(len(user) + len(back), NONE),
    )
