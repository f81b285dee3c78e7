"""exp and log of our own making."""

import numpy as np

from models.exponentials import exp, log


def test_exp_is_right_to_the_last_place():
    """Over the whole range, against numpy's."""
    x = np.random.default_rng(0).uniform(-699.0, 699.0, 100_000)

    assert np.abs(exp(x) / np.exp(x) - 1.0).max() < 3e-16


def test_log_is_right_to_the_last_place():
    """Near 1, where the result is small, and far from it."""
    rng = np.random.default_rng(1)
    x = np.concatenate([np.exp(rng.uniform(-700, 700, 50_000)), 1.0 + rng.normal(0, 1e-3, 50_000)])

    assert np.abs(log(x) - np.log(x)).max() < 2e-13
    assert np.allclose(log(x), np.log(x), rtol=1e-15, atol=0.0)


def test_what_is_hopeless_weighs_nothing():
    """Below -700, and at minus infinity, e^x is exactly 0; 0 and 1 are exact."""
    assert exp(np.array([-np.inf, -701.0, 0.0])).tolist() == [0.0, 0.0, 1.0]
    assert log(np.array([1.0])).tolist() == [0.0]


def test_one_number_and_many_have_the_same_bits():
    """A result does not depend on what stands beside it in the array."""
    x = np.random.default_rng(2).uniform(-50.0, 0.0, 101)

    assert exp(x).tolist() == [float(exp(x[[i]])[0]) for i in range(len(x))]
    assert log(exp(x)).tolist() == [float(log(exp(x[[i]]))[0]) for i in range(len(x))]
