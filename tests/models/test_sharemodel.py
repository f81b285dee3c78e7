"""The sharing model as arrays."""

import numpy as np
import pytest

from models.propensity import SharePropensity
from models.sharemodel import ShareModel, pooled_model
from tests.models.test_propensity import planted


def test_arrays_bring_the_whole_answer_back():
    """Probabilities and bounds of a model read back are the same to the last bit."""
    X, _, y, user = planted(10_000)
    model = SharePropensity().fit(X, y, groups=user[:, None]).model_
    past = np.ones((len(X), 1))

    again = ShareModel.from_arrays(model.to_arrays())

    one, two = (each.estimate(X, shares=past, level=0.8).columns() for each in (model, again))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_nothing_but_plain_arrays_is_kept():
    """No object hides in what is kept, so that it needs no pickle."""
    X, _, y, _ = planted(5_000)

    arrays = SharePropensity().fit(X, y).model_.to_arrays()

    assert all(array.dtype.kind in "biuf" for array in arrays.values())


def test_pooled_evidence_is_calibrated_and_keeps_its_order():
    """Evidence said too loudly is turned down; who had more still ranks above."""
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 0.5, 60_000)
    shared = (rng.random(truth.size) < 0.02 * np.exp(truth)).astype(float)
    X = np.column_stack([np.zeros_like(truth), 3 * truth])

    groups = rng.integers(9, size=(truth.size, 1))
    model = pooled_model(X, outcomes=shared, groups=groups, column=1)

    said = model.probability(X)
    assert np.all(np.diff(said[np.argsort(truth)]) >= 0)
    assert said[truth > 0.5].mean() == pytest.approx(shared[truth > 0.5].mean(), rel=0.1)
    assert said[truth < -0.5].mean() == pytest.approx(shared[truth < -0.5].mean(), rel=0.1)


def test_ten_shares_in_a_thousand_stay_honest():
    """Over many small worlds the bounds hold the planted rate of a user and are no vain 0 to 1."""
    held, widths = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        rate = 0.01 * rng.gamma(2.0, 0.5, 200)
        user = rng.integers(200, size=1_000)
        shared = (rng.random(1_000) < rate[user]).astype(float)
        if shared.sum() == 0:
            continue
        X = np.zeros((1_000, 1))
        model = pooled_model(X, outcomes=shared, groups=user[:, None], column=0)
        said = model.estimate(X, shares=np.zeros((1_000, 1)), level=0.8)
        held.append(np.mean((rate[user] >= said.low) & (rate[user] <= said.high)))
        widths.append(np.mean(said.high - said.low))

    assert 0.75 <= np.mean(held) <= 0.97
    assert np.mean(widths) < 0.05
