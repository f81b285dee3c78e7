"""Circles that hold two after a warm start."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import sparse

from models.mixture import dense
from models.profiles import TagProfiles, assign_observed
from models.recutting import recut
from models.remnants import Past
from models.revision import revised
from models.rows import Rows
from models.trimming import only
from tests.models.taught import learned

SHARE = 0.02


@dataclass(frozen=True, eq=False)
class Small:
    """Two planted circles of 25 people beside large ones, and profiles that take them for one."""

    X: sparse.csr_array
    circles: np.ndarray
    joined: TagProfiles

    @property
    def rows(self):
        """The people as observations."""
        return Rows.of(self.X)


@pytest.fixture(scope="module")
def small(four_circles):
    """Of the planted circles 2 and 3 25 people each, too few for a look among everybody."""
    planted = four_circles.circles
    few = [np.flatnonzero(planted == circle)[:25] for circle in (2, 3)]
    kept = np.concatenate([np.flatnonzero(planted < 2), *few])
    X, circles = sparse.csr_array(four_circles.X[kept]), planted[kept]
    return Small(X, circles, learned(Rows.of(X), np.minimum(circles, 2)))


def homes(profiles, small):
    """The circle of ours that most people of each small planted circle are in."""
    labels = assign_observed(profiles, small.rows).labels
    return [np.bincount(labels[small.circles == circle]).argmax() for circle in (2, 3)]


def marks(*circles):
    """The planted signatures of circles, as a run before might have left them."""
    table = np.zeros((len(circles), 108))
    for row, circle in enumerate(circles):
        table[row, circle * 12 : circle * 12 + 12] = 1 / 12
    return table


def test_a_split_after_a_warm_start_is_cut(small):
    """The circle remembered is two now: the second look of a later run tells its halves apart."""
    labels = assign_observed(small.joined, small.rows).labels.astype(np.int64)
    past = Past(labels, np.ones(len(labels), dtype=bool))
    seeds = dense(small.joined)

    later = revised(small.joined, small.X, seeds=seeds, fewest=20, past=past).profiles
    again = revised(small.joined, small.X, seeds=seeds, fewest=20).profiles

    assert len({*homes(later, small)}) == 2
    assert len({*homes(again, small)}) == 1


def test_remembered_halves_are_told_apart_again(small):
    """No time has passed, and the run before knew both."""
    cut = recut(small.joined, small.rows, marks(2, 3), min_share=SHARE, anew=False)

    assert small.joined.n_circles == 3
    assert cut.n_circles == 4
    assert len({*homes(cut, small)}) == 2


def test_halves_remembered_of_one_circle_do_not_cut_it(small):
    """People who do not differ by what is remembered foretell each other better as one."""
    odd, even = marks(0), marks(0)
    odd[0, :12:2], even[0, 1:12:2] = 0.0, 0.0
    halves = np.vstack([odd, even]) * 2

    assert recut(small.joined, small.rows, halves, min_share=SHARE, anew=False) is small.joined


def test_true_circles_are_left_alone(small):
    """The very same profiles come back, however closely they are looked at."""
    true = learned(small.rows, small.circles)

    assert recut(true, small.rows, dense(true), min_share=SHARE, anew=True) is true


def test_no_half_is_smaller_than_a_circle_may_be(small):
    """Halves of 25 people are too small where 40 are asked."""
    share = 40 / len(small.circles)

    assert recut(small.joined, small.rows, marks(2, 3), min_share=share, anew=True) is small.joined


def test_the_circles_not_cut_keep_their_signatures(small):
    """Only the place of the one that was two is taken by its halves."""
    cut = recut(small.joined, small.rows, marks(2, 3), min_share=SHARE, anew=True)

    left = [circle for circle in range(4) if circle not in homes(cut, small)]
    assert np.array_equal(dense(cut)[left], dense(small.joined)[:2])


def test_no_circle_is_nothing_to_cut(small):
    """A crowd alone stays one."""
    nobody = only(small.joined, np.zeros(0, dtype=np.int64))

    assert recut(nobody, small.rows, marks(2), min_share=SHARE, anew=True) is nobody
