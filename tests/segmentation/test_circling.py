"""Circles of a facet are fitted on people with enough tags, kept, and read back the same."""

import numpy as np
import pytest
from scipy import sparse

from models.guidance import Guided
from segmentation.circling import FacetCircles, clusterer_of, find_circles, spread
from segmentation.config import CirclesConfig
from segmentation.memory import Memory
from segmentation.tags import FacetMatrix


@pytest.fixture(scope="module")
def facet():
    """Two plain circles of 200 people, and fifty who may not or cannot be placed."""
    rng = np.random.default_rng(4)
    rows = np.zeros((450, 40))
    for person in range(400):
        rows[person, (person // 200) * 20 + rng.choice(20, 6, replace=False)] = 1.0
    rows[425:, 0] = 1.0
    reasons = np.array([""] * 400 + ["consent"] * 25 + ["too_few_tags"] * 25)
    return FacetMatrix(sparse.csr_array(rows), [f"tag {n:02d}" for n in range(40)], reasons, ())


def test_everyone_is_placed_or_has_a_reason(facet):
    """Reasons of the facet stay; the placed have none."""
    found = find_circles(facet, CirclesConfig(), name="interest", seed=0)

    assert found.model.n_circles == 2
    assert ((found.labels >= 0) == (found.reasons == "")).all()
    assert (found.reasons[400:] == facet.reasons[400:]).all()
    assert np.diff(found.members.indptr)[400:].sum() == 0


@pytest.mark.parametrize("asked", [0.4, 0.7, 0.85])
def test_coverage_is_asked_of_everyone(asked):
    """Of two thousand people, two hundred with too few tags, so many are placed to a point."""
    rng = np.random.default_rng(7)
    rows = np.zeros((2000, 60))
    for person in range(1800):
        own = rng.random(12) < rng.random()
        circle = (person % 4) * 10 + rng.integers(0, 10, 12)
        rows[person, np.where(own, circle, rng.integers(0, 60, 12))] = 1.0
    reasons = np.array([""] * 1800 + ["too_few_tags"] * 200)
    facet = FacetMatrix(sparse.csr_array(rows), [f"tag {n:02d}" for n in range(60)], reasons, ())

    found = find_circles(facet, CirclesConfig(coverage=asked), name="interest", seed=0)

    assert abs((found.labels >= 0).mean() - asked) < 0.01
    assert ((found.labels >= 0) == (found.reasons == "")).all()


def test_more_than_can_be_placed_places_whoever_can(facet):
    """Whoever has enough tags and shares one with a circle."""
    found = find_circles(facet, CirclesConfig(coverage=1.0), name="lifestyle", seed=0)

    assert (found.labels[:400] >= 0).all()
    assert (found.labels[400:] == -1).all()


def test_kept_circles_come_back_the_same(facet, tmp_path):
    """Saving loses nothing."""
    found = find_circles(facet, CirclesConfig(), name="interest", seed=0)

    found.save(tmp_path)
    back = FacetCircles.load(tmp_path)

    assert (back.labels == found.labels).all()
    assert (back.reasons == found.reasons).all()
    assert (back.members != found.members).nnz == 0
    assert all(
        np.array_equal(value, back.model.to_arrays()[name])
        for name, value in found.model.to_arrays().items()
    )


def test_a_facet_nobody_has_tags_in_has_no_circle(tmp_path):
    """A source without labels or times is no error."""
    empty = FacetMatrix(sparse.csr_array((3, 0)), [], np.array(["too_few_tags"] * 3), ())

    found = find_circles(empty, CirclesConfig(), name="lifestyle", seed=0)
    found.save(tmp_path)

    assert FacetCircles.load(tmp_path).model.n_circles == 0
    assert (found.labels == -1).all()


def test_rows_go_back_to_where_they_were_taken_from():
    """People left out have empty rows."""
    taken = sparse.csr_array(np.array([[1.0, 0.0], [0.0, 2.0]]))

    back = spread(taken, np.array([1, 3]), 4)

    assert back.toarray().tolist() == [[0, 0], [1, 0], [0, 0], [0, 2]]


def test_a_circle_of_the_run_before_is_tried_unless_told_not_to(facet, monkeypatch):
    """Memory reaches the second look as seeds over today's tags."""
    seen = []

    def look(model, X, *, seeds, **_):
        seen.append(seeds)
        return Guided(model, ("",) * model.n_circles, ())

    monkeypatch.setattr("segmentation.circling.revised", look)
    memory = Memory(["interest-1"], sparse.csr_array(np.array([[1.0]])), ["tag 07"])

    for warm in (True, False):
        find_circles(facet, CirclesConfig(warm_start=warm), name="interest", seed=0, memory=memory)

    assert seen[0].shape == (1, 40)
    assert seen[0][0, 7] == 1.0
    assert seen[1].shape == (0, 40)


@pytest.mark.parametrize(
    ("was_whole", "was_relative", "warm", "heard"),
    [
        (True, True, True, (True, True)),
        (True, True, False, (False, False)),
        (False, True, True, (False, True)),
        (True, False, True, (True, False)),
    ],
)
def test_the_kind_of_profiles_before_is_told_to_the_fit(
    facet, monkeypatch, was_whole, was_relative, warm, heard
):
    """A cold start hears nothing of it."""
    made = []

    def make(*given, **asked):
        made.append(clusterer_of(*given, **asked))
        return made[-1]

    monkeypatch.setattr("segmentation.circling.clusterer_of", make)
    memory = Memory(is_whole=was_whole, is_relative=was_relative)

    find_circles(facet, CirclesConfig(warm_start=warm), name="interest", seed=0, memory=memory)

    assert [(clusterer.was_whole, clusterer.was_relative) for clusterer in made] == [heard]
