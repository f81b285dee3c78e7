"""Dense groups of points."""

import numpy as np
import pytest

from models.condense import connected, dense_groups, nearest, symmetric


def blobs(sizes, *, scatter, seed=0):
    """Points about orthogonal directions, and some anywhere on the sphere."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(np.eye(8)[: len(sizes)], sizes, axis=0)
    points = centres + rng.normal(0, 0.05, centres.shape)
    points = np.vstack([points, rng.normal(0, 1, (scatter, 8))]).astype(np.float32)
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def test_planted_groups_are_found_and_the_scattered_left_out():
    """Three blobs, three labels; most of the rest has none."""
    labels = dense_groups(blobs([100, 80, 60], scatter=60), min_size=12, max_share=0.5)

    found = [set(labels[start:stop]) - {-1} for start, stop in ((0, 100), (100, 180), (180, 240))]
    assert [len(names) for names in found] == [1, 1, 1]
    assert len(set.union(*found)) == 3
    assert (labels[240:] == -1).mean() > 0.6


@pytest.mark.parametrize("count", [0, 1, 5, 20])
def test_few_points_make_no_group(count):
    """Honest silence instead of a guess."""
    points = np.ones((count, 3), dtype=np.float32)

    assert (dense_groups(points, min_size=12) == -1).all()


def test_equal_points_are_not_split_by_their_numbers():
    """A crowd of copies is handled like any other."""
    points = np.repeat(np.eye(4, dtype=np.float32), 40, axis=0)

    labels = dense_groups(points, min_size=12, max_share=0.5)

    assert len({tuple(labels[start : start + 40]) for start in range(0, 160, 40)}) == 4


def test_neighbours_are_the_nearest():
    """Blocks and partial sorting find what full sorting finds."""
    points = blobs([30, 30], scatter=20)

    found = nearest(points, 5)

    closeness = points @ points.T
    np.fill_diagonal(closeness, -2)
    best = np.sort(closeness, axis=1)[:, :-6:-1]
    got = np.take_along_axis(closeness, found.indices, axis=1)
    assert np.allclose(got, best, atol=1e-6)


def test_of_equally_near_points_the_first_are_kept():
    """Copies of one point, more than neighbours asked for, in ascending order and never oneself."""
    points = np.repeat(np.eye(2, dtype=np.float32), 700, axis=0)

    found = nearest(points, 3).indices

    assert found[0].tolist() == [1, 2, 3]
    assert found[1].tolist() == [0, 2, 3]
    assert found[1399].tolist() == [700, 701, 702]


def test_the_hdbscan_package_finds_the_same_groups():
    """Two implementations of the same paper agree on the same graph."""
    import hdbscan
    from sklearn.metrics import adjusted_rand_score

    points = blobs([100, 80, 60], scatter=60)
    graph = connected(symmetric(nearest(points, 15), len(points)))

    theirs = hdbscan.HDBSCAN(
        min_cluster_size=12, min_samples=10, max_cluster_size=150, metric="precomputed"
    ).fit_predict(graph)

    assert adjusted_rand_score(theirs, dense_groups(points, min_size=12, max_share=0.5)) > 0.95
