"""Circles in what the circles found leave over."""

import numpy as np
import pytest

from models.leftovers import hidden_circles, left_over, with_leftovers
from models.mixture import dense
from models.profiles import assign_observed
from models.trimming import merit
from tests.models.taught import learned

MIN_SHARE = 0.02


@pytest.fixture(scope="module")
def three(rows, four_circles):
    """Profiles of the planted circles but the last."""
    return learned(rows, np.where(four_circles.circles == 3, -1, four_circles.circles))


def test_a_circle_nobody_found_lies_in_what_is_left_over(three, rows, four_circles):
    """The last planted circle is added, and people are described better."""
    more = with_leftovers(three, rows, min_share=MIN_SHARE, seed=0)

    labels = assign_observed(more, rows).labels
    last = np.bincount(labels[(four_circles.circles == 3) & (labels >= 0)])
    assert three.n_circles == 3
    assert more.n_circles == 4
    assert last.max() > 0.8 * (four_circles.circles == 3).sum()
    assert merit(more, rows) > merit(three, rows)


def test_where_all_circles_are_found_nothing_is_added(rows, four_circles):
    """The very same profiles come back."""
    true = learned(rows, four_circles.circles)

    assert with_leftovers(true, rows, min_share=MIN_SHARE, seed=0) is true


def test_what_a_persons_circle_holds_is_not_left_over(three, rows):
    """Nobody keeps a tag of the circle they are in, and nobody gains one."""
    rest = left_over(three, rows).to_csr()

    labels = assign_observed(three, rows).labels
    holds = dense(three) > 0.0
    for person in np.flatnonzero(labels >= 0)[:200]:
        assert not holds[labels[person], rest[[person]].indices].any()
    assert set(zip(*rest.nonzero(), strict=True)) <= set(zip(*rows.to_csr().nonzero(), strict=True))


def test_too_few_people_leave_nothing_to_see(three, rows):
    """Forty people are no crowd to find a circle in."""
    assert len(hidden_circles(three, rows.part(0, 40), min_share=MIN_SHARE, seed=0)) == 0
