"""From groups of landmarks to profiles: how the groups begin."""

import numpy as np
from sklearn.metrics import adjusted_rand_score

from models.beginnings import round_groups, scattered


def blobs(groups: int, each: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of length 1 close around as many directions, and whose they are."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((groups, 30))
    whose = np.repeat(np.arange(groups), each)
    points = centres[whose] + 0.05 * rng.standard_normal((len(whose), 30))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), whose


def test_starts_lie_in_as_many_groups_as_there_are():
    """However uneven the groups, hardly one is begun in twice."""
    points, whose = blobs(30, 40)
    points, whose = np.vstack([points, points[:40].repeat(20, axis=0)]), np.append(whose, [0] * 800)

    starts = scattered(points, 30, seed=1)

    begun = {whose[np.flatnonzero((points == start).all(axis=1))[0]] for start in starts}
    assert len(begun) >= 29


def test_round_groups_are_the_planted_ones_and_the_same_again():
    """Many of them, and few."""
    for groups in (30, 5):
        points, whose = blobs(groups, 60)

        found = round_groups(points, groups, 3)

        assert adjusted_rand_score(whose, found) > 0.95
        assert (found == round_groups(points, groups, 3)).all()


def test_fewer_points_than_groups_asked_for_are_cut_as_far_as_they_go():
    """Twenty points, half of them alike."""
    points = np.repeat(blobs(15, 1)[0][:10], 2, axis=0)

    found = round_groups(points, 40, 0)

    assert len(found) == 20
    assert len(set(found[::2])) == 10
