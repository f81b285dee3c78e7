"""Samples that do not depend on the order of the table."""

import numpy as np
from scipy import sparse

from models.landmarks import Canon, draw, row_hashes
from models.rows import Rows


def by_content(rows):
    """The rows in the order of their hashes."""
    return rows.take(Canon.of(rows).order)


def canon_of(hashes):
    """A table of these hashes, already in their order."""
    return Canon(np.arange(len(hashes)), hashes)


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

    drawn = draw(canon_of(hashes), 100, seed=0)

    assert len(np.unique(drawn)) == 100


def test_heavier_rows_are_drawn_more_often():
    """Nine tenths of the weight bring most of the draws."""
    hashes = np.sort(np.random.default_rng(0).integers(0, 2**63, 10_000).astype(np.uint64))
    weights = np.where(np.arange(10_000) % 2 == 0, 9.0, 1.0)

    drawn = draw(canon_of(hashes), 500, seed=1, weights=weights)

    assert 0.85 < (drawn % 2 == 0).mean() < 0.95
    assert set(draw(canon_of(hashes), 500, seed=2, weights=weights)) != set(drawn)


def test_a_draw_is_the_same_rows_however_the_table_is_shuffled():
    """In the same order, weights given in the order of the table."""
    rng = np.random.default_rng(3)
    X = rng.poisson(0.7, (400, 9)).astype(float)
    shuffle = rng.permutation(400)
    one, two = Rows.of(X), Rows.of(X[shuffle])

    drawn = [
        table.take(draw(Canon.of(table), 90, seed=4, weights=table.counts + 1.0))
        for table in (one, two)
    ]

    assert (drawn[0].to_csr() != drawn[1].to_csr()).nnz == 0


def test_hashes_do_not_depend_on_pieces_or_precision(monkeypatch):
    """Counts in single precision are the same counts."""
    X = np.random.default_rng(4).poisson(0.7, (300, 9)).astype(float)
    whole = row_hashes(Rows.of(X))
    monkeypatch.setattr("models.kernels.threads.CELLS_AT_ONCE", 100)

    assert (row_hashes(Rows.of(sparse.csr_array(X.astype(np.float32)))) == whole).all()
