"""The edge of chance."""

import numpy as np
import pytest

from models.chanceedge import chance_edge


@pytest.mark.parametrize("people", [2_000, 100_000])
def test_counts_drawn_by_chance_reach_it_and_no_further(people):
    """Tags of very different rates that meet at random: the largest eigenvalue is the edge."""
    rates = np.sqrt(people) * 0.9 / np.arange(1, 801) ** 0.6
    means = np.outer(rates, rates)
    counts = np.triu(np.random.default_rng(0).poisson(means), 1).astype(float)
    table = (counts + counts.T - means) / np.sqrt(means + 0.5)
    np.fill_diagonal(table, 0.0)

    largest = np.linalg.eigvalsh(table)[-1]

    assert chance_edge(rates, smoothing=0.5) == pytest.approx(largest, rel=0.03)


def test_tags_that_never_meet_have_no_edge():
    """Where nothing varies nothing is left to chance."""
    assert chance_edge(np.zeros(100), smoothing=0.5) == 0.0
