"""The planted lifestyles: what people are, when they are about, by which channels, at what pace."""

from dataclasses import dataclass

import numpy as np

from segmentation.simulator.randomness import FloatArray

CHANNELS = ("app", "browse", "comment", "like", "search", "ugc")
HOURS_A_WEEK = 168
LABELS = {
    "household": ("single", "couple", "mom", "dad", "flat share", "empty nest", "with parents"),
    "city": ("first-tier", "second-tier", "third-tier", "rural"),
    "age": ("18-24", "25-34", "35-44", "45-54", "55-64", "65+"),
    "job": (
        "student", "homemaker", "office", "nurse", "retired", "freelancer",
        "shop owner", "executive", "factory", "teacher",
    ),
}  # fmt: skip
TYPICAL = 0.75


@dataclass(frozen=True, kw_only=True)
class Lifestyle:
    """One way of living.

    `weekday` and `weekend` are the hours of the day at which people are about, `weekend_share`
    the part of their time that falls on weekends, `mix` the weights of `CHANNELS`, `session` the
    events in one sitting, `pace` and `spending` multiples of the average.
    """

    name: str
    labels: tuple[str, str, str, str]
    weekday: tuple[int, ...]
    weekend: tuple[int, ...]
    weekend_share: float
    mix: tuple[float, ...]
    session: float
    pace: float
    spending: float


EVERYONE = Lifestyle(
    name="", labels=("", "", "", ""), weekday=tuple(range(7, 24)), weekend=tuple(range(8, 24)),
    weekend_share=2 / 7, mix=(20, 46, 4, 9, 19, 2), session=3.0, pace=1.0, spending=1.0,
)  # fmt: skip
LIFESTYLES = (
    Lifestyle(
        name="young mothers", labels=("mom", "second-tier", "25-34", "homemaker"),
        weekday=(9, 10, 13, 14, 21), weekend=(13, 14, 21), weekend_share=0.18,
        mix=(16, 45, 8, 18, 11, 2), session=4.0, pace=1.2, spending=1.5,
    ),
    Lifestyle(
        name="students", labels=("flat share", "first-tier", "18-24", "student"),
        weekday=(12, 17, 22, 23, 0, 1), weekend=(14, 22, 23, 0, 1, 2), weekend_share=0.35,
        mix=(48, 20, 6, 16, 6, 4), session=5.0, pace=1.3, spending=0.5,
    ),
    Lifestyle(
        name="commuters", labels=("couple", "first-tier", "25-34", "office"),
        weekday=(7, 8, 12, 18, 19), weekend=(11, 18), weekend_share=0.1,
        mix=(52, 24, 2, 7, 14, 1), session=2.0, pace=1.2, spending=1.1,
    ),
    Lifestyle(
        name="night shift", labels=("single", "second-tier", "35-44", "nurse"),
        weekday=(1, 2, 3, 4, 15), weekend=(1, 2, 3, 4, 16), weekend_share=0.3,
        mix=(40, 38, 4, 8, 9, 1), session=3.0, pace=1.0, spending=0.9,
    ),
    Lifestyle(
        name="pensioners", labels=("couple", "rural", "65+", "retired"),
        weekday=(6, 7, 8, 9, 10, 15), weekend=(8, 9, 10), weekend_share=0.22,
        mix=(5, 66, 3, 4, 21, 1), session=4.0, pace=0.9, spending=0.9,
    ),
    Lifestyle(
        name="freelancers", labels=("single", "first-tier", "35-44", "freelancer"),
        weekday=(10, 11, 14, 15, 16, 23), weekend=(12, 16, 23), weekend_share=0.25,
        mix=(12, 34, 6, 8, 36, 4), session=3.0, pace=1.2, spending=1.0,
    ),
    Lifestyle(
        name="shop owners", labels=("couple", "third-tier", "45-54", "shop owner"),
        weekday=(6, 13, 20, 21, 22), weekend=(20, 21, 22), weekend_share=0.2,
        mix=(24, 33, 3, 7, 32, 1), session=2.0, pace=0.9, spending=1.3,
    ),
    Lifestyle(
        name="executives", labels=("couple", "first-tier", "45-54", "executive"),
        weekday=(5, 6, 7, 22), weekend=(7, 8, 20), weekend_share=0.2,
        mix=(28, 40, 1, 3, 28, 0), session=1.5, pace=0.7, spending=3.0,
    ),
    Lifestyle(
        name="weekend fathers", labels=("dad", "second-tier", "35-44", "office"),
        weekday=(20, 21), weekend=(9, 10, 11, 14, 15, 16), weekend_share=0.65,
        mix=(26, 42, 3, 8, 19, 2), session=4.0, pace=0.9, spending=1.4,
    ),
    Lifestyle(
        name="empty nesters", labels=("empty nest", "third-tier", "55-64", "teacher"),
        weekday=(16, 17, 18, 19, 20), weekend=(10, 11, 17, 18), weekend_share=0.3,
        mix=(10, 58, 7, 10, 13, 2), session=3.0, pace=0.8, spending=1.2,
    ),
    Lifestyle(
        name="factory shifts", labels=("with parents", "third-tier", "25-34", "factory"),
        weekday=(4, 5, 14, 15, 22, 23), weekend=(12, 19, 23), weekend_share=0.25,
        mix=(55, 18, 5, 15, 5, 2), session=5.0, pace=1.0, spending=0.7,
    ),
    Lifestyle(
        name="creators", labels=("single", "second-tier", "18-24", "freelancer"),
        weekday=(11, 12, 18, 19, 20, 21), weekend=(11, 12, 19, 20, 21), weekend_share=0.4,
        mix=(22, 22, 14, 20, 6, 16), session=6.0, pace=1.5, spending=0.8,
    ),
)  # fmt: skip


def with_everyone() -> tuple[Lifestyle, ...]:
    """Return the lifestyles and, last, that of people who have none (number -1)."""
    return (*LIFESTYLES, EVERYONE)


def rhythms() -> FloatArray:
    """Return each lifestyle's weights over the hours of the week from Monday 0:00, plus -1's."""
    return np.array([rhythm(lifestyle) for lifestyle in with_everyone()])


def rhythm(lifestyle: Lifestyle) -> FloatArray:
    """Return the weights of the 168 hours of a week, 8 % of them spread evenly."""
    week = np.repeat(
        [(1 - lifestyle.weekend_share) / 5, lifestyle.weekend_share / 2], [5 * 24, 2 * 24]
    )
    day, free_day = np.full(24, 0.08 / 24), np.full(24, 0.08 / 24)
    day[list(lifestyle.weekday)] += 0.92 / len(lifestyle.weekday)
    free_day[list(lifestyle.weekend)] += 0.92 / len(lifestyle.weekend)
    return np.asarray(week * np.concatenate([np.tile(day, 5), np.tile(free_day, 2)]))


def mixes() -> FloatArray:
    """Return each lifestyle's weights over `CHANNELS`, plus those of -1."""
    return np.array([lifestyle.mix for lifestyle in with_everyone()], dtype=float)


def label_weights(namespace: str) -> FloatArray:
    """Return each lifestyle's weights over a namespace's labels, plus those of -1."""
    options = LABELS[namespace]
    at = list(LABELS).index(namespace)
    weights = np.full((len(LIFESTYLES) + 1, len(options)), (1 - TYPICAL) / len(options))
    for row, lifestyle in enumerate(LIFESTYLES):
        weights[row, options.index(lifestyle.labels[at])] += TYPICAL
    weights[-1] = weights[:-1].mean(axis=0)
    return weights
