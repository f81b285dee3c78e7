"""Sparse rows without scipy."""

import numpy as np
import pytest
from scipy import sparse

from models.rows import Rows, add_up, spans

DENSE = np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 3.0]])


@pytest.mark.parametrize("X", [DENSE, sparse.csr_array(DENSE), sparse.csc_matrix(DENSE)])
def test_every_kind_of_matrix_reads_the_same(X):
    """Dense, CSR and CSC hold the same entries."""
    assert (Rows.of(X).to_csr().toarray() == DENSE).all()


def test_duplicates_are_added_and_zeros_left_out():
    """A stored zero is not an entry."""
    X = sparse.csr_array(([1.0, 2.0, 0.0], [1, 1, 0], [0, 3]), shape=(1, 2))

    rows = Rows.of(X)

    assert rows.columns.tolist() == [1]
    assert rows.values.tolist() == [3.0]


def test_rows_can_be_taken_in_any_order():
    """Repeats are allowed."""
    assert (Rows.of(DENSE).take(np.array([2, 0, 2])).to_csr().toarray() == DENSE[[2, 0, 2]]).all()


def test_parts_cover_every_row_once():
    """A row dearer than the limit stands alone."""
    rows = Rows.of(DENSE)

    parts = list(rows.parts(np.array([1, 9, 1]), limit=2))

    assert [first for first, _ in parts] == [0, 1, 2]
    assert sum(part.n_rows for _, part in parts) == 3


def test_spans_follow_one_another():
    """Empty spans leave no trace."""
    assert spans(np.array([5, 9, 0]), np.array([2, 0, 3])).tolist() == [5, 6, 0, 1, 2]


def test_nothing_adds_up_to_zeros():
    """The answer is float even without a value."""
    none = np.zeros(0, dtype=np.int64)

    assert add_up(none, np.zeros(0), 2).tolist() == [0.0, 0.0]
    assert add_up(none, np.zeros(0), 2).dtype == np.float64


def test_a_clean_matrix_is_read_where_it_lies():
    """Values and columns are shared, in single precision too; nothing of the caller's changes."""
    X = sparse.csr_array(DENSE.astype(np.float32))

    rows = Rows.of(X)

    assert np.shares_memory(rows.values, X.data)
    assert np.shares_memory(rows.columns, X.indices)


def test_an_untidy_matrix_is_copied():
    """Duplicates are added up in a copy, not in the caller's matrix."""
    X = sparse.csr_array(([1.0, 2.0], [1, 1], [0, 2]), shape=(1, 2))

    Rows.of(X)

    assert X.data.tolist() == [1.0, 2.0]
