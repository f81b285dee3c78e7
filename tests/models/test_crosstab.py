"""Two groupings of the same people, crossed."""

import numpy as np
import pytest
from scipy.stats import fisher_exact

from models.crosstab import crosstab


def test_people_are_counted_where_they_are_in_both():
    """Who is in none of either is left out."""
    first = np.array([0, 0, 1, 1, -1, 0], dtype=np.int32)
    second = np.array([0, 1, 1, 1, 0, -1], dtype=np.int32)

    found = crosstab(first, second, n_first=2, n_second=2)

    assert found.people.tolist() == [[1, 1], [0, 2]]
    assert found.lift.tolist() == [[2.0, 2 / 3], [0.0, 4 / 3]]


def test_significance_is_fishers_corrected():
    """Of a two by two table the smaller tail, doubled, for four questions with one answer."""
    table = [[12, 3], [4, 11]]
    first = np.repeat([0, 0, 1, 1], np.ravel(table)).astype(np.int32)
    second = np.repeat([0, 1, 0, 1], np.ravel(table)).astype(np.int32)

    found = crosstab(first, second, n_first=2, n_second=2)

    tails = [fisher_exact(table, alternative=side).pvalue for side in ("less", "greater")]
    assert found.q_values == pytest.approx(np.full((2, 2), 2 * min(tails)))


def test_a_planted_tie_is_found_and_chance_is_not():
    """Half of group 0 lives as 3 does; before, everybody lived anyhow."""
    rng = np.random.default_rng(0)
    first = rng.integers(0, 6, 6000).astype(np.int32)
    anyhow = rng.integers(0, 5, 6000).astype(np.int32)
    tied = np.where((first == 0) & (rng.random(6000) < 0.5), 3, anyhow).astype(np.int32)

    chance, planted = (crosstab(first, second, n_first=6, n_second=5) for second in (anyhow, tied))

    assert (chance.q_values > 0.05).all()
    assert planted.lift[0, 3] > 1.8
    assert planted.q_values[0, 3] < 1e-6


def test_nobody_and_nothing_have_no_lift():
    """Empty groups and empty groupings are no error."""
    nobody = np.full(3, -1, dtype=np.int32)

    assert np.isnan(crosstab(nobody, nobody, n_first=2, n_second=2).lift).all()
    assert crosstab(nobody, nobody, n_first=0, n_second=2).people.shape == (0, 2)
