"""How often customers will buy and what they will spend, each with an interval.

Buying follows the BG/NBD model (Fader, Hardie & Lee 2005): purchases at a rate that differs
between customers (gamma), and after each a chance to be gone for good (beta). Its four parameters
are fitted on counts of customers alike in frequency, recency and age, so a million cost no more
than the cells they fall in. Spend a purchase is each customer's mean, pulled toward everyone's by
credibility; unlike gamma-gamma it takes net amounts, so returns count as negative money.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln, roots_jacobi

from models.reach import Forecast, foretold

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

UNIT_DAYS = 7.0
NODES = 16
BUSIEST = 400  # more repeats than this count as this when the curve of dropping out is drawn


@dataclass(frozen=True)
class Record:
    """What is known of each customer who bought; arrays by customer.

    `repeats` counts days with a purchase after the first; `recency_days` lies between the first
    and the last of them, `age_days` between the first and now. `amount` is the net money of all,
    `squares` the sum of the squared amounts of a purchase day.
    """

    repeats: IntArray
    recency_days: FloatArray
    age_days: FloatArray
    amount: FloatArray
    squares: FloatArray


@dataclass(frozen=True)
class Buying:
    """A fitted BG/NBD model in weeks: rates are gamma(r, alpha), dropping out is beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float


def fit_buying(record: Record) -> Buying:
    """Fit by maximum likelihood over the cells that customers fall in."""
    cells, counts = np.unique(
        np.column_stack(
            [
                record.repeats,
                np.round(record.recency_days / UNIT_DAYS),
                np.round(record.age_days / UNIT_DAYS),
            ]
        ),
        axis=0,
        return_counts=True,
    )
    x, recency, age = cells.T

    def loss(logs: FloatArray) -> float:
        model = Buying(*np.exp(logs))
        return float(-(counts @ log_likelihood(model, x, recency, age)) / counts.sum())

    # Beyond these nothing is told apart, and the quadrature over dropping out would overflow.
    bounds = [(-6.0, 8.0), (-6.0, 8.0), (-6.0, 5.0), (-6.0, 6.0)]
    starts = ([0.0, 1.0, 0.0, 1.0], [-1.0, 2.0, -1.0, 1.0])
    found = [minimize(loss, start, method="L-BFGS-B", bounds=bounds) for start in starts]
    return Buying(*np.exp(min(found, key=lambda result: float(result.fun)).x))


def log_likelihood(
    model: Buying, x: FloatArray, recency: FloatArray, age: FloatArray
) -> FloatArray:
    """Return each customer's log-likelihood (their equation 6, in its stable form)."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    common += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    there = -(r + x) * np.log(alpha + age)
    again = np.maximum(x, 1.0)
    gone = np.log(a) - np.log(b + again - 1.0) - (r + x) * np.log(alpha + recency)
    likelihood: FloatArray = common + np.where(x > 0, np.logaddexp(there, gone), there)
    return likelihood


def forecast_spend(record: Record, model: Buying, *, horizon_days: float) -> Forecast:
    """Expect each customer's purchases and net spend over the coming horizon."""
    x, age = record.repeats.astype(np.float64), record.age_days / UNIT_DAYS
    alive = still_there(model, x, record.recency_days / UNIT_DAYS, age)
    first, second = factorial_moments(model, record.repeats, age, horizon_days / UNIT_DAYS)
    purchases, pairs = alive * first, alive * second
    stays_away = (1.0 + horizon_days / UNIT_DAYS / (model.alpha + age)) ** -(model.r + x)
    nothing = 1.0 - alive * (1.0 - stays_away)
    basket = baskets(record)
    expected = purchases * basket.mean
    squares = purchases * basket.within + (pairs + purchases) * (basket.mean**2 + basket.between)
    return foretold(nothing, expected, squares=squares, purchases=purchases, alive=alive)


def still_there(model: Buying, x: FloatArray, recency: FloatArray, age: FloatArray) -> FloatArray:
    """Return the probability that each customer has not dropped out."""
    again = np.maximum(x, 1.0)
    odds = np.log(model.a) - np.log(model.b + again - 1.0)
    odds += (model.r + x) * (np.log(model.alpha + age) - np.log(model.alpha + recency))
    gone = np.where(x > 0, odds, -np.inf)
    chance: FloatArray = np.exp(-np.logaddexp(0.0, gone))
    return chance


def factorial_moments(
    model: Buying, repeats: IntArray, age: FloatArray, horizon: float
) -> tuple[FloatArray, FloatArray]:
    """Return E[Y] and E[Y (Y - 1)] of the purchases of customers who are still there.

    Given rate and dropping out p both are closed; over the rate as well; over p by Gauss-Jacobi.
    """
    first, second = np.zeros(len(age)), np.zeros(len(age))
    capped, where = np.unique(np.minimum(repeats, BUSIEST), return_inverse=True)
    nodes = [roots_jacobi(NODES, model.b + count - 1.0, model.a - 1.0) for count in capped]
    chances = np.array([(found[0] + 1.0) / 2.0 for found in nodes])
    weights = np.array([found[1] / found[1].sum() for found in nodes])
    shape, scale = model.r + repeats, model.alpha + age
    for node in range(NODES):
        p, weight = np.maximum(chances[where, node], 1e-12), weights[where, node]
        fade = np.log1p(p * horizon / scale)
        met = -np.expm1(-shape * fade) / p
        rate = shape / scale * np.exp(-(shape + 1.0) * fade)
        first += weight * met
        second += weight * 2.0 * (1.0 - p) / p * (met - horizon * rate)
    return first, np.maximum(second, 0.0)


@dataclass(frozen=True)
class Baskets:
    """Net money a purchase: each customer's mean, how sure it is, and how purchases vary."""

    mean: FloatArray
    between: FloatArray
    within: FloatArray


def baskets(record: Record) -> Baskets:
    """Pull each customer's mean toward everyone's (Buehlmann & Straub 1970)."""
    n = record.repeats + 1.0
    own = record.amount / n
    crowd = float(record.amount.sum() / n.sum())
    spare = max(float((n - 1.0).sum()), 1.0)
    within = max(float(np.maximum(record.squares - n * own**2, 0.0).sum()) / spare, 1e-12)
    total = float(n.sum())
    spread = float(n @ (own - crowd) ** 2) - (len(n) - 1) * within
    between = max(spread / max(total - float(n @ n) / total, 1e-12), within / total)
    credibility = n / (n + within / between)
    mean = credibility * own + (1.0 - credibility) * crowd
    scale = np.maximum(mean, 0.0) ** 2 / max(crowd**2 + between, 1e-12)
    return Baskets(mean, between * (1.0 - credibility), within * scale)
