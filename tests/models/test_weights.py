"""Damping of weights."""

import numpy as np
from scipy import sparse

from models.observations import usual_weight
from models.rows import Rows
from models.weights import damp, damped


def test_weights_count_by_their_fourth_root():
    """Sixteen times the use counts twice."""
    assert damped(np.array([0.0, 1 / 16, 1.0, 16.0])).tolist() == [0.0, 0.5, 1.0, 2.0]


def test_sums_of_damped_weights_do_not_depend_on_the_order():
    """On the grid float64 adds without rounding."""
    rng = np.random.default_rng(0)
    weights = damped(rng.exponential(20.0, 10_000))

    sums = {float(rng.permutation(weights).sum()) for _ in range(5)}

    assert len(sums) == 1


def test_a_matrix_keeps_its_places():
    """Only the values change."""
    X = sparse.csr_array(np.array([[0.0, 8.0], [1.0, 0.0]]))

    assert (damp(X).toarray() > 0).tolist() == [[False, True], [True, False]]


def test_the_usual_weight_is_the_mean_of_what_is_there():
    """Zeros are no observations."""
    assert usual_weight(Rows.of([[1.0, 0.0], [0.0, 0.0625]])) == 0.75
    assert usual_weight(Rows.of(np.zeros((2, 2)))) == 1.0
