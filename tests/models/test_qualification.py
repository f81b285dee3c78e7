"""One score out of several measures."""

import numpy as np

from models.qualification import qualify, share_below


def test_the_score_says_how_many_others_stand_lower():
    """0 is the least of all, 1 the most, ties share the lower place."""
    below = share_below(np.array([10.0, 30.0, 20.0, 20.0, np.nan]))

    assert below.tolist() == [0.25, 1.0, 0.5, 0.5, 0.0]


def test_units_do_not_matter():
    """A measure in cents and in millions gives the same scores."""
    measures = np.random.default_rng(0).gamma(1.0, size=(200, 3))
    weights = np.array([0.5, 0.3, 0.2])

    scores = qualify(measures, weights=weights).score

    rescaled = measures * np.array([100.0, 1e-6, 1.0])
    assert np.array_equal(scores, qualify(rescaled, weights=weights).score)


def test_a_measure_that_tells_nobody_apart_takes_no_part():
    """A constant, an unknown and an unweighted column leave the first one to decide alone."""
    first = np.array([3.0, 1.0, 2.0])
    measures = np.column_stack([first, np.ones(3), np.full(3, np.nan), -first])

    found = qualify(measures, weights=np.array([1.0, 5.0, 5.0, 0.0]))

    assert found.used.tolist() == [True, False, False, False]
    assert found.score.tolist() == [1.0, 0.0, 0.5]


def test_more_of_a_measure_never_lowers_the_score():
    """Raising one person's measure lifts them against everyone."""
    random = np.random.default_rng(1)
    measures, weights = random.random((50, 3)), np.array([1.0, 2.0, 3.0])
    before = qualify(measures, weights=weights).score[7]
    measures[7, 1] += 0.5

    assert qualify(measures, weights=weights).score[7] >= before


def test_the_leading_measure_is_the_one_that_lifted_most():
    """The first is ahead by the first measure, the second by the second, the last by nothing."""
    measures = np.array([[9.0, 1.0], [1.0, 9.0], [0.0, 0.0]])

    found = qualify(measures, weights=np.array([1.0, 1.0]))

    assert found.leading.tolist() == [0, 1, -1]


def test_nothing_known_gives_everyone_zero():
    """Without any evidence nobody stands above another."""
    found = qualify(np.full((4, 2), np.nan), weights=np.array([1.0, 1.0]))

    assert found.score.tolist() == [0.0] * 4
