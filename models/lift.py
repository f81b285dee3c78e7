"""What a campaign added: treated against held out, with an interval and less noise.

CUPED (Deng, Xu, Kohavi & Walker 2013) takes off what an earlier outcome explains: the same lift,
a narrower interval. The interval is Welch's (1947), for arms that vary differently.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from models.student import quantile, upper_tail

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

MOST_PEOPLE = 10_000_000_000


@dataclass(frozen=True)
class Lift:
    """The mean outcome of the treated less that of the held out.

    `relative` is the lift as a share of the held out's mean, NaN where that is 0. `narrowed` is
    the share by which CUPED made the interval shorter, 0 without it.
    """

    lift: float
    low: float
    high: float
    p_value: float
    relative: float
    treated: int
    held_out: int
    narrowed: float


def incremental_lift(
    outcome: FloatArray,
    *,
    treated: BoolArray,
    before: FloatArray | None = None,
    level: float = 0.95,
) -> Lift:
    """Measure the lift of an outcome; `before` is the like of it from before the campaign.

    Raises
    ------
    ValueError
        When an arm has fewer than two people.
    """
    if min(treated.sum(), (~treated).sum()) < 2:
        raise ValueError(
            f"Each arm needs two people, got {treated.sum()} treated, {(~treated).sum()} held out."
        )
    plain = welch(outcome, treated, level=level)
    if before is None or np.var(before) == 0 or plain.low == plain.high:
        return plain
    adjusted = welch(less_noise(outcome, before, treated), treated, level=level)
    narrowed = 1.0 - (adjusted.high - adjusted.low) / (plain.high - plain.low)
    held = outcome[~treated].mean()
    relative = adjusted.lift / held if held else float("nan")
    return Lift(**vars(adjusted) | {"narrowed": float(narrowed), "relative": float(relative)})


def less_noise(outcome: FloatArray, before: FloatArray, treated: BoolArray) -> FloatArray:
    """Take off what the earlier outcome explains within the arms, its overall mean kept."""
    centred = before - np.where(treated, before[treated].mean(), before[~treated].mean())
    slope = float(centred @ outcome) / max(float(centred @ centred), 1e-300)
    adjusted: FloatArray = outcome - slope * (before - before.mean())
    return adjusted


def welch(outcome: FloatArray, treated: BoolArray, *, level: float) -> Lift:
    """Compare two means whose variances need not be alike."""
    arms = outcome[treated], outcome[~treated]
    lift = float(arms[0].mean() - arms[1].mean())
    errors = [float(arm.var(ddof=1)) / len(arm) for arm in arms]
    error = sum(errors) ** 0.5
    if error == 0:
        p_value, half = float(lift == 0), 0.0
    else:
        parts = [part**2 / (len(arm) - 1) for part, arm in zip(errors, arms, strict=True)]
        freedom = sum(errors) ** 2 / sum(parts)
        half = quantile((1 + level) / 2, freedom) * error
        p_value = 2 * upper_tail(abs(lift) / error, freedom)
    held = float(arms[1].mean())
    return Lift(
        lift=lift,
        low=lift - half,
        high=lift + half,
        p_value=p_value,
        relative=lift / held if held else float("nan"),
        treated=len(arms[0]),
        held_out=len(arms[1]),
        narrowed=0.0,
    )


def people_needed(
    *, deviation: float, effect: float, holdout_share: float, power: float = 0.8, size: float = 0.05
) -> int:
    """Return how many people, both arms together, tell an effect of this size from none.

    At most `MOST_PEOPLE`, which is more than there are.
    """
    sure = NormalDist().inv_cdf(1 - size / 2) + NormalDist().inv_cdf(power)
    share = holdout_share * (1 - holdout_share)
    with np.errstate(over="ignore"):
        needed = (sure * np.float64(deviation) / effect) ** 2 / share
    return int(np.ceil(min(needed, MOST_PEOPLE)))


def power_of(
    n_people: int, *, deviation: float, effect: float, holdout_share: float, size: float = 0.05
) -> float:
    """Return the chance that so many people, at least one, tell such an effect from none."""
    known = (n_people * holdout_share * (1 - holdout_share)) ** 0.5
    return NormalDist().cdf(abs(effect) / deviation * known - NormalDist().inv_cdf(1 - size / 2))
