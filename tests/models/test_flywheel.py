"""Speed, friction, weight, and where the loop leads."""

import numpy as np
import pytest

from models.flywheel import Rates, motion, project, project_band, weight_of

EVERYONE = np.ones(4, dtype=bool)


def turned(before, after, *, days=30.0, active_after=None, value=None):
    """The motion of a few people, all active unless said otherwise."""
    everyone = np.ones(len(before), dtype=bool)
    return motion(
        np.array(before),
        np.array(after),
        active_before=everyone,
        active_after=everyone if active_after is None else np.array(active_after),
        value=np.ones(len(before)) if value is None else np.array(value, dtype=float),
        days=days,
    )


@pytest.mark.parametrize(("persistence", "fifth"), [(1.0, 146.41), (0.0, 111.11)])
def test_the_check_figures_of_the_literature(persistence, fifth):
    """100 engaged, one in ten advocates, each brings one."""
    course = project(100, advocacy=0.10, referrals=1, persistence=persistence, rotations=5)

    assert course[0] == 100
    assert course[-1] == pytest.approx(fifth, abs=1e-9)


@pytest.mark.parametrize("rate", ["advocacy", "referrals", "persistence"])
def test_more_of_any_rate_never_means_fewer_people(rate):
    """The projection rises in each of its rates."""
    rates = {"advocacy": 0.1, "referrals": 1.0, "persistence": 0.5}

    slower = project(100, **rates, rotations=6)
    faster = project(100, **rates | {rate: rates[rate] * 1.5}, rotations=6)

    assert np.all(faster[2:] > slower[2:])


def test_bands_cover_what_planted_rates_lead_to():
    """The next rotations of 300 planted loops lie inside their 80 % band about that often."""
    random = np.random.default_rng(0)
    inside = []
    for trial in range(300):
        engaged, growth, stay = 800, random.uniform(0.02, 0.1), random.uniform(0.5, 0.95)
        rates = Rates(
            engaged=engaged,
            advocates=80,
            referred=random.poisson(growth * engaged),
            engaged_before=engaged,
            stayed=random.binomial(engaged, stay),
        )
        active = everyone = engaged
        for _ in range(4):
            new = random.poisson(growth * active)
            active = random.binomial(active, stay) + new
            everyone += new

        band = project_band(rates, rotations=5, seed=trial, draws=1_000)

        inside.append(band.low[-1] <= everyone <= band.high[-1])

    assert 0.74 <= np.mean(inside) <= 0.88


def test_a_band_is_the_same_for_the_same_seed():
    """Randomness comes from the seed alone."""
    rates = Rates(engaged=100, advocates=10, referred=9, engaged_before=90, stayed=70)

    one, other = project_band(rates, rotations=5), project_band(rates, rotations=5)

    assert np.array_equal(one.low, other.low)
    assert np.array_equal(one.high, other.high)


def test_speed_counts_those_who_advance_below_the_top():
    """One of two climbers advances; the advocate cannot."""
    found = turned([0, 1, 4], [1, 1, 4])

    assert found.speed == pytest.approx(0.5)
    assert found.speed_by_stage[0] == 1.0
    assert np.isnan(found.speed_by_stage[2])


def test_speed_is_given_for_thirty_days():
    """Half advancing in 15 days compounds to three quarters in 30, and never beyond all."""
    assert turned([0, 0], [1, 0], days=15).speed == pytest.approx(0.75)


def test_friction_counts_falling_back_leaving_and_going_quiet():
    """Three of four lose their place in one of the three ways."""
    found = turned([2, 2, 2, 2], [1, -1, 2, 2], active_after=[True, False, False, True])

    assert found.friction == pytest.approx(0.75)
    assert found.friction_by_stage[2] == pytest.approx(0.75)


def test_one_more_advance_raises_speed_and_one_more_fall_raises_friction():
    """Each figure moves with what it measures."""
    assert turned([0, 0, 1], [1, 1, 1]).speed > turned([0, 0, 1], [1, 0, 1]).speed
    assert turned([1, 1, 1], [0, 0, 1]).friction > turned([1, 1, 1], [0, 1, 1]).friction


def test_weight_is_the_value_with_retained_people_and_advocates():
    """Losses weigh nothing, and one more retained customer weighs more."""
    value = np.array([10.0, 30.0, 60.0, -50.0])

    assert weight_of(np.array([0, 3, 4, 3]), value=value) == pytest.approx(0.9)
    assert weight_of(np.array([3, 3, 4, 3]), value=value) == 1.0


def test_momentum_is_weight_times_speed():
    """Heavy and slow may equal light and fast."""
    found = turned([0, 3], [1, 3], value=[1, 3])

    assert found.momentum == pytest.approx(found.weight * found.speed)
    assert found.momentum > 0
