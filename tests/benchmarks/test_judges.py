"""The judges give what their definitions say on cases a reader can count."""

import numpy as np
import pytest
from scipy import sparse

from benchmarks.judges import found, judge, overlap_f1, tied
from benchmarks.sets import Dataset, one_each

TRUTH = np.array([0, 0, 0, 1, 1, 1, -1, -1])


def planted(labels, memberships=None):
    """Judge labels against the truth."""
    data = Dataset("eight", sparse.csr_array(np.eye(8)), TRUTH, one_each(TRUTH, 2))
    return judge(data, np.array(labels), memberships)


def test_the_truth_under_other_numbers_is_perfect():
    """Numbers of circles are names."""
    figures = planted([1, 1, 1, 0, 0, 0, -1, -1])

    assert figures["ami"] == pytest.approx(1.0)
    assert figures["found"] == 2
    assert figures["f1"] == 1.0
    assert figures["placed"] == 0.75


def test_noise_placed_in_circles_costs_agreement():
    """People in no circle are a class of their own."""
    assert planted([0, 0, 0, 1, 1, 1, 0, 1])["ami"] < 0.7


def test_a_circle_counts_as_found_from_a_jaccard_of_a_half():
    """Two of three with one more is a half; one of three is less; a circle is matched once."""
    assert found(TRUTH, np.array([0, 0, -1, -1, -1, -1, 0, -1])) == 1
    assert found(TRUTH, np.array([0, -1, -1, -1, -1, -1, 0, -1])) == 0
    assert found(np.array([0, 0, 1, 1]), np.zeros(4, dtype=int)) == 1


def test_no_circles_find_nothing():
    """Every figure stays a number."""
    figures = planted([-1] * 8)

    assert figures["circles"] == figures["found"] == figures["f1"] == 0.0


def test_overlap_is_scored_both_ways_by_size():
    """Yang & Leskovec's best-match F1, by hand."""
    truth = sparse.csr_array(np.array([[1, 0], [1, 1], [0, 1], [0, 1]]))
    given = sparse.csr_array(np.array([[1], [1], [1], [0]]))

    f1 = np.array([2 * 2 / 5, 2 * 2 / 6])

    forth = (f1 * [2, 3]).sum() / 5
    assert overlap_f1(truth, given) == pytest.approx((forth + f1.max()) / 2)


def test_ties_are_compared_with_what_degrees_alone_give():
    """Two circles of two with a tie each and one across: 2/3 inside against a half by chance."""
    ties = np.array([[0, 1], [2, 3], [1, 2]])

    figures = tied(ties, np.array([0, 0, 1, 1]))

    assert figures["tie_lift"] == pytest.approx((2 / 3) / 0.5)
    assert figures["modularity"] == pytest.approx(2 / 3 - 0.5)


def test_people_in_no_circle_are_circles_of_one_to_modularity():
    """As in Newman & Girvan's singletons; their ties are outside of every circle."""
    figures = tied(np.array([[0, 1], [2, 3]]), np.array([0, 0, -1, -1]))

    assert figures["tie_lift"] == pytest.approx(0.5 / 0.25)
    assert figures["modularity"] == pytest.approx(0.5 - 0.25 - 2 / 16)
