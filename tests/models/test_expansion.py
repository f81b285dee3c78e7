"""Whom an expansion reaches first, and what reaching more costs in likeness."""

import numpy as np
import pytest

from models.expansion import most_alike, reach_curve


def test_the_most_alike_candidate_comes_first_and_of_equals_the_lower_row():
    """Whoever is no candidate is not reached, however alike."""
    scores = np.array([0.5, 0.9, 0.5, 0.7, 0.5])
    candidates = np.array([True, False, True, True, True])

    assert most_alike(scores, candidates).tolist() == [3, 0, 2, 4]


def test_a_point_of_the_curve_tells_of_the_least_alike_it_reaches():
    """Ten of a thousand: the tenth likeliest, and how often such is met among them."""
    similarity = np.linspace(0.0, 0.999, 1_000)

    point = next(point for point in reach_curve(similarity) if point.people == 10)

    assert point.share == 0.01
    assert point.similarity == pytest.approx(0.990)
    assert point.lift == pytest.approx((1 - 0.990) / 0.01)


def test_the_curve_ends_with_everybody():
    """Who are as alike as the least alike of them, and no likelier than chance."""
    last = reach_curve(np.array([0.2, 0.0, 0.8]))[-1]

    assert (last.people, last.share, last.similarity, last.lift) == (3, 1.0, 0.0, 1.0)
