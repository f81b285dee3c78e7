"""Draws follow their weights, and totals are split exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.simulator.randomness import cumulative, draw, quotas, stream


def test_draws_follow_the_weights_of_their_row():
    """Each row draws from its own distribution, and never what weighs nothing."""
    weights = np.array([[1.0, 0.0, 3.0], [0.0, 2.0, 0.0]])
    rows = np.repeat([0, 1], 10_000)

    drawn = draw(cumulative(weights), rows, stream(0, "test"), 3)

    counts = np.array([np.bincount(drawn[rows == row], minlength=3) for row in (0, 1)])
    assert counts[0] / 10_000 == pytest.approx([0.25, 0.0, 0.75], abs=0.02)
    assert counts[1].tolist() == [0, 10_000, 0]


@given(
    shares=st.lists(st.floats(0.01, 1.0), min_size=1, max_size=30),
    spare=st.integers(0, 1_000),
)
def test_quotas_add_up_and_leave_nobody_out(shares, spare):
    """Every share gets at least one, and together they are the total."""
    total = len(shares) + spare

    counts = quotas(np.array(shares), total)

    assert counts.sum() == total
    assert counts.min() >= 1


def test_streams_of_different_purposes_differ():
    """One purpose's draws say nothing of another's."""
    assert stream(0, "one").random() != stream(0, "two").random()
    assert stream(0, "one", 1).random() != stream(0, "one", 2).random()
