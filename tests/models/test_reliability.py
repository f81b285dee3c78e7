"""Figures of probabilities."""

import numpy as np
import pytest

from models.reliability import gain_score, lift, quality, reliability


def planted(n=50_000, seed=0):
    """True probabilities and outcomes drawn from them."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.5, 9.5, n)
    return p, (rng.random(n) < p).astype(float)


def test_true_probabilities_are_calibrated():
    """The planted probabilities themselves have almost no calibration error."""
    p, y = planted()

    assert reliability(y, probabilities=p).error < 0.004


def test_a_constant_gap_is_the_calibration_error():
    """Claiming 0.1 too much everywhere is an error of 0.1."""
    p, y = planted()

    assert reliability(y, probabilities=p + 0.1).error == pytest.approx(0.1, abs=0.004)


def test_bins_hold_about_equal_mass():
    """Distinct predictions fall into ten bins of a tenth each."""
    p, y = planted(10_000)

    assert reliability(y, probabilities=p).rows == pytest.approx([1_000] * 10, abs=2)


def test_equal_predictions_share_a_bin():
    """A constant prediction has one bin whose gap is the error."""
    y = np.array([0.0, 0.0, 0.0, 1.0])

    bins = reliability(y, probabilities=np.full(4, 0.5))

    assert bins.rows.tolist() == [4]
    assert bins.error == 0.25


def test_truth_beats_the_base_rate():
    """Relative cross entropy and AUC of the truth are clearly better than knowing nothing."""
    p, y = planted()

    figures = quality(y, probabilities=p, base_rate=y.mean())

    assert figures.rce > 10
    assert figures.auc > 0.75
    assert figures.lift > 3


def test_the_base_rate_gains_nothing():
    """Always saying the base rate has no gain and no lift."""
    _, y = planted(1_000)

    figures = quality(y, probabilities=np.full(y.size, 0.05), base_rate=0.05)

    assert figures.rce == 0.0
    assert figures.lift == pytest.approx(1.0)


def test_figures_of_one_outcome_are_left_open():
    """Without a single share there is no AUC to speak of."""
    figures = quality(np.zeros(5), probabilities=np.full(5, 0.1), base_rate=0.1)

    assert figures.auc is None
    assert figures.rce is None


def test_lift_counts_a_perfect_ranking():
    """When the best tenth holds all shares, lift is ten."""
    y = np.r_[np.ones(10), np.zeros(90)]

    assert lift(y, probabilities=np.linspace(1, 0, 100)) == pytest.approx(10)


def test_gain_tells_luck_from_knowledge():
    """The truth beats the base rate by many standard errors, noise does not."""
    p, y = planted(20_000)
    noise = np.clip(0.05 + np.random.default_rng(1).normal(0, 0.02, y.size), 0.001, 1)

    assert gain_score(y, probabilities=p, base_rate=0.05) > 5
    assert gain_score(y, probabilities=noise, base_rate=0.05) < 1.6
