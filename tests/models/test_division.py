"""Circles that are really two."""

from dataclasses import replace

import numpy as np
import pytest

from models.division import NARROW, cut_of, cut_once, divided, main_axis, two_sides
from models.mixture import crowd_shares, seeded
from models.profiles import assign_observed
from models.rows import Rows
from models.trimming import merit
from tests.models.taught import learned


@pytest.fixture(scope="module")
def two_as_one(rows, four_circles):
    """Profiles in which the planted circles 2 and 3 are taken for one."""
    return learned(rows, np.minimum(four_circles.circles, 2))


def agreement(profiles, rows, planted):
    """How many planted circles have one of ours to themselves."""
    labels = assign_observed(profiles, rows).labels
    best = [np.bincount(labels[(planted == c) & (labels >= 0)]).argmax() for c in range(4)]
    return len(set(best))


def test_two_taken_for_one_are_cut_apart(two_as_one, rows, four_circles):
    """All four planted circles are there afterwards, and people are described better."""
    cut = divided(two_as_one, rows, min_share=0.02)

    assert two_as_one.n_circles == 3
    assert cut.n_circles == 4
    assert agreement(cut, rows, four_circles.circles) == 4
    assert merit(cut, rows) > merit(two_as_one, rows)


def test_halves_are_cut_again(planted):
    """Of nine planted circles taken for three, one round of halving makes six at most."""
    nine = planted(circles=9, users=2500)
    rows = Rows.of(nine.X)
    three = seeded(rows, nine.circles // 3, crowd=crowd_shares(rows))

    assert three.n_circles == 3
    assert cut_once(three, rows, min_share=0.02).n_circles <= 6
    assert divided(three, rows, min_share=0.02).n_circles > 6


def test_true_circles_are_left_alone(rows, four_circles):
    """The very same profiles come back when nothing is gained."""
    true = learned(rows, four_circles.circles)

    assert cut_once(true, rows, min_share=0.02) is true


def test_no_half_is_smaller_than_a_circle_may_be(two_as_one, rows):
    """Two halves of a fifth of the people are too small when three tenths are asked."""
    assert divided(two_as_one, rows, min_share=0.3).n_circles <= 3


def test_too_few_people_tell_nothing(two_as_one, rows):
    """A circle with a handful of people stays as it is."""
    assert cut_of(two_as_one, 2, rows.part(0, 40), fewest=1.0) is None


def test_sides_follow_the_tags_not_how_busy_people_are():
    """Two kinds of people, each kind with busy and with idle ones."""
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1], 100)
    often = np.tile([0.9, 0.3], 100)
    X = np.zeros((200, 20))
    for person in range(200):
        has = rng.random(10) < often[person]
        X[person, kind[person] * 10 : kind[person] * 10 + 10] = has
    sides = two_sides(Rows.of(X), np.arange(20))

    assert max((sides == kind).mean(), (sides != kind).mean()) > 0.95


def test_cutting_does_not_depend_on_the_offset_dial(two_as_one, rows):
    """The coverage dial of a fit is not evidence for or against halves."""
    dialled = replace(two_as_one, offset=0.0)

    assert np.array_equal(
        divided(dialled, rows, min_share=0.02).tags, divided(two_as_one, rows, min_share=0.02).tags
    )


def test_the_main_axis_of_many_tags_is_that_of_all_axes():
    """Taking one axis alone changes its price, not where it points."""
    rng = np.random.default_rng(3)
    has = rng.standard_normal((200, NARROW + 50)) + rng.standard_normal((200, 1))
    products = has.T @ has

    alone = main_axis(products)

    among_all = np.linalg.eigh(products)[1][:, -1]
    assert abs(alone @ among_all) == pytest.approx(1.0, abs=1e-9)
