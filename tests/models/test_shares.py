"""A share and how sure it is."""

import math

import numpy as np
import pytest

from models.shares import share_interval


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Ten thousand draws of a rare share."""
    hits = np.random.default_rng(0).binomial(200, 0.07, size=10_000)

    found = [share_interval(int(count), 200) for count in hits]

    covered = np.mean([row["low"] <= 0.07 <= row["high"] for row in found])
    assert 0.93 < covered < 0.97


def test_nobody_tells_nothing():
    """The whole range, and no share."""
    found = share_interval(0, 0)

    assert (found["low"], found["high"]) == (0.0, 1.0)
    assert math.isnan(found["share"])


def test_nobody_of_some_is_not_impossible():
    """Wilson's interval of none out of ten ends at 0.278."""
    assert share_interval(0, 10)["low"] == pytest.approx(0.0, abs=1e-12)
    assert share_interval(0, 10)["high"] == pytest.approx(0.2775, abs=1e-4)
