"""How fast the loop turns, what holds it back, how heavy it is, and where it will be."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.lifecycle import STAGES

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

MONTH_DAYS = 30.0
MOST = 1e12  # a band beyond so many new people in one rotation says nothing
RETAIN = STAGES.index("retain")
TOP = STAGES.index("advocate")


@dataclass(frozen=True)
class Motion:
    """The loop over one interval; shares by stage are NaN where a stage had nobody.

    `speed` is the share of people below the top who advanced in 30 days, `friction` the share of
    people at each stage who fell back, went quiet or left, `weight` the share of all value that
    is with retained people and advocates, and `momentum` is weight times speed.
    """

    speed: float
    speed_by_stage: FloatArray
    friction: float
    friction_by_stage: FloatArray
    weight: float
    momentum: float


@dataclass(frozen=True, kw_only=True)
class Rates:
    """What turns the loop, counted over one rotation.

    `advocates` of the `engaged` advocated; they brought `referred` new people; of the people
    engaged one rotation before (`engaged_before`), `stayed` are engaged now.
    """

    engaged: int
    advocates: int
    referred: float
    engaged_before: int
    stayed: int

    @property
    def advocacy(self) -> float:
        """The share of the engaged who advocate."""
        return self.advocates / self.engaged if self.engaged else 0.0

    @property
    def referrals(self) -> float:
        """New people an advocate brings in a rotation."""
        return self.referred / self.advocates if self.advocates else 0.0

    @property
    def persistence(self) -> float:
        """The share of the engaged who are still engaged a rotation later."""
        return self.stayed / self.engaged_before if self.engaged_before else 0.0


@dataclass(frozen=True)
class Projection:
    """Engaged people at each rotation: as expected, and a band of 80 %."""

    expected: FloatArray
    low: FloatArray
    high: FloatArray


def motion(
    before: IntArray,
    after: IntArray,
    *,
    active_before: BoolArray,
    active_after: BoolArray,
    value: FloatArray,
    days: float,
) -> Motion:
    """Measure the loop between two moments `days` apart; -1 is a person not there.

    Friction is counted among people who were active before, so old silence is not lost twice.
    """
    there = before >= 0
    advanced = there & (after > before)
    lost = active_before & ((after < before) | ~active_after)
    climbing = there & (before < TOP)
    weight = weight_of(after, value=value)
    speed = float(monthly(ratio(advanced.sum(), climbing.sum()), days=days))
    return Motion(
        speed=speed,
        speed_by_stage=monthly(share_by_stage(before, climbing, advanced), days=days),
        friction=ratio((lost & there).sum(), (there & active_before).sum()),
        friction_by_stage=share_by_stage(before, there & active_before, lost),
        weight=weight,
        momentum=weight * speed,
    )


def monthly(share: FloatArray | float, *, days: float) -> FloatArray:
    """Return the share in 30 days that a share in so many days compounds to."""
    return 1.0 - (1.0 - np.asarray(share, dtype=np.float64)) ** (MONTH_DAYS / days)


def weight_of(stage: IntArray, *, value: FloatArray) -> float:
    """Return the share of all (positive) value that is with retained people and advocates."""
    worth = np.where((stage >= 0) & (value > 0), value, 0.0)
    total = float(worth.sum())
    return float(worth[stage >= RETAIN].sum()) / total if total > 0 else 0.0


def share_by_stage(stage: IntArray, among: BoolArray, holds: BoolArray) -> FloatArray:
    """Return, for each stage, the share of the people `among` it for whom something holds."""
    people = np.bincount(stage[among], minlength=len(STAGES))
    hits = np.bincount(stage[among & holds], minlength=len(STAGES))
    shares: FloatArray = np.full(len(STAGES), np.nan)
    np.divide(hits, people, out=shares, where=people > 0)
    return shares


def ratio(part: float, whole: float) -> float:
    """Return part / whole, and 0 of nothing."""
    return float(part / whole) if whole else 0.0


def project(
    engaged: float, *, advocacy: float, referrals: float, persistence: float, rotations: int
) -> FloatArray:
    """Return the people engaged so far at each rotation, the first being those given.

    Each rotation, `advocacy` of the active bring `referrals` new people each, and `persistence`
    of the active stay so; the engaged are everyone ever active.
    """
    active = everyone = float(engaged)
    course = [everyone]
    for _ in range(rotations - 1):
        new = advocacy * referrals * active
        active = persistence * active + new
        everyone += new
        course.append(everyone)
    return np.array(course[:rotations])


def project_band(
    rates: Rates, *, rotations: int, seed: int = 0, draws: int = 4_000, level: float = 0.8
) -> Projection:
    """Project measured rates with a band from their own uncertainty and the chance of each turn.

    Rates are drawn from their posteriors (Jeffreys priors), then people by Poisson and binomial.
    """
    rng = np.random.default_rng(seed)
    growth = rng.gamma(rates.referred + 0.5, 1.0, draws) / max(rates.engaged, 1)
    left = rates.engaged_before - rates.stayed
    stay = rng.beta(rates.stayed + 0.5, left + 0.5, draws)
    active = np.full(draws, rates.engaged)
    courses = np.full((rotations, draws), float(rates.engaged))
    for turn in range(1, rotations):
        new = rng.poisson(np.minimum(growth * active, MOST))
        active = rng.binomial(active, stay) + new
        courses[turn] = courses[turn - 1] + new
    expected = project(
        rates.engaged,
        advocacy=rates.advocacy,
        referrals=rates.referrals,
        persistence=rates.persistence,
        rotations=rotations,
    )
    low, high = np.quantile(courses, [(1 - level) / 2, (1 + level) / 2], axis=1)
    return Projection(expected, low, high)
