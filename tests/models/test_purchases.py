"""Buying and spend on planted customers."""

import numpy as np
import pytest
from scipy.special import hyp2f1

from models.purchases import (
    LEVEL,
    UNIT_DAYS,
    Buying,
    Record,
    baskets,
    chance_of_less,
    factorial_moments,
    fit_buying,
    forecast_spend,
    log_likelihood,
    log_normal,
    reach_of,
    still_there,
)

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
    assert ours == pytest.approx(reference(TRUTH, *facts, 12.0).sum(), rel=0.03)


def test_the_forecast_adds_up_and_its_interval_covers_what_it_says(customers):
    """Of those for whom buying nothing does not alone fill the interval, 80 % lie inside."""
    record, future = customers
    found = forecast_spend(record, fit_buying(record), horizon_days=HORIZON)

    assert found.expected.sum() == pytest.approx(future.sum(), rel=0.05)
    inside = (found.low <= future) & (future <= found.high)
    open_ended = found.high > 0
    assert 0.77 <= inside[open_ended].mean() <= 0.83
    assert inside[~open_ended].mean() >= 0.8


def test_how_far_intervals_reach_is_learned_from_what_was_spent(customers):
    """A busy season no record tells of: learned on half of the customers, right on the rest."""
    record, future = customers
    busy = np.random.default_rng(8).random(len(future)) < 0.4
    future = future + np.where(busy, 60.0, 0.0)
    halves = [np.arange(len(future)) % 2 == half for half in (0, 1)]
    records = [Record(*(values[half] for values in vars(record).values())) for half in halves]
    model = fit_buying(record)

    reach = reach_of(forecast_spend(records[0], model, horizon_days=HORIZON), future[halves[0]])

    def held(reach):
        found = forecast_spend(records[1], model, horizon_days=HORIZON, reach=reach)
        inside = (found.low <= future[halves[1]]) & (future[halves[1]] <= found.high)
        return inside[found.high > 0].mean()

    assert 0.77 <= held(reach) <= 0.83
    assert held(LEVEL) < 0.75


def test_a_few_customers_teach_nothing(customers):
    """The model's own distribution is taken as it is."""
    record, future = customers
    few = Record(*(values[:40] for values in vars(record).values()))

    found = forecast_spend(few, TRUTH, horizon_days=HORIZON)

    assert reach_of(found, future[:40]) == LEVEL


def test_the_interval_ends_where_the_foretold_chance_says(customers):
    """What is spent at the upper end is reached with that chance, and no spend with its own."""
    record, _ = customers
    found = forecast_spend(record, TRUTH, horizon_days=HORIZON)
    is_open = (found.nothing >= 0.1) & (found.high > 0)

    assert chance_of_less(found, found.high)[is_open] == pytest.approx(LEVEL, abs=1e-9)
    assert chance_of_less(found, np.zeros(len(found.high))) == pytest.approx(found.nothing)


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


def test_a_spend_next_to_nothing_is_nothing():
    """Its square would be lost among the smallest numbers there are."""
    nothing, expected = np.array([1.0, 0.5]), np.array([1e-190, 10.0])

    centre, width = log_normal(nothing, expected, np.array([0.0, 300.0]))

    assert np.isneginf(centre[0])
    assert width[0] == 0.0
    assert np.exp(centre[1] + width[1] ** 2 / 2.0) == pytest.approx(20.0)
