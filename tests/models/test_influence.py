"""Reach over ties, and seeds."""

from itertools import product

import numpy as np
import pytest

from models.cascades import Ties, joined, run_back, weighted_cascade
from models.influence import (
    influence,
    tie_matrix,
    untied,
)


def exact_reach(ties, start):
    """Expected reach by trying every way the ties can fire."""
    sources, targets = ties.nonzero()
    chance = 1 / np.asarray(ties.sum(axis=0)).ravel()[targets]
    total = 0.0
    for fires in product([False, True], repeat=sources.size):
        weight = np.prod(np.where(fires, chance, 1 - chance))
        reached = set(start)
        for _ in range(ties.shape[0]):
            reached |= {t for s, t, f in zip(sources, targets, fires, strict=True)
                        if f and s in reached}  # fmt: skip
        total += weight * len(reached)
    return total


def drawn(ties, n_sets):
    """Reverse-reachable sets under the weighted cascade, and the influence they tell."""
    backward = Ties.of(weighted_cascade(ties)).reversed()
    everyone = np.arange(ties.shape[0])
    sets = joined(list(run_back(backward, everyone, first=0, count=n_sets, seed=0)))
    return influence(sets, n_people=ties.shape[0])


def small_ties():
    """Six people, eight ties, some into the same person."""
    sources = np.array([0, 0, 1, 2, 3, 3, 4, 5])
    targets = np.array([1, 2, 3, 3, 4, 5, 5, 1])
    return tie_matrix(6, sources=sources, targets=targets)


def test_reach_agrees_with_every_possible_cascade():
    """The sampled reach of each person is the exact one within four standard errors."""
    ties = small_ties()

    found = drawn(ties, 40_000)

    exact = np.array([exact_reach(ties, [person]) for person in range(6)])
    assert np.all(np.abs(found.reach - exact) < 4 * found.error + 0.02)


def test_a_hub_reaches_everybody_it_alone_knows():
    """One person tied to all others, who know nobody else, reaches everybody."""
    others = np.arange(1, 200)
    ties = tie_matrix(200, sources=np.zeros(199, dtype=int), targets=others)

    found = drawn(ties, 5_000)

    assert found.score[0] == pytest.approx(1.0, abs=0.01)
    assert found.score[0] > found.score[1:].max()


def test_the_same_seed_samples_the_same_sets():
    """Sampling depends on the seed alone, not on the order ties came in."""
    rng = np.random.default_rng(0)
    sources, targets = rng.integers(300, size=(2, 900))
    order = rng.permutation(900)

    one = drawn(tie_matrix(300, sources=sources, targets=targets), 2_000)
    other = drawn(tie_matrix(300, sources=sources[order], targets=targets[order]), 2_000)

    assert np.array_equal(one.reach, other.reach)


def test_nobody_is_reached_without_ties():
    """People without ties reach only themselves."""
    alone = untied(3)

    assert alone.reach.tolist() == [1.0, 1.0, 1.0]
    assert alone.score.tolist() == [0.0, 0.0, 0.0]
