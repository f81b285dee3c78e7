"""The silhouette of circles, on a sample of their people."""

import numpy as np
import pytest
from scipy import sparse

from models.silhouette import sampled_silhouette


@pytest.fixture
def apart():
    """Two circles of 60 people without a tag in common."""
    rng = np.random.default_rng(0)
    rows = np.zeros((120, 20))
    for person in range(120):
        rows[person, (person % 2) * 10 + rng.choice(10, 6, replace=False)] = 1.0
    return sparse.csr_array(rows), (np.arange(120) % 2).astype(np.int32)


def test_circles_apart_score_high_and_those_drawn_by_lot_do_not(apart):
    """The same people, labelled at random, lie no nearer to their own."""
    X, labels = apart
    lot = np.random.default_rng(1).permutation(labels)

    assert sampled_silhouette(X, labels, seed=0) > 0.3
    assert abs(sampled_silhouette(X, lot, seed=0)) < 0.05


def test_people_in_no_circle_do_not_count(apart):
    """Taking strangers out of the circles changes nothing but who is asked."""
    X, labels = apart
    some = labels.copy()
    some[100:] = -1

    kept = sampled_silhouette(X[:100], labels[:100], seed=0)

    assert sampled_silhouette(X, some, seed=0) == pytest.approx(kept)


def test_a_sample_is_the_same_for_a_seed(apart):
    """Ask thirty people only."""
    X, labels = apart

    answers = [sampled_silhouette(X, labels, seed=seed, most=30) for seed in (3, 3, 4)]

    assert answers[0] == answers[1] != answers[2]


def test_one_circle_has_no_silhouette(apart):
    """There is no next circle to be far from."""
    X, labels = apart

    assert sampled_silhouette(X, np.zeros_like(labels), seed=0) is None
    assert sampled_silhouette(X, np.full_like(labels, -1), seed=0) is None
