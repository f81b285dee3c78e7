"""How many circles there are."""

import numpy as np

from models.discovery import peak_or_knee


def test_a_peak_inside_is_chosen():
    """Where more circles describe people worse, fewer are enough."""
    assert peak_or_knee(np.arange(5.0), np.array([1.0, 4.0, 5.0, 4.5, 3.0])) == 2


def test_without_a_peak_the_bend_is_chosen():
    """Where more is always a little better, the place the gain falls off."""
    assert peak_or_knee(np.arange(5.0), np.array([0.0, 6.0, 7.0, 7.5, 8.0])) == 1


def test_a_fall_from_the_start_means_the_fewest():
    """The first number tried is as low as it goes."""
    assert peak_or_knee(np.arange(3.0), np.array([3.0, 2.0, 1.0])) == 0
