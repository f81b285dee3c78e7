"""Buying and spend on planted customers."""

import numpy as np
import pytest
from scipy.special import hyp2f1

from models.purchases import (
    Record,
    baskets,
    factorial_moments,
    fit_buying,
    forecast_spend,
    log_likelihood,
    still_there,
)
from tests.models.buying import HORIZON, TRUTH, planted


@pytest.fixture(scope="module")
def customers():
    """Eight thousand of them."""
    return planted(np.random.default_rng(0), 8_000)


def reference(model, x, recency, age, horizon):
    """Expected purchases by equation 10 of the paper, with its hypergeometric function."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    inner = hyp2f1(r + x, b + x, a + b + x - 1, horizon / (alpha + age + horizon))
    top = (a + b + x - 1) / (a - 1)
    top = top * (1 - ((alpha + age) / (alpha + age + horizon)) ** (r + x) * inner)
    gone = np.where(x > 0, a / (b + np.maximum(x, 1) - 1), 0.0)
    return top / (1 + gone * ((alpha + age) / (alpha + recency)) ** (r + x))


def test_expected_purchases_are_those_of_the_paper(customers):
    """To a millionth, over every customer."""
    record, _ = customers
    x, recency, age = record.repeats, record.recency_days / 7, record.age_days / 7

    first, _ = factorial_moments(TRUTH, x, age, 12.0)
    found = still_there(TRUTH, x.astype(float), recency, age) * first

    assert found == pytest.approx(reference(TRUTH, x, recency, age, 12.0), rel=1e-6)


def test_the_second_moment_is_that_of_simulated_purchases():
    """Two hundred thousand customers of one record who are still there."""
    random = np.random.default_rng(1)
    n_customers, x, age, horizon = 200_000, 3, 20.0, 12.0
    rate = random.gamma(TRUTH.r + x, 1 / (TRUTH.alpha + age), n_customers)
    drop = random.beta(TRUTH.a, TRUTH.b + x, n_customers)
    bought = np.minimum(random.poisson(rate * horizon), random.geometric(drop))

    first, second = factorial_moments(TRUTH, np.array([x]), np.array([age]), horizon)

    assert bought.mean() == pytest.approx(first[0], rel=0.01)
    assert (bought * (bought - 1.0)).mean() == pytest.approx(second[0], rel=0.03)


def test_the_fit_is_no_less_likely_than_the_truth(customers):
    """And foretells purchases within two per cent of what the true model does."""
    record, _ = customers

    found = fit_buying(record)

    facts = record.repeats.astype(float), record.recency_days / 7, record.age_days / 7
    assert log_likelihood(found, *facts).sum() >= log_likelihood(TRUTH, *facts).sum() - 2.0
    ours = forecast_spend(record, found, horizon_days=HORIZON).purchases.sum()
    assert ours == pytest.approx(reference(TRUTH, *facts, 12.0).sum(), rel=0.02)


def test_the_forecast_adds_up_and_its_interval_covers_what_it_says(customers):
    """Of those for whom buying nothing does not alone fill the interval, 80 % lie inside."""
    record, future = customers
    found = forecast_spend(record, fit_buying(record), horizon_days=HORIZON)

    assert found.expected.sum() == pytest.approx(future.sum(), rel=0.05)
    inside = (found.low <= future) & (future <= found.high)
    open_ended = found.high > 0
    assert 0.77 <= inside[open_ended].mean() <= 0.83
    assert inside[~open_ended].mean() >= 0.8


def test_returns_count_as_negative_money():
    """Who gave half of it back is worth less; who gave all back, little."""
    repeats, days = np.full(3, 4), np.full(3, 200.0)
    record = Record(repeats, days, days + 20, np.array([500.0, 250.0, 0.0]), np.full(3, 5e4))

    found = forecast_spend(record, TRUTH, horizon_days=30.0)

    assert found.expected[0] > found.expected[1] > found.expected[2] >= 0


def test_a_mean_of_one_purchase_counts_less_than_one_of_many():
    """Both spent a hundred a purchase; the crowd spends ten."""
    repeats = np.r_[np.zeros(1), np.full(1, 49), np.full(200, 3)].astype(int)
    n = repeats + 1
    amount = np.r_[100.0, 5_000.0, np.full(200, 40.0)]
    record = Record(repeats, n * 1.0, n * 2.0, amount, n * (amount / n) ** 2 + n * 25.0)

    found = baskets(record).mean

    assert found[1] > found[0] > found[2]
