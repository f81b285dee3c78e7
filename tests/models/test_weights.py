"""Damping of weights."""

import numpy as np
from scipy import sparse

from models.rows import Rows
from models.weights import damp, damped, usual_weight


def test_weights_below_one_stay_and_larger_ones_grow_by_their_logarithm():
    """One plus the logarithm above one, so the curve has no step."""
    assert damped(np.array([0.0, 0.5, 1.0])).tolist() == [0.0, 0.5, 1.0]
    assert abs(damped(np.array([np.e**2]))[0] - 3.0) < 1 / 4096


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
    assert usual_weight(Rows.of([[1.0, 0.0], [0.0, 0.5]])) == 0.75
    assert usual_weight(Rows.of(np.zeros((2, 2)))) == 1.0
