"""A warm start remembers what a fresh start misses and hides nothing new."""

import numpy as np
import pytest

from models.mixture import dense
from models.rows import Rows
from models.trimming import merit
from models.warmth import warmed
from tests.models.taught import learned


@pytest.fixture(scope="module")
def rows(four_circles):
    """The planted people as observations."""
    return Rows.of(four_circles.X)


def marks(circle):
    """The planted signature of a circle, as a run before might have left it."""
    row = np.zeros((1, 108))
    row[0, circle * 12 : circle * 12 + 12] = 1 / 12
    return row


def owns(profiles, circle):
    """Whether some circle has nearly all of its weight on a planted one's tags."""
    return bool((dense(profiles)[:, circle * 12 : circle * 12 + 12].sum(axis=1) > 0.9).any())


def test_a_circle_a_fresh_start_missed_comes_back(rows, four_circles):
    """Three were found, the fourth is remembered."""
    missed = learned(rows, np.where(four_circles.circles == 3, -1, four_circles.circles))

    warm = warmed(missed, marks(3), rows, min_share=0.02)

    assert not owns(missed, 3)
    assert owns(warm, 3)
    assert warm.n_circles == 4
    assert merit(warm, rows) > merit(missed, rows)


def test_a_newborn_is_not_hidden_by_memory(rows, four_circles):
    """Three are remembered, the fourth is new and was found afresh."""
    fresh = learned(rows, four_circles.circles)
    remembered = np.vstack([marks(circle) for circle in range(3)])

    warm = warmed(fresh, remembered, rows, min_share=0.02)

    assert all(owns(warm, circle) for circle in range(4))


def test_what_nobody_likes_any_more_is_forgotten(planted):
    """The remembered tags are there, but nobody gathers around them."""
    rows = Rows.of(planted(circles=4, seed=3).X)
    fresh = learned(rows, planted(circles=4, seed=3).circles)
    crowd = np.zeros((1, 108))
    crowd[0, 60:72] = 1 / 12

    assert not (dense(warmed(fresh, crowd, rows, min_share=0.02))[:, 60:72].sum(axis=1) > 0.5).any()


def test_memory_of_tags_that_are_gone_changes_nothing(rows, four_circles):
    """A row of zeros is no seed, and no seed is a cold start."""
    fresh = learned(rows, four_circles.circles)

    assert warmed(fresh, np.zeros((2, 108)), rows, min_share=0.02) is fresh
    assert warmed(fresh, np.zeros((0, 108)), rows, min_share=0.02) is fresh


def test_people_who_do_not_change_keep_circles_that_do_not(rows, four_circles):
    """All that is remembered was found afresh: not one more step is taken."""
    fresh = learned(rows, four_circles.circles)

    assert warmed(fresh, dense(fresh), rows, min_share=0.02) is fresh
