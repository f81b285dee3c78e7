"""Rings: nobody in two, less close outward, and joins foretold by those before."""

import numpy as np
import pytest

from models.rings import Joined, forecast, forecasts, joined_by_ring, ring_of, rings


def test_rings_are_disjoint_and_fall_outward():
    """Each candidate is in one ring or beyond them; inner rings hold the closer."""
    closeness = np.random.default_rng(0).random(1_000)

    core, interest, broad = rings(40, closeness)

    assert core.people == 40
    assert interest.people == np.sum(closeness >= 0.5)
    assert broad.people == np.sum((closeness >= 0.25) & (closeness < 0.5))
    assert interest.least_closeness >= 0.5 > broad.mean_closeness > broad.least_closeness >= 0.25


def test_the_border_belongs_to_the_inner_ring():
    """0.5 is interest, 0.25 is broad."""
    assert ring_of(np.array([0.5, 0.4999, 0.25, 0.2499])).tolist() == [0, 1, 1, 2]


def test_joins_are_counted_in_their_ring():
    """Everyone is counted once, those beyond all rings at last."""
    closeness = np.array([0.9, 0.6, 0.3, 0.3, 0.0])
    joined = np.array([True, False, True, False, False])

    assert joined_by_ring(closeness, joined) == [Joined(2, 1), Joined(2, 1), Joined(1, 0)]


def test_a_forecast_is_the_rate_before_times_the_people_now():
    """Of 999 people 9.5 joined; of 2,000 now some 19 will, each after 100 contacts or so."""
    told = forecast(2_000, Joined(999, 9))

    assert told.joins == pytest.approx(2_000 * 9.5 / 1_000)
    assert told.contacts_per_join == pytest.approx(1_000 / 9.5)
    assert told.low < told.joins < told.high


def test_the_band_holds_four_times_in_five():
    """Joins drawn twice at one rate: the second number is inside the band of the first 80 %."""
    rng = np.random.default_rng(1)
    rate = rng.uniform(0.01, 0.1, 4_000)
    before, after = rng.binomial(2_000, rate), rng.binomial(3_000, rate)

    inside = [
        told.low <= later <= told.high
        for told, later in zip(
            (forecast(3_000, Joined(2_000, int(k))) for k in before), after, strict=True
        )
    ]

    assert 0.77 < np.mean(inside) < 0.83


def test_nothing_is_told_of_the_core_or_of_a_ring_nobody_was_in():
    """The core has joined already, and no one is no evidence."""
    found = rings(10, np.array([0.9, 0.3]))

    told = forecasts(found, [Joined(5, 1), Joined(0, 0), Joined(9, 0)])

    assert told[0] is None
    assert told[1] is not None
    assert told[2] is None
