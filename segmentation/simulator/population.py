"""The people: which circles and lifestyle they have, how active they are, when they come and go."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.simulator.circles import Circles, circle_shares
from segmentation.simulator.difficulty import Difficulty
from segmentation.simulator.lifestyles import LIFESTYLES, with_everyone
from segmentation.simulator.randomness import FloatArray, IntArray, cumulative, draw, quotas
from segmentation.simulator.timeline import DAY, FIRST_DAYS, Period

NONE = -1
MOST_CIRCLES_A_USER = 3
NO_CIRCLE_SHARE = 0.15
TWO_CIRCLES_SHARE = 0.30  # of those in any
THREE_CIRCLES_SHARE = 0.05
NO_LIFESTYLE_SHARE = 0.12
TYPICAL_EVENTS = 30.0
NEWCOMERS_IN_90_DAYS = 0.12
SILENT_IN_90_DAYS = 0.20
MEAN_DAYS_KNOWN = 300.0
STAYS = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Population:
    """One row a person; times are UTC microseconds.

    `lifestyle` is -1 for none; `events` is the expected number of interest events in 90 days;
    `is_light` marks those with at most five; `signal` the share of their tags from their circles;
    `propensity` their inborn chance to share; `pull` how many ties they attract; `spending` the
    expected purchases in 90 days and `basket` their mean amount; `left` is `STAYS` for most.
    """

    lifestyle: IntArray
    events: FloatArray
    is_light: NDArray[np.bool_]
    signal: FloatArray
    propensity: FloatArray
    pull: FloatArray
    spending: FloatArray
    basket: FloatArray
    joined: IntArray
    left: IntArray

    def __len__(self) -> int:
        return len(self.joined)


def user_ids(numbers: IntArray) -> NDArray[np.str_]:
    """Return the ids of people by number; they sort as the numbers do."""
    return np.char.add("u", np.char.zfill(numbers.astype(str), 8))


def place_members(users: int, circles: Circles, rng: np.random.Generator) -> IntArray:
    """Give each person up to three circles, primary first; shape (users, 3), -1 for none."""
    placed = round(users * (1 - NO_CIRCLE_SHARE))
    sizes = quotas(circle_shares(len(circles.living())), placed)
    primary = np.full(users, NONE)
    primary[:placed] = np.repeat(rng.permutation(circles.living()), sizes)
    members = np.full((users, MOST_CIRCLES_A_USER), NONE)
    members[:, 0] = rng.permutation(primary)
    return with_further_circles(members, circles, rng)


def with_further_circles(members: IntArray, circles: Circles, rng: np.random.Generator) -> IntArray:
    """Add second and third circles, more often such as share tags with the primary one."""
    ladder = cumulative(affinity(circles.signatures, circles.is_alive))
    luck = rng.random(len(members))
    for rank, share in ((1, TWO_CIRCLES_SHARE + THREE_CIRCLES_SHARE), (2, THREE_CIRCLES_SHARE)):
        rows = np.flatnonzero((members[:, 0] != NONE) & (luck < share))
        drawn = draw(ladder, members[rows, 0], rng, len(circles.names))
        is_new = (members[rows] != drawn[:, None]).all(axis=1)
        members[rows[is_new], rank] = drawn[is_new]
    gap = (members[:, 1] == NONE) & (members[:, 2] != NONE)
    members[gap, 1], members[gap, 2] = members[gap, 2], NONE
    return members


def affinity(signatures: FloatArray, is_alive: NDArray[np.bool_]) -> FloatArray:
    """Return how likely a member of each circle is to join each other one that is alive."""
    size = np.linalg.norm(signatures, axis=1)
    # einsum adds in one fixed order, which a threaded matrix product does not
    shared = np.einsum("it,jt->ij", signatures, signatures)
    overlap = shared / np.outer(size, size)
    weights = (0.3 + overlap) * is_alive
    np.fill_diagonal(weights, 0.0)
    return np.asarray(weights)


def populate(
    users: int, circles_of: IntArray, difficulty: Difficulty, periods: tuple[Period, ...],
    rng: np.random.Generator,
) -> Population:  # fmt: skip
    """Draw everything about people but their circles."""
    lifestyle = live(circles_of[:, 0], rng)
    styles = with_everyone()
    pace = np.array([style.pace for style in styles])[lifestyle]
    spending = np.array([style.spending for style in styles])[lifestyle]
    is_light = rng.random(users) < difficulty.light
    busy = TYPICAL_EVENTS * pace * rng.lognormal(-0.15, 0.75, users)
    joined = arrivals(users, periods, rng)
    return Population(
        lifestyle=lifestyle,
        events=np.where(is_light, rng.uniform(1.0, 4.5, users), np.maximum(busy, 5.0)),
        is_light=is_light,
        signal=rng.beta(
            difficulty.signal * difficulty.spread,
            (1 - difficulty.signal) * difficulty.spread,
            users,
        ),
        propensity=np.maximum(rng.beta(0.5, 8.0, users), 1e-4),
        pull=rng.pareto(2.2, users) + 0.2,
        spending=spending * rng.gamma(0.5, 2.2, users) * np.where(is_light, 0.2, 1.0),
        basket=np.sqrt(spending) * rng.gamma(3.0, 12.0, users) + 3.0,
        joined=joined,
        left=departures(joined, periods, rng),
    )


def live(primary: IntArray, rng: np.random.Generator) -> IntArray:
    """Draw lifestyles; each circle leans somewhat towards some of them. -1 is none."""
    count = int(primary.max()) + 2
    common = np.asarray((np.arange(len(LIFESTYLES)) + 4.0) ** -0.8)
    leaning = np.exp(rng.normal(0.0, 0.35, (count, len(LIFESTYLES))))
    lifestyle = draw(cumulative(common * leaning), primary + 1, rng, len(LIFESTYLES))
    lifestyle[rng.random(len(primary)) < NO_LIFESTYLE_SHARE] = NONE
    return lifestyle


def arrivals(users: int, periods: tuple[Period, ...], rng: np.random.Generator) -> IntArray:
    """Draw when people joined: most of them long before the first period."""
    start, end = periods[0].start, periods[-1].end
    long_ago = start - (rng.exponential(MEAN_DAYS_KNOWN, users) * DAY).astype(np.int64)
    lately = start + (rng.random(users) * (end - start - 2 * DAY)).astype(np.int64)
    is_new = rng.random(users) < over_time(NEWCOMERS_IN_90_DAYS, periods)
    return np.where(is_new, lately, long_ago)


def departures(joined: IntArray, periods: tuple[Period, ...], rng: np.random.Generator) -> IntArray:
    """Draw when people fell silent, a day after they came at the earliest; `STAYS` for most."""
    earliest = np.maximum(joined, periods[0].start) + DAY
    room = periods[-1].end - earliest
    gone = earliest + (rng.random(len(joined)) * room).astype(np.int64)
    is_gone = rng.random(len(joined)) < over_time(SILENT_IN_90_DAYS, periods)
    return np.where(is_gone, gone, STAYS)


def over_time(share_in_90_days: float, periods: tuple[Period, ...]) -> float:
    """Return the share of people something happens to in all periods together."""
    days = sum(period.days for period in periods)
    return float(1 - (1 - share_in_90_days) ** (days / FIRST_DAYS))
