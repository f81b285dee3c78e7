"""Samples that do not depend on the order of the table."""

import numpy as np

from models.landmarks import draw, row_hashes
from models.rows import Rows


def by_content(rows):
    """The rows in the order of their hashes."""
    return rows.take(np.argsort(row_hashes(rows), kind="stable"))


def test_shuffled_tables_become_the_same_table():
    """Repeated rows included."""
    rng = np.random.default_rng(0)
    X = rng.poisson(0.4, (200, 6)).astype(float)
    shuffled = X[rng.permutation(200)]

    one, two = Rows.of(X), Rows.of(shuffled)
    first, second = by_content(one), by_content(two)

    assert (first.to_csr() != second.to_csr()).nnz == 0


def test_weight_and_place_both_count():
    """Rows that differ in either have different hashes."""
    rows = Rows.of([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [1.0, 0.0]])

    hashes = row_hashes(rows)

    assert len(set(hashes.tolist())) == 3
    assert hashes[0] == hashes[3]


def test_equal_rows_are_drawn_one_by_one():
    """A thousand equal people are not all or nothing."""
    hashes = np.zeros(1000, dtype=np.uint64)

    drawn = draw(hashes, 100, seed=0)

    assert len(np.unique(drawn)) == 100


def test_heavier_rows_are_drawn_more_often():
    """Nine tenths of the weight bring most of the draws."""
    hashes = np.sort(np.random.default_rng(0).integers(0, 2**63, 10_000).astype(np.uint64))
    weights = np.where(np.arange(10_000) % 2 == 0, 9.0, 1.0)

    drawn = draw(hashes, 500, seed=1, weights=weights)

    assert 0.85 < (drawn % 2 == 0).mean() < 0.95
    assert set(draw(hashes, 500, seed=2, weights=weights)) != set(drawn)
