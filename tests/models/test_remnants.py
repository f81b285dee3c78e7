"""Circles that silent people alone hold up."""

import numpy as np
import pytest

from models.remnants import Past, remnants


def people(*groups):
    """What is known of groups of (how many, circle before, circle now, about since)."""
    before, labels, about = (
        np.concatenate([np.full(group[0], group[place]) for group in groups]) for place in (1, 2, 3)
    )
    return Past(before, about.astype(bool)), labels


LIVELY = (60, 0, 0, True), (20, 0, 0, False)


def test_what_the_silent_keep_of_a_circle_others_left_goes():
    """Of fifty people about all but three left; thirty silent ones stayed."""
    past, labels = people(*LIVELY, (47, 1, -1, True), (3, 1, 1, True), (30, 1, 1, False))

    assert remnants(past, labels, count=2).tolist() == [1]


def test_a_silent_season_ends_no_circle():
    """Nobody of the second circle was about, so nobody can have left it."""
    past, labels = people(*LIVELY, (2, 1, -1, True), (50, 1, 1, False))

    assert remnants(past, labels, count=2).tolist() == []


def test_a_circle_whose_people_about_stay_goes_on():
    """Most fell silent; those who did not are still in it."""
    past, labels = people(*LIVELY, (10, 1, 1, True), (50, 1, 1, False))

    assert remnants(past, labels, count=2).tolist() == []


def test_a_circle_of_people_about_may_be_new_and_small():
    """Whom others left is no matter where people do today what makes the circle."""
    past, labels = people(*LIVELY, (50, 1, -1, True), (15, 1, 1, True), (5, 1, 1, False))

    assert remnants(past, labels, count=2).tolist() == []


def test_the_silent_make_no_new_circle():
    """Those who did nothing since the run before, in no circle then, are no news."""
    past, labels = people(*LIVELY, (30, -1, 1, False), (4, -1, 1, True))

    assert remnants(past, labels, count=2).tolist() == [1]


@pytest.mark.parametrize("now", [0, -1])
def test_where_nobody_was_about_nothing_is_known(now):
    """Every circle stays."""
    past, labels = people((40, 0, now, False))

    assert remnants(past, labels, count=1).tolist() == []
