"""Damping of weights."""

import numpy as np
import pytest
from scipy import sparse

from models.observations import usual_weight
from models.rows import Rows
from models.weights import GRID, PLAINER, POWER, damp, damped, reweighed, undamped


def test_weights_count_to_the_power_three_eighths():
    """256 times the use counts eight times."""
    assert damped(np.array([0.0, 1 / 256, 1.0, 256.0])).tolist() == [0.0, 0.125, 1.0, 8.0]


def test_or_to_twice_that_power():
    """256 times the use counts 64 times."""
    weights = np.array([0.0, 1 / 256, 1.0, 256.0])

    assert damped(weights, power=PLAINER).tolist() == [0.0, 1 / 64, 1.0, 64.0]


def test_observations_can_go_by_the_other_power():
    """As if their weights had been damped so: a usual tag counts one."""
    rows = Rows.of(np.random.default_rng(0).exponential(20.0, (50, 20)))
    one, other = (
        rows.with_values(damped(rows.values, power=power) / usual_weight(rows, power=power))
        for power in (POWER, PLAINER)
    )

    for turned, meant in (
        (reweighed(one, power=PLAINER), other),
        (reweighed(other, power=POWER), one),
    ):
        assert np.allclose(turned.values, meant.values, rtol=0.01, atol=2 / GRID)
        assert turned.values.mean() == pytest.approx(1.0, abs=1 / GRID)
    nobody = Rows.of(np.zeros((2, 2)))
    assert reweighed(nobody, power=PLAINER).n_rows == 2


def test_what_was_damped_can_be_undone():
    """To the steps of the grid."""
    weights = np.random.default_rng(0).exponential(20.0, 1_000)

    assert np.allclose(damped(undamped(damped(weights))), damped(weights), atol=1 / GRID)


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
    assert usual_weight(Rows.of([[1.0, 0.0], [0.0, 1 / 256]])) == 0.5625
    assert usual_weight(Rows.of(np.zeros((2, 2)))) == 1.0
