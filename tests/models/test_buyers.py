"""Who buys, corrected by who bought before."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from models.buyers import corrected, learn_correction
from models.purchases import fit_buying, forecast_spend
from tests.models.buying import HORIZON, planted


@pytest.fixture(scope="module")
def customers():
    """Eight thousand customers, what was foretold of them and who then bought."""
    record, future = planted(np.random.default_rng(3), 8_000)
    return record, forecast_spend(record, fit_buying(record), horizon_days=HORIZON), future > 0


def test_where_the_model_is_true_nothing_is_corrected(customers):
    """The spend of all stays within two per cent, and hardly any chance moves."""
    record, forecast, bought = customers

    found = corrected(record, forecast, learn_correction(record, forecast, bought=bought))

    assert found.expected.sum() == pytest.approx(forecast.expected.sum(), rel=0.02)
    assert np.abs(found.nothing - forecast.nothing).mean() < 0.02


def test_a_season_lifts_everyone(customers):
    """Twice the odds of buying, learned from who bought in it and found in those who come."""
    record, forecast, _ = customers
    busy = expit(logit(1.0 - forecast.nothing) + np.log(2.0))
    bought = np.random.default_rng(4).random(len(busy)) < busy

    found = corrected(record, forecast, learn_correction(record, forecast, bought=bought))

    assert (1.0 - found.nothing).mean() == pytest.approx(busy.mean(), abs=0.01)
    assert np.abs(1.0 - found.nothing - busy).mean() < 0.02


def test_a_habit_the_model_knows_nothing_of_is_learned(customers):
    """Whoever bought lately is satisfied and stays away, whatever the model thinks."""
    record, forecast, _ = customers
    quiet = record.age_days - record.recency_days
    truth = np.where(quiet < 30.0, 0.1, 0.6) * (1.0 - forecast.nothing)
    bought = np.random.default_rng(5).random(len(truth)) < truth

    found = corrected(record, forecast, learn_correction(record, forecast, bought=bought))

    before, after = (np.abs(1.0 - each.nothing - truth).mean() for each in (forecast, found))
    assert after < 0.5 * before


def test_who_buys_spends_as_foretold_before(customers):
    """Expected spend and purchases move with the chance to buy, not beyond it."""
    record, forecast, bought = customers
    correction = learn_correction(record, forecast, bought=~bought)

    found = corrected(record, forecast, correction)

    times = (1.0 - found.nothing) / (1.0 - forecast.nothing)
    assert found.expected == pytest.approx(forecast.expected * times)
    assert found.purchases == pytest.approx(forecast.purchases * times)


def test_a_few_customers_hardly_move_the_model(customers):
    """Sixty of them, nobody of whom bought: chances fall, but not to nothing."""
    record, forecast, _ = customers
    few = slice(0, 60)
    some = type(record)(*(values[few] for values in vars(record).values()))
    told = replace(forecast, **{name: values[few] for name, values in vars(forecast).items()})

    found = corrected(some, told, learn_correction(some, told, bought=np.zeros(60, dtype=bool)))

    share = (1.0 - found.nothing).mean() / (1.0 - told.nothing).mean()
    assert 0.3 < share < 0.8


def test_a_customer_unlike_all_before_gets_no_absurd_chance(customers):
    """A record far beyond those learned from counts as the farthest of them."""
    record, forecast, bought = customers
    correction = learn_correction(record, forecast, bought=bought)
    odd = replace(record, repeats=record.repeats * 0 + 10**6, age_days=record.age_days + 10**6)

    found = corrected(odd, forecast, correction)

    assert np.all((found.nothing > 0) & (found.nothing < 1))
    assert np.isfinite(found.expected).all()
