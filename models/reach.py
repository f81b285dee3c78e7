"""What somebody may spend: nothing with its chance, else log-normal; how far intervals reach."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

FloatArray = NDArray[np.float64]

LEVEL = 0.8
TAIL = (1.0 - LEVEL) / 2.0
REACHES = np.linspace(0.5, 0.985, 195)
FEWEST_OPEN = 50
LEAST_SPEND = 1e-9  # a smaller mean of what somebody may spend is nothing


@dataclass(frozen=True)
class Forecast:
    """Net spend over the horizon (>= 0), its 80 % interval, purchases, and who is still there.

    Spend is `nothing` with its probability, and else log-normal with `centre` and `width` (-inf
    and 0 where no spend is expected at all).
    """

    expected: FloatArray
    low: FloatArray
    high: FloatArray
    purchases: FloatArray
    alive: FloatArray
    nothing: FloatArray
    centre: FloatArray
    width: FloatArray


def foretold(
    nothing: FloatArray,
    expected: FloatArray,
    *,
    squares: FloatArray,
    purchases: FloatArray,
    alive: FloatArray,
) -> Forecast:
    """Make a forecast of the chance of no spend and the first two moments of spend."""
    centre, width = log_normal(nothing, expected, squares)
    nowhere = np.zeros(len(nothing))
    spend = np.maximum(expected, 0.0)
    found = Forecast(spend, nowhere, nowhere, purchases, alive, nothing, centre, width)
    return reaching(found, LEVEL)


def reaching(forecast: Forecast, reach: float) -> Forecast:
    """Return a forecast whose intervals hold so much of what it foretells.

    They begin at nothing where that is likely enough to lie inside; see `reach_of`.
    """
    nothing, centre, width = forecast.nothing, forecast.centre, forecast.width
    from_nothing = nothing >= TAIL
    upper = np.where(from_nothing, reach, min(1.0 - TAIL + (reach - LEVEL) / 2.0, 0.99))
    return replace(
        forecast,
        low=spend_at(np.where(from_nothing, 0.0, TAIL), nothing, centre, width),
        high=spend_at(upper, nothing, centre, width),
    )


def log_normal(
    nothing: FloatArray, expected: FloatArray, squares: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return centre and width of the logarithm of a spend above nothing, by its two moments.

    Unlike a gamma of the same moments it leaves little below the smallest basket there is.
    """
    some = np.maximum(1.0 - nothing, 1e-12)
    mean = np.maximum(expected, 0.0) / some
    known = mean > LEAST_SPEND
    shares = np.where(known, mean, 1.0)
    spread = np.log1p(np.maximum(squares / some / shares**2 - 1.0, 1e-12))
    return np.where(known, np.log(shares) - spread / 2.0, -np.inf), np.sqrt(spread) * known


def spend_at(
    share: FloatArray, nothing: FloatArray, centre: FloatArray, width: FloatArray
) -> FloatArray:
    """Return what is spent at most with a chance: nothing, where that alone is likely enough."""
    inside = (share - nothing) / np.maximum(1.0 - nothing, 1e-12)
    with np.errstate(over="ignore"):
        spend = np.exp(centre + width * ndtri(np.clip(inside, 1e-12, 1.0 - 1e-9)))
    found: FloatArray = np.where((inside > 0) & np.isfinite(centre), spend, 0.0)
    return found


def reach_of(forecast: Forecast, spent: FloatArray) -> float:
    """Learn from what was then spent how far an interval must reach to hold 80 of 100 customers.

    It is the conformal step (Vovk, Gammerman & Shafer 2005) on the forecast's own scale, so that
    a season or tails it does not know widen every interval alike. Of those alone whose interval
    would not be nothing; with fewer than 50 of them nothing is learned.
    """
    reached = chance_of_less(forecast, spent)
    best, off = LEVEL, np.inf
    for reach in REACHES:
        is_open = (forecast.nothing >= TAIL) & (forecast.nothing < reach)
        is_open &= np.isfinite(forecast.centre)
        if is_open.sum() < FEWEST_OPEN:
            continue
        held = (reached[is_open] <= reach) & (spent[is_open] >= 0)  # intervals begin at nothing
        miss = abs(float(held.mean()) - LEVEL)
        if miss < off:
            best, off = float(reach), miss
    return best


def chance_of_less(forecast: Forecast, spent: FloatArray) -> FloatArray:
    """Return the foretold chance of spending so much or less."""
    known = (spent > 0) & (forecast.width > 0)
    logs = np.log(np.where(known, spent, 1.0))
    standing = (logs - np.where(known, forecast.centre, 0.0)) / np.where(known, forecast.width, 1.0)
    above = forecast.nothing + (1.0 - forecast.nothing) * ndtr(standing)
    chance: FloatArray = np.where(known, above, np.where(spent > 0, 1.0, forecast.nothing))
    return chance
