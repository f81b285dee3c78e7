"""Who buys, corrected by who bought in the horizon before.

A model of buying takes every customer's purchases as equally irregular and every month as like the
last. What it foretold a horizon ago meets who then bought: a logistic curve over its own log-odds
and the customer's habits, which starts as the model itself and leaves it no further than the
evidence carries. Its level is the month's, so a season is followed one horizon late.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from threadpoolctl import threadpool_limits

from models.linear import FARTHEST
from models.purchases import Record
from models.reach import Forecast

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

DOUBT = 20.0
"""How sure it is beforehand that the model needs no correction: weights vary by 1 / DOUBT."""
LEAST_CHANCE = 1e-9
STEPS = 50


@dataclass(frozen=True)
class Correction:
    """Weights of the level and of each habit in its own unit of spread."""

    weights: FloatArray
    centre: FloatArray
    spread: FloatArray


def learn_correction(record: Record, forecast: Forecast, *, bought: BoolArray) -> Correction:
    """Learn from what was foretold a horizon ago and who bought since."""
    habits = habits_of(record, forecast)
    centre, spread = habits.mean(axis=0), np.maximum(habits.std(axis=0), 1e-9)
    design = designed(habits, centre, spread)
    with threadpool_limits(1):  # more threads would add in another order
        weights = likeliest(design, offset=log_odds(forecast), bought=bought)
    return Correction(weights, centre, spread)


def likeliest(design: FloatArray, *, offset: FloatArray, bought: BoolArray) -> FloatArray:
    """Return the weights of a ridge logistic regression beside an offset, by Newton's method."""
    weights = np.zeros(design.shape[1])
    penalty = DOUBT * np.eye(len(weights))
    for _ in range(STEPS):
        chance = expit(offset + design @ weights)
        slope = design.T @ (bought - chance) - penalty @ weights
        curvature = (design.T * (chance * (1.0 - chance))) @ design + penalty
        step = np.linalg.solve(curvature, slope)
        weights = weights + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-8:
            break
    return weights


def corrected(record: Record, forecast: Forecast, correction: Correction) -> Forecast:
    """Return the forecast with corrected chances; who buys spends as foretold before.

    Its intervals are still those of the model: see `reaching`.
    """
    design = designed(habits_of(record, forecast), correction.centre, correction.spread)
    chance = expit(log_odds(forecast) + design @ correction.weights)
    times = chance / np.maximum(1.0 - forecast.nothing, LEAST_CHANCE)
    return replace(
        forecast,
        expected=forecast.expected * times,
        purchases=forecast.purchases * times,
        nothing=1.0 - chance,
    )


def habits_of(record: Record, forecast: Forecast) -> FloatArray:
    """Describe each customer: the model's log-odds, how often, how lately, how much at a time."""
    quiet_days = np.maximum(record.age_days - record.recency_days, 0.0)
    basket = forecast.expected / np.maximum(forecast.purchases, LEAST_CHANCE)
    return np.column_stack(
        [
            log_odds(forecast),
            np.log1p(record.repeats),
            np.log1p(quiet_days),
            np.log1p(basket),
        ]
    )


def designed(habits: FloatArray, centre: FloatArray, spread: FloatArray) -> FloatArray:
    """Return an intercept and each habit in its unit of spread."""
    apart = np.clip((habits - centre) / spread, -FARTHEST, FARTHEST)
    return np.column_stack([np.ones(len(habits)), apart])


def log_odds(forecast: Forecast) -> FloatArray:
    """Return the log-odds of buying at all."""
    found: FloatArray = logit(np.clip(1.0 - forecast.nothing, LEAST_CHANCE, 1.0 - LEAST_CHANCE))
    return found
