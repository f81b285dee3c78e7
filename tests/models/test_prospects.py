"""Chances in which whoever stands higher has no worse prospects."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.prospects import from_tails, isotonic, rising, tails

SIZE = 5
chances = arrays(np.float64, (SIZE, SIZE), elements=st.floats(0.01, 1.0)).map(
    lambda rows: rows / rows.sum(axis=1, keepdims=True)
)
weights = arrays(np.float64, SIZE, elements=st.floats(0.0, 100.0))


@given(matrix=chances)
def test_tails_and_chances_say_the_same(matrix):
    """One is read from the other."""
    assert np.allclose(from_tails(tails(matrix)), matrix)


@given(matrix=chances, weights=weights)
def test_prospects_never_fall_from_row_to_row(matrix, weights):
    """And each row is still a distribution; what rises already stays as it is."""
    found = rising(matrix, weights=weights)

    assert np.all(np.diff(tails(found), axis=0) >= -1e-9)
    assert np.all(found >= 0)
    assert np.allclose(found.sum(axis=1), 1.0)
    assert np.allclose(rising(found, weights=weights), found)


@given(worse=chances, gain=chances, weights=weights)
def test_a_better_matrix_stays_better(worse, gain, weights):
    """Order between matrices survives: the ground of every what-if."""
    better = from_tails(np.maximum(tails(worse), tails(gain)))

    low, high = (tails(rising(each, weights=weights)) for each in (worse, better))

    assert np.all(high >= low - 1e-9)


def test_adjacent_violators_are_pooled_by_weight():
    """The example of every textbook."""
    assert np.allclose(
        isotonic(np.array([1.0, 3.0, 2.0, 4.0]), np.array([1.0, 1.0, 3.0, 1.0])),
        [1.0, 2.25, 2.25, 4.0],
    )
