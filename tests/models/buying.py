"""Customers of a known model of buying."""

import numpy as np

from models.purchases import UNIT_DAYS, Buying, Record

TRUTH = Buying(r=0.8, alpha=6.0, a=0.9, b=3.0)
HORIZON = 84.0


def planted(random, n_customers, horizon_days=HORIZON):
    """Customers of a known model: their record over up to a year, and what they then spend."""
    rate = random.gamma(TRUTH.r, 1 / TRUTH.alpha, n_customers)
    drop = random.beta(TRUTH.a, TRUTH.b, n_customers)
    age = random.integers(10, 53, n_customers).astype(float)
    basket = random.gamma(4.0, 10.0, n_customers)
    rows, future = [], np.zeros(n_customers)
    for who in range(n_customers):
        now, times = 0.0, [0.0]
        while random.random() >= drop[who] or len(times) == 1:
            now += random.exponential(1 / rate[who])
            if now > age[who] + horizon_days / UNIT_DAYS:
                break
            times.append(now)
        seen = [time for time in times if time <= age[who]]
        spent = random.gamma(3.0, basket[who] / 3.0, len(times))
        known = spent[: len(seen)]
        rows.append((len(seen) - 1, seen[-1], known.sum(), (known**2).sum()))
        future[who] = spent[len(seen) :].sum()
    repeats, recency, amount, squares = np.array(rows).T
    record = Record(repeats.astype(int), recency * UNIT_DAYS, age * UNIT_DAYS, amount, squares)
    return record, future
