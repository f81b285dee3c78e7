"""Circles under resampling."""

import numpy as np
import pytest
from scipy import sparse

from models.circles import CircleClusterer
from models.stability import bootstrap_jaccard


def test_planted_circles_are_stable_and_a_random_one_is_not(four_circles):
    """Planted ones pass 0.85; a circle of people drawn by lot stays below 0.60."""
    labels = four_circles.circles.astype(np.int32)
    lot = np.random.default_rng(0).permutation(np.flatnonzero(labels < 0))
    labels[lot[: len(lot) // 2]] = 4

    found = bootstrap_jaccard(
        four_circles.X,
        labels,
        n_circles=5,
        fit=lambda X, seed: CircleClusterer(random_state=seed).fit(X).predict,
        n_resamples=4,
        seed=0,
    )

    assert found.mean[:4].min() > 0.85
    assert found.mean[4] < 0.60
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high).all()


def test_a_fit_that_always_agrees_is_certain():
    """Jaccard 1 with no width."""
    X = sparse.csr_array(np.repeat(np.eye(2), 30, axis=0))
    labels = np.repeat([0, 1], 30).astype(np.int32)

    found = bootstrap_jaccard(
        X, labels, n_circles=2, fit=lambda _, __: lambda rows: np.asarray(
            rows.toarray().argmax(axis=1), dtype=np.int32), n_resamples=3, seed=1
    )  # fmt: skip

    assert found.mean.tolist() == found.low.tolist() == found.high.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("resamples", [0, 1])
def test_too_few_resamples_bound_nothing(resamples):
    """Without a repeat the interval is everything, or not known."""
    X = sparse.csr_array(np.eye(4))

    found = bootstrap_jaccard(
        X,
        np.zeros(4, dtype=np.int32),
        n_circles=1,
        fit=lambda _, __: lambda rows: np.zeros(rows.shape[0], dtype=np.int32),
        n_resamples=resamples,
        seed=0,
    )

    assert not found.low[0] > 0.0
    assert not found.high[0] < 1.0


def test_nothing_is_measured_without_resamples():
    """Not a grade of nought: no grade."""
    X, labels = sparse.csr_array(np.eye(3)), np.zeros(3, dtype=np.int32)

    found = bootstrap_jaccard(X, labels, n_circles=2, fit=refuse, n_resamples=0, seed=0)

    assert np.isnan([found.mean, found.low, found.high]).all()


def refuse(X, seed):
    """A fit nobody may ask for."""
    raise AssertionError(X, seed)


def test_a_circle_without_members_is_not_measured():
    """Whatever the others are."""
    X, labels = sparse.csr_array(np.eye(6)), np.zeros(6, dtype=np.int32)

    found = bootstrap_jaccard(
        X,
        labels,
        n_circles=2,
        fit=lambda _, __: lambda rows: np.zeros(rows.shape[0], dtype=np.int32),
        n_resamples=3,
        seed=0,
    )

    assert found.mean[0] == 1.0
    assert np.isnan(found.mean[1])
