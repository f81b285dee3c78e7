"""The linear part of log-odds."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from models.linear import Linear
from models.propensity import TREE_SHARE, fit_linear


def test_it_is_logistic_regression_on_standardised_columns():
    """Where nothing is unknown or far out the log-odds are scikit-learn's, at their share."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-3, 3, (2_000, 3)) * [1, 10, 100] + [5, 0, -7]
    y = (rng.random(2_000) < 1 / (1 + np.exp(2 - X[:, 0] + X[:, 1] / 5))).astype(float)
    Z = StandardScaler().fit_transform(X)

    said = fit_linear(X, y).log_odds(X)

    expected = LogisticRegression(max_iter=1000).fit(Z, y).decision_function(Z)
    assert said == pytest.approx((1 - TREE_SHARE) * expected, abs=1e-9)


def test_an_unknown_value_counts_as_the_mean_and_a_far_one_as_far():
    """NaN adds nothing; beyond four deviations a value says no more."""
    part = Linear(-1.0, np.array([2.0]), np.array([10.0]), np.array([5.0]))

    said = part.log_odds(np.array([[np.nan], [10.0], [30.0], [1e9], [-1e9]]))

    assert said.tolist() == [-1.0, -1.0, 7.0, 7.0, -9.0]


def test_one_column_is_added_as_it_stands():
    """However large its values."""
    part = Linear.of_column(1, 3, intercept=-4.0)

    said = part.log_odds(np.array([[9.0, 1.5, 9.0], [9.0, -2_000.0, 9.0]]))

    assert said == pytest.approx([-2.5, -2_004.0])


def test_arrays_bring_it_back():
    """What is kept answers the same to the last bit."""
    part = Linear(-1.0, np.array([2.0, 0.0]), np.array([1.0, 2.0]), np.array([5.0, 1.0]))
    X = np.random.default_rng(0).normal(size=(9, 2))

    assert np.array_equal(Linear.from_arrays(part.to_arrays()).log_odds(X), part.log_odds(X))
