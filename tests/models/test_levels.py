"""Circles merging upward."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_score

from models.levels import distances, ladder, parents, plainness


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


def drawn(profiles: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Tag counts of circles as drawn from their profiles."""
    rng = np.random.default_rng(3)
    return np.array([rng.multinomial(n, p) for n, p in zip(sizes, profiles, strict=True)], float)


def test_families_are_found_whatever_their_sizes():
    """Twenty-one families of five, the largest circle twenty times the smallest."""
    rng = np.random.default_rng(1)
    shared = np.repeat(rng.dirichlet(np.full(800, 0.1), 21), 5, axis=0)
    profiles = 0.4 * shared + 0.6 * rng.dirichlet(np.full(800, 0.1), 105)
    sizes = np.exp(rng.uniform(np.log(300), np.log(6000), 105)).astype(int)

    found = parents(drawn(profiles, sizes))

    assert adjusted_rand_score(np.arange(105) // 5, found) > 0.95


@pytest.mark.parametrize("sparsity", [0.05, 0.3])
def test_circles_without_families_have_no_level_above(sparsity):
    """Forty profiles of their own, from few tags each to many."""
    rng = np.random.default_rng(2)
    profiles = rng.dirichlet(np.full(1500, sparsity), 40)
    sizes = np.exp(rng.uniform(np.log(1000), np.log(9000), 40)).astype(int)

    assert (parents(drawn(profiles, sizes)) == -1).all()


def test_distance_does_not_grow_with_size():
    """Ten times the people, the same distance; two samples of one profile lie at nought."""
    rng = np.random.default_rng(4)
    one, other = rng.dirichlet(np.full(300, 0.3), 2)
    mass = drawn(np.array([one, other, one, other]), np.array([4000, 4000, 40_000, 40_000]))

    apart = distances(mass)

    assert np.isclose(apart[0, 1], apart[2, 3], rtol=0.05)
    assert max(apart[0, 2], apart[1, 3]) < 0.02 * apart[0, 1]


def test_a_circle_left_by_itself_has_no_parent():
    """Two families and a stranger."""
    mass = np.vstack([family(2, 3), np.zeros((1, len(family(2, 3)[0])))])
    mass = np.hstack([mass, np.zeros((7, 20))])
    mass[6, -20:] = 60.0

    assert parents(mass).tolist() == [0, 0, 0, 1, 1, 1, -1]


@pytest.mark.parametrize("families", [2, 5, 19])
def test_plainness_is_the_mean_silhouette(families):
    """As the library reckons it, circles alone in their family included."""
    rng = np.random.default_rng(families)
    apart = rng.random((20, 20))
    apart += apart.T
    np.fill_diagonal(apart, 0.0)
    labels = np.append(np.arange(families), rng.integers(0, families, 20 - families))

    expected = silhouette_score(apart, labels, metric="precomputed")

    assert plainness(apart, labels) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("labels", [np.zeros(6, int), np.arange(6)])
def test_one_family_or_none_at_all_is_least_plain(labels):
    """There is nothing to be told apart."""
    assert plainness(np.ones((6, 6)) - np.eye(6), labels) == -1.0
