"""What a customer is expected to be worth over the next horizon.

Spend, decayed with age, over the time it was observed is a rate; a rate seen for a short time or
over few large purchases is pulled toward everyone's by Buehlmann-Straub credibility (1970).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class CustomerValue:
    """Expected value (>= 0) of each customer over the horizon, and how much their record counts.

    `credibility` is in [0, 1]: 0 is everyone's average, 1 the customer's own rate. Customers
    never observed have value 0.
    """

    expected: FloatArray
    credibility: FloatArray
    crowd_rate: float


def customer_value(
    amounts: FloatArray,
    *,
    squares: FloatArray,
    observed_days: FloatArray,
    horizon_days: float,
) -> CustomerValue:
    """Estimate net value over the coming horizon from each customer's own record.

    Whoever gave back more than they bought is expected to bring nothing, not to cost.

    Parameters
    ----------
    amounts : ndarray of shape (n_customers,)
        Sum of decayed amounts, returns negative.
    squares : ndarray of shape (n_customers,)
        Sum of squared decayed amounts; it measures how uneven the record is.
    observed_days : ndarray of shape (n_customers,)
        Decayed time of observation (see `decayed_days`); 0 for customers never seen.
    """
    seen = observed_days > 0
    if not seen.any():
        nothing = np.zeros(len(amounts))
        return CustomerValue(nothing, nothing.copy(), 0.0)
    crowd = float(amounts[seen].sum() / observed_days[seen].sum())
    rate = np.divide(amounts, observed_days, out=np.full(len(amounts), crowd), where=seen)
    ratio = noise_to_spread(rate[seen], squares[seen], observed_days[seen], crowd=crowd)
    credibility = np.where(seen, observed_days / (observed_days + ratio), 0.0)
    expected = (credibility * rate + (1.0 - credibility) * crowd) * horizon_days
    return CustomerValue(np.where(seen, np.maximum(expected, 0.0), 0.0), credibility, crowd)


def noise_to_spread(
    rate: FloatArray, squares: FloatArray, observed_days: FloatArray, *, crowd: float
) -> float:
    """Return the days of observation at which a customer's own rate counts for half.

    Purchases are taken as a compound Poisson process, whose variance over a time is the expected
    sum of squared amounts; what rates vary beyond that is true spread between customers. However
    small that is, a customer's own record keeps a weight, so that more is never worth the same.
    """
    total = float(observed_days.sum())
    noise = float(squares.sum()) / total
    between = float((observed_days * (rate - crowd) ** 2).sum()) - (len(rate) - 1) * noise
    spread = between / max(total - float((observed_days**2).sum()) / total, np.finfo(float).tiny)
    return noise / spread if noise < spread * total else total


def decayed_days(days: FloatArray, *, half_life_days: float) -> FloatArray:
    """Return the integral of 2^(-age / half_life) over so many days of observation."""
    scale = half_life_days / np.log(2.0)
    decayed: FloatArray = scale * -np.expm1(-np.maximum(days, 0.0) / scale)
    return decayed
