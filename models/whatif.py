"""What if a rate were another: the wheel altered, and its people weighted otherwise."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.flows import LEVELS, QUIET, RETAINED
from models.prospects import from_tails, rising, tails
from models.rotation import Wheel

FloatArray = NDArray[np.float64]


def altered(wheel: Wheel, factors: Mapping[str, float]) -> Wheel:
    """Return the wheel with rates so many times what they are.

    `friction` and `speed` change who falls and who climbs, `persistence` and `revival` who stays
    and comes back, `arrivals` and `referrals` who is new.
    """
    tail, rows = tails(wheel.matrix), np.arange(LEVELS)[:, None]
    active, at = rows >= QUIET, np.arange(LEVELS)[None]
    friction, speed = factors.get("friction", 1.0), factors.get("speed", 1.0)
    held = np.where(active & (at <= rows), 1 - np.minimum(friction * (1 - tail), 1), tail)
    own = np.diag(held)[:, None]
    moved = np.where(active & (at > rows), np.minimum(speed * tail, own), held)
    matrix = with_active(from_tails(moved), np.where(
        active[:, 0], factors.get("persistence", 1.0), factors.get("revival", 1.0)
    ))  # fmt: skip
    return replace(
        wheel,
        matrix=rising(matrix, weights=np.ones(LEVELS)),
        arrivals=wheel.arrivals * factors.get("arrivals", 1.0),
        referrals=wheel.referrals * factors.get("referrals", 1.0),
    )


def with_active(matrix: FloatArray, times: FloatArray) -> FloatArray:
    """Return a matrix whose rows are active next so many times as often, always at most."""
    share = matrix[:, QUIET:].sum(axis=1)
    wanted = np.minimum(share * times, 1.0)
    found = matrix.copy()
    found[:, QUIET:] *= np.divide(wanted, share, out=np.ones(LEVELS), where=share > 0)[:, None]
    found[:, :QUIET] *= np.divide(
        1 - wanted, 1 - share, out=np.ones(LEVELS), where=share < 1
    )[:, None]  # fmt: skip
    return found


def reweighted(start: FloatArray, *, value: FloatArray, weight: float) -> FloatArray:
    """Return as many active people, so many of them retained that they hold `weight` of all value.

    `value` is the value by level. Within the lower and the upper stages shares stay as they are.
    """
    lower, upper = slice(QUIET, RETAINED), slice(RETAINED, LEVELS)
    everyone = start[QUIET:].sum()
    each = [mean_value(value[part], start[part], value, start) for part in (lower, upper)]
    quiet = value[:QUIET].sum()
    held = each[1] * (1 - weight) + each[0] * weight
    wanted = weight * (everyone * each[0] + quiet) / held if held else 0.0
    wanted = float(np.clip(wanted, 0, everyone))
    found = start.copy()
    found[lower] = spread(start[lower], everyone - wanted)
    found[upper] = spread(start[upper], wanted)
    return found


def mean_value(
    value: FloatArray, people: FloatArray, all_value: FloatArray, everyone: FloatArray
) -> float:
    """Return the mean value of some people; where there is none, of everyone."""
    if people.sum() and value.sum():
        return float(value.sum() / people.sum())
    return float(all_value.sum() / max(everyone.sum(), 1.0))


def spread(people: FloatArray, total: float) -> FloatArray:
    """Return people in the same proportions adding up to a total; of none, all on the lowest."""
    if people.sum():
        return np.asarray(people * (total / people.sum()))
    return np.asarray(np.eye(len(people))[0] * total)
