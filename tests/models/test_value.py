"""Expected value with credibility."""

import numpy as np
import pytest

from models.value import customer_value, decayed_days


def planted_spend(random, n_customers, days):
    """Customers with a true daily rate each, and what they bought in so many days."""
    rates = random.gamma(2.0, 1.0, n_customers)
    counts = random.poisson(rates * days / 10.0)
    baskets = [random.gamma(2.0, 5.0, count) for count in counts]
    amounts = np.array([basket.sum() for basket in baskets])
    squares = np.array([(basket**2).sum() for basket in baskets])
    return rates, amounts, squares


def test_short_records_are_pulled_to_the_crowd_and_come_closer_to_the_truth():
    """Planted rates: shrunk estimates beat the raw rate where little was seen."""
    random = np.random.default_rng(0)
    days = random.choice([5.0, 100.0], 4_000)
    rates, amounts, squares = planted_spend(random, 4_000, days)

    found = customer_value(amounts, squares=squares, observed_days=days, horizon_days=1.0)

    short = days == 5.0
    raw_error = np.mean((amounts / days - rates)[short] ** 2)
    assert np.mean((found.expected - rates)[short] ** 2) < 0.4 * raw_error
    assert found.credibility[short].max() < found.credibility[~short].min()


def test_values_add_up_to_what_was_spent():
    """Planted rates: no bias over all customers."""
    random = np.random.default_rng(1)
    days = np.full(5_000, 60.0)
    rates, amounts, squares = planted_spend(random, 5_000, days)

    found = customer_value(amounts, squares=squares, observed_days=days, horizon_days=30.0)

    assert found.expected.sum() == pytest.approx(30.0 * rates.sum(), rel=0.03)


def test_returns_lower_the_value_and_never_below_zero():
    """Whoever gave more back than they kept is expected to bring nothing."""
    found = customer_value(
        np.array([900.0, 500.0, -400.0]),
        squares=np.array([10.0, 10.0, 10.0]),
        observed_days=np.full(3, 100.0),
        horizon_days=30.0,
    )

    assert found.expected[0] > found.expected[1] > found.expected[2] == 0.0


def test_customers_never_seen_have_no_value():
    """Also when nobody was seen at all."""
    found = customer_value(
        np.zeros(2), squares=np.zeros(2), observed_days=np.zeros(2), horizon_days=30.0
    )

    assert found.expected.tolist() == [0.0, 0.0]


def test_identical_rates_leave_nothing_to_tell_apart():
    """Customers who differ by chance alone all get the crowd's rate."""
    random = np.random.default_rng(2)
    amounts = random.poisson(5.0, 2_000).astype(float)

    found = customer_value(
        amounts, squares=amounts, observed_days=np.full(2_000, 10.0), horizon_days=10.0
    )

    assert found.expected.std() < 0.2 * amounts.std()


def test_observed_time_decays_like_what_was_observed():
    """One half-life counts half of all time there is; a short time counts whole."""
    days = decayed_days(np.array([0.0, 1e-6, 90.0, 1e9]), half_life_days=90.0)

    assert days[0] == 0.0
    assert days[1] == pytest.approx(1e-6, rel=1e-6)
    assert days[2] == pytest.approx(days[3] / 2)
