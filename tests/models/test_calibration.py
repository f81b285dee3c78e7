"""Honest log-odds in an unchanged order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from models.calibration import BetaCalibration, fit_calibration, identity, levelled
from models.reliability import reliability


def planted(n=40_000, seed=0):
    """Log-odds that are twice too sure and too high, with outcomes of the true ones."""
    rng = np.random.default_rng(seed)
    true = rng.normal(-3, 1, n)
    return 2 * true + 4, (rng.random(n) < special.expit(true)).astype(float)


def test_a_planted_distortion_is_undone():
    """Calibrated probabilities agree with outcomes in every bin."""
    margin, outcomes = planted()
    later, truth = planted(seed=1)

    calibration = fit_calibration(margin, outcomes=outcomes)

    said = special.expit(calibration.log_odds(later))
    assert reliability(truth, probabilities=said).error < 0.005
    assert reliability(truth, probabilities=special.expit(later)).error > 0.03


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-12, 12), min_size=2, max_size=50, unique=True), st.integers(0, 99))
def test_order_is_kept_strictly(margins, seed):
    """Whatever the outcomes, a larger input always gives a larger output."""
    margin = np.sort(np.round(margins, 6))
    margin = np.unique(margin)
    outcomes = np.random.default_rng(seed).integers(2, size=margin.size).astype(float)

    log_odds = fit_calibration(margin, outcomes=outcomes).log_odds(margin)

    assert np.all(np.diff(log_odds) > 0)


def test_doubt_falls_with_evidence():
    """A hundred times the rows leave far less doubt."""
    few, many = (
        fit_calibration(*(a[:n] for a in planted()[:1]), outcomes=planted()[1][:n])
        for n in (400, 40_000)
    )

    assert many.doubt(np.array([-3.0]))[0] < few.doubt(np.array([-3.0]))[0] / 20


def test_identity_changes_nothing():
    """The identity returns its input and doubts nothing."""
    margin = np.array([-5.0, 0.0, 3.0])

    assert identity().log_odds(margin) == pytest.approx(margin)
    assert np.all(identity().doubt(margin) == 0)


@pytest.mark.parametrize("rate", [0.001, 0.03, 0.9])
def test_a_curve_is_set_to_the_level_of_some_rows(rate):
    """On average it then says their rate, with the slopes it had."""
    rng = np.random.default_rng(3)
    margin = rng.normal(-3.0, 2.0, 5_000)
    outcomes = (np.arange(5_000) < rate * 5_000).astype(np.float64)
    curve = BetaCalibration(above=1.3, below=0.7, level=0.4, covariance=np.eye(3))

    found = levelled(curve, margin, outcomes=outcomes)

    assert special.expit(found.log_odds(margin)).mean() == pytest.approx(outcomes.mean())
    assert (found.above, found.below) == (1.3, 0.7)
