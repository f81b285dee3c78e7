"""Quantiles of many beta distributions."""

import numpy as np
import pytest
from scipy import special

from models.betabounds import MANY, beta_quantiles


def some(n, seed=0):
    """Means and totals of rates as they come: from rare to common, from vague to sure."""
    rng = np.random.default_rng(seed)
    mean = special.expit(rng.normal(-3, 2, n))
    return mean, np.exp(rng.uniform(-4, 12, n))


@pytest.mark.parametrize("tail", [0.025, 0.1, 0.9])
def test_many_are_as_one_by_one(tail):
    """What is read off the lattice is what the inverse gives, however vague the distribution."""
    mean, total = some(3 * MANY)

    found = beta_quantiles(mean, total, tail=tail)

    exact = special.betaincinv(total * mean, total * (1 - mean), tail)
    assert np.abs(found - exact).max() < 1e-6
    matters = exact > 1e-12
    assert found[matters] == pytest.approx(exact[matters], rel=1e-3)


def test_few_are_exact():
    """A question about a few people is not rounded."""
    mean, total = some(100)

    found = beta_quantiles(mean, total, tail=0.1)

    assert np.array_equal(found, special.betaincinv(total * mean, total * (1 - mean), 0.1))
