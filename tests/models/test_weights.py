"""Damping of weights."""

import numpy as np
import pytest
from scipy import sparse

from models.observations import observations, usual_weight
from models.rows import Rows
from models.weights import GRID, damp, damp_rows, damped, undamped


def test_weights_count_to_the_power_three_eighths():
    """256 times the use counts eight times."""
    assert damped(np.array([0.0, 1 / 256, 1.0, 256.0])).tolist() == [0.0, 0.125, 1.0, 8.0]


def test_relative_weights_are_told_beside_the_row():
    """Roots 1 and 3, whose mean is 2, become the squares of a half and three halves."""
    weights = np.array([[1.0, 3.0 ** (8 / 3), 0.0]])

    told = [damp_rows(Rows.of(scale * weights), relative=True).values for scale in (1.0, 256.0)]

    assert np.allclose(told, [[0.25, 2.25], [0.25, 2.25]], atol=2 / GRID)


def test_relative_weights_keep_every_tag():
    """Also one that is hardly anything beside another."""
    rows = damp_rows(Rows.of(np.array([[1.0, 1e9], [0.0, 0.0]])), relative=True)

    assert rows.counts.tolist() == [2, 0]
    assert rows.values[0] == 1 / GRID


@pytest.mark.parametrize("relative", [False, True])
def test_a_usual_observation_counts_one(relative):
    """Whatever the weights; and where there are none nothing is divided."""
    raw = Rows.of(np.random.default_rng(0).exponential(20.0, (500, 20)))

    rows, unit = observations(raw, relative=relative)

    assert rows.values.mean() == pytest.approx(1.0, abs=1 / GRID)
    assert np.array_equal(rows.values, damp_rows(raw, unit=unit, relative=relative).values)
    assert observations(Rows.of(np.zeros((2, 3))), relative=relative)[1] == 1.0


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
