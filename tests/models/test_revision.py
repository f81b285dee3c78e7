"""The second look at fitted circles."""

import numpy as np
import pytest
from scipy import sparse

from models.circles import CircleClusterer
from models.guidance import Wish
from models.mixture import dense, with_signatures
from models.profiles import assign
from models.revision import revised

NOTHING = np.zeros((0, 108))


@pytest.fixture(scope="module")
def coarse(four_circles):
    """Four planted circles of which the last two were taken for one."""
    model = CircleClusterer().fit(four_circles.X).model_
    joined = np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 0.5, 0.5]])
    return with_signatures(model, joined @ dense(model), np.array([0.25, 0.25, 0.5]))


def test_what_was_found_too_coarse_is_cut(coarse, four_circles):
    """Four circles of three, numbered from the largest down."""
    model = revised(coarse, four_circles.X, seeds=NOTHING, fewest=20).profiles

    sizes = np.bincount(np.maximum(assign(model, four_circles.X).labels, 0))
    assert coarse.n_circles == 3
    assert model.n_circles == 4
    assert (np.diff(sizes[1:]) <= 0).all()


def test_the_order_of_people_does_not_matter(coarse, four_circles):
    """Rows shuffled, the same model."""
    shuffled = sparse.csr_array(four_circles.X[np.random.default_rng(1).permutation(1500)])

    one = revised(coarse, four_circles.X, seeds=NOTHING, fewest=20).profiles
    other = revised(coarse, shuffled, seeds=NOTHING, fewest=20).profiles

    assert np.array_equal(one.tags, other.tags)
    assert np.array_equal(one.shares, other.shares)


def test_coverage_is_kept_as_asked(coarse, four_circles):
    """Half of the people are placed when half are asked for."""
    model = revised(coarse, four_circles.X, seeds=NOTHING, fewest=20, coverage=0.5).profiles

    assert (assign(model, four_circles.X).labels >= 0).mean() == pytest.approx(0.5, abs=0.01)


def test_a_fit_asked_for_a_number_is_not_cut(coarse, four_circles):
    """Three stay three."""
    model = revised(coarse, four_circles.X, seeds=NOTHING, fewest=20, cut=False).profiles

    assert model.n_circles == 3


def test_what_was_asked_for_may_be_small(coarse, four_circles):
    """A circle grown from seeds keeps its place and its key where others would be too small."""
    seed = np.zeros((1, 108))
    seed[0, 36:48] = 1 / 12
    wish = Wish("seed", "the fourth", seed, ("interest-9",))

    looked = revised(coarse, four_circles.X, seeds=NOTHING, fewest=20, cut=False, wishes=[wish])

    place = looked.keys.index("interest-9")
    assert dense(looked.profiles)[place, 36:48].sum() > 0.9
    assert looked.conflicts == ()
