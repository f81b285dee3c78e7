"""What may be spent, and how far intervals of it reach."""

import numpy as np
import pytest

from models.purchases import Record, fit_buying, forecast_spend
from models.reach import LEVEL, chance_of_less, log_normal, reach_of, reaching
from tests.models.buying import HORIZON, TRUTH, planted


@pytest.fixture(scope="module")
def customers():
    """Eight thousand of them."""
    return planted(np.random.default_rng(0), 8_000)


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
        found = reaching(forecast_spend(records[1], model, horizon_days=HORIZON), reach)
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


def test_a_spend_next_to_nothing_is_nothing():
    """Its square would be lost among the smallest numbers there are."""
    nothing, expected = np.array([1.0, 0.5]), np.array([1e-190, 10.0])

    centre, width = log_normal(nothing, expected, np.array([0.0, 300.0]))

    assert np.isneginf(centre[0])
    assert width[0] == 0.0
    assert np.exp(centre[1] + width[1] ** 2 / 2.0) == pytest.approx(20.0)
