"""Circles merging upward."""

import numpy as np

from models.levels import ladder, parents


def family(groups: int, children: int) -> np.ndarray:
    """Tag weights of `groups` families whose children share most of their tags."""
    rng = np.random.default_rng(0)
    shared = np.repeat(np.kron(np.eye(groups), np.full(20, 50.0)), children, axis=0)
    own = np.kron(np.eye(groups * children), np.full(4, 20.0))
    return np.hstack([shared, own]) + rng.random((groups * children, groups * 20 + len(own) * 4))


def test_the_closest_pair_merges_first():
    """Two circles with the same tags cost nothing to join."""
    mass = np.array([[9.0, 1.0, 0.0], [0.0, 1.0, 9.0], [18.0, 2.0, 0.0]])

    steps = ladder(mass)

    assert (steps.first[0], steps.second[0]) == (0, 2)
    assert abs(steps.costs[0]) < 1e-9
    assert steps.groups(2).tolist() == [0, 1, 0]


def test_the_price_of_a_merge_is_the_likelihood_lost():
    """Joining two disjoint circles of ten tags each costs 20 ln 2."""
    steps = ladder(np.array([[10.0, 0.0], [0.0, 10.0]]))

    assert np.allclose(steps.costs, 20 * np.log(2))


def test_planted_families_are_found_at_the_upper_level():
    """Five families of four children each."""
    found = parents(family(5, 4))

    assert len(set(found)) == 5
    assert all(len(set(found[start : start + 4])) == 1 for start in range(0, 20, 4))


def test_few_circles_have_no_level_above():
    """Three circles need no map."""
    assert parents(np.eye(3)).tolist() == [-1, -1, -1]
    assert parents(np.zeros((0, 4))).tolist() == []
