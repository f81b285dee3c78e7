"""Planted populations can be drawn again, and those who know them recognise their circles."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from benchmarks.shapes import SHAPES, nested_topics, no_structure, overlapping

STRUCTURED = {name: shape for name, shape in SHAPES.items() if name != "no_structure"}
every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
PEOPLE = 1_500


@every_shape
def test_a_seed_draws_the_same_people_again(shape):
    """Same seed, same bytes; another seed, other people."""
    one, again, other = shape(400, 1), shape(400, 1), shape(400, 2)

    assert one.X.indices.tobytes() == again.X.indices.tobytes()
    assert one.X.data.tobytes() == again.X.data.tobytes()
    assert one.truth.tobytes() == again.truth.tobytes()
    assert one.X.shape != other.X.shape or (one.X != other.X).nnz > 0


@every_shape
def test_a_shape_has_the_people_and_circles_it_says(shape):
    """One row a person, each with a tag; labels stay within the planted circles."""
    planted = shape(PEOPLE, 3)

    assert planted.X.shape[0] == len(planted.truth) == len(planted.oracle) == PEOPLE
    assert np.diff(planted.X.indptr).min() >= 1
    assert planted.memberships.shape == (PEOPLE, planted.planted)
    assert planted.truth.max() < max(planted.planted, 1)
    inside = np.flatnonzero(planted.truth >= 0)
    assert planted.memberships.toarray()[inside, planted.truth[inside]].all()


@pytest.mark.parametrize("shape", STRUCTURED.values(), ids=STRUCTURED)
def test_the_oracle_beats_chance_and_leaves_something_to_guess(shape):
    """Circles can be known from tags, though never with certainty."""
    planted = shape(PEOPLE, 4)

    agreement = adjusted_mutual_info_score(planted.truth, planted.oracle)

    assert 0.3 < agreement < 0.99


def test_narrow_topics_lie_inside_broad_ones():
    """Five narrow topics make a broad one, and who is in none is in none twice."""
    planted = nested_topics(PEOPLE, 1)

    inside = planted.truth >= 0
    assert (planted.coarse[inside] == planted.truth[inside] // 5).all()
    assert (planted.coarse[~inside] == -1).all()


def test_people_are_in_one_to_three_overlapping_circles():
    """All three numbers occur."""
    many = np.diff(overlapping(PEOPLE, 1).memberships.indptr)

    assert set(many) == {1, 2, 3}


def test_tags_without_structure_are_independent():
    """Two popular tags are held together as often as their shares alone would give."""
    X = no_structure(20_000, 1).X
    held = (X[:, [20, 21]] > 0).toarray()
    busy = np.asarray(X.sum(axis=1)).ravel()
    alike = (busy > 15) & (busy < 25)

    together = held[alike].all(axis=1).mean()
    expected = held[alike].mean(axis=0).prod()

    assert together == pytest.approx(expected, rel=0.25)
