"""How fast the loop turns, what holds it back, how heavy it is, and where given rates lead."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.lifecycle import FLYWHEEL, STAGES, Ladder, Moment

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

MONTH_DAYS = 30.0
RETAIN = STAGES.index("retain")


@dataclass(frozen=True)
class Motion:
    """The loop over one interval, in people: each array is groups x rungs.

    Of the people on a rung `before`, so many `advanced`; of those of them who were `active`, so
    many were `lost`: fell back, went quiet or left. Nobody can advance from the top.
    """

    people: IntArray
    before: IntArray
    advanced: IntArray
    active: IntArray
    lost: IntArray
    days: float

    @property
    def speed(self) -> FloatArray:
        """The share of each group below the top who advanced, in 30 days; NaN of nobody."""
        climbing = self.before[:, :-1].sum(axis=1)
        return monthly(shares(self.advanced[:, :-1].sum(axis=1), climbing), days=self.days)

    @property
    def speed_by_rung(self) -> FloatArray:
        """The same by rung; NaN at the top and where nobody was."""
        speed = monthly(shares(self.advanced, self.before), days=self.days)
        speed[:, -1] = np.nan
        return speed

    @property
    def friction(self) -> FloatArray:
        """The share of each group's active people who were lost in the interval; NaN of nobody."""
        return shares(self.lost.sum(axis=1), self.active.sum(axis=1))

    @property
    def friction_by_rung(self) -> FloatArray:
        """The same by rung."""
        return shares(self.lost, self.active)


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


def motion(
    before: Moment,
    after: Moment,
    *,
    days: float,
    ladder: Ladder = FLYWHEEL,
    group: IntArray | None = None,
    groups: int = 1,
) -> Motion:
    """Measure the loop between two moments `days` apart, for each group of people.

    Friction is counted among people who were active before, so old silence is not lost twice.
    A `group` of -1 is in none; without groups everybody is in one.
    """
    rung, later = ladder.climb(before.state), ladder.climb(after.state)
    there = rung >= 0
    fell = (later < rung) | ~after.active

    def counted(at: IntArray, whom: BoolArray) -> IntArray:
        return by_group(at, whom, group=group, shape=(groups, len(ladder.rungs)))

    return Motion(
        people=counted(later, later >= 0),
        before=counted(rung, there),
        advanced=counted(rung, there & (later > rung)),
        active=counted(rung, there & before.active),
        lost=counted(rung, there & before.active & fell),
        days=days,
    )


def by_group(
    rung: IntArray, whom: BoolArray, *, group: IntArray | None, shape: tuple[int, int]
) -> IntArray:
    """Count the people `whom` by group and rung."""
    at = np.zeros(len(rung), dtype=np.int64) if group is None else group
    counted = whom & (at >= 0)
    cells = np.bincount(at[counted] * shape[1] + rung[counted], minlength=shape[0] * shape[1])
    return cells.reshape(shape)


def weight_of(
    stage: IntArray, *, value: FloatArray, group: IntArray | None = None, groups: int = 1
) -> FloatArray:
    """Return the share of each group's (positive) value that is with retained and advocates."""
    at = np.zeros(len(stage), dtype=np.int64) if group is None else group
    worth = np.where((stage >= 0) & (value > 0), value, 0.0)
    inside = at >= 0
    held = inside & (stage >= RETAIN)
    whole = np.bincount(at[inside], weights=worth[inside], minlength=groups)
    upper = np.bincount(at[held], weights=worth[held], minlength=groups)
    return np.divide(upper, whole, out=np.zeros(groups), where=whole > 0)


def monthly(share: FloatArray, *, days: float) -> FloatArray:
    """Return the share in 30 days that a share in so many days compounds to."""
    return np.asarray(1.0 - (1.0 - share) ** (MONTH_DAYS / days))


def shares(part: IntArray, whole: IntArray) -> FloatArray:
    """Return part / whole, NaN of nobody."""
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0))


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
