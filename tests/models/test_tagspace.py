"""The space of tags."""

import numpy as np

from models.rows import Rows
from models.tagspace import co_occurrence, tag_space


def test_tags_of_one_circle_lie_together(four_circles):
    """Cosines within a planted signature are above those across."""
    space = tag_space(Rows.of(four_circles.X))
    own = space.vectors[:48] / np.linalg.norm(space.vectors[:48], axis=1, keepdims=True)

    cosines = own @ own.T
    same = np.kron(np.eye(4), np.ones((12, 12))) > 0

    assert cosines[same].min() > cosines[~same].max()
    assert len(space.strengths) >= 3


def test_chance_spans_no_space(planted):
    """Tags drawn from one background have nothing to say about each other."""
    space = tag_space(Rows.of(planted(signal=0.0).X))

    assert space.vectors.shape[1] == 0


def test_a_single_direction_has_company(planted):
    """Along one axis alone people would lie at its two ends, all of an end in one place."""
    two = planted(circles=2, noise=0.0)

    space = tag_space(Rows.of(two.X))

    assert space.strengths[0] > space.edge > space.strengths[1]
    assert len(space.strengths) == 2


def test_fewer_than_four_tags_span_no_space():
    """There is nothing to compare."""
    assert tag_space(Rows.of(np.ones((50, 3)))).vectors.shape == (3, 0)


def test_people_having_both_tags_are_counted():
    """For every pair of the tags kept, nobody with himself."""
    has = np.random.default_rng(0).random((300, 20)) < 0.3
    kept = np.array([0, 3, 4, 9, 11, 12, 13, 17, 18, 19])

    counts = co_occurrence(Rows.of(has.astype(float)), kept)

    expected = has[:, kept].T.astype(int) @ has[:, kept].astype(int)
    np.fill_diagonal(expected, 0)
    assert (counts == expected).all()
