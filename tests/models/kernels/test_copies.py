"""Compiled copies of rows, and of what they weigh, against numpy's."""

import numpy as np
import pytest

from models.excerpts import only, taken
from models.kernels.holding import hold_back
from models.landmarks import row_hashes
from models.observations import damped_piece, damped_rows
from models.rows import Rows
from models.scrambling import chance, scrambled
from models.weights import damp_rows


@pytest.fixture(scope="module", params=[np.float32, np.float64])
def rows(request):
    """Counts of all sizes, people without any among them."""
    rng = np.random.default_rng(0)
    X = rng.lognormal(0.0, 3.0, (3000, 40)) * (rng.random((3000, 40)) < 0.2)
    read = Rows.of(X)
    return Rows(read.starts, read.columns, read.values.astype(request.param), read.n_columns)


def same(one: Rows, other: Rows) -> bool:
    """Whether both hold the same, to the bit."""
    names = ("starts", "columns", "values")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


@pytest.mark.parametrize("relative", [False, True])
def test_damped_weights_are_the_same_to_the_bit(rows, relative):
    """Whatever the unit, all at once and a few at a time."""
    for unit in (1.0, 0.37, 1.9):
        by_numpy = damp_rows(rows, unit=unit, relative=relative)
        assert same(damped_rows(rows, unit=unit, relative=relative), by_numpy)
        piece = damped_piece(rows.part(50, 90), unit=unit, relative=relative)
        assert same(piece, by_numpy.part(50, 90))


def test_chosen_rows_come_in_their_order(rows):
    """Repeated ones included."""
    chosen = np.random.default_rng(1).integers(0, rows.n_rows, 500)

    assert same(taken(rows, chosen), rows.take(chosen))
    assert taken(rows, chosen[:0]).n_rows == 0


def test_entries_not_kept_are_left_out(rows):
    """And the rows stay, if empty."""
    kept = np.random.default_rng(2).random(len(rows.values)) < 0.3

    assert same(only(rows, kept), rows.with_values(np.where(kept, rows.values, 0.0)))


def test_what_is_held_back_follows_from_the_hashes(rows):
    """Of the rows judged that have enough entries, each entry by itself."""
    hashes, salt = row_hashes(rows), np.uint64(12345)
    held = np.zeros(len(rows.values), np.bool_)

    hold_back(rows.starts, rows.columns, hashes, salt, 0.5, 0.2, 4, held)

    judged = (chance(scrambled(hashes ^ salt)) < 0.5) & (rows.counts >= 4)
    tag = scrambled(rows.columns.astype(np.uint64) + salt)
    drawn = chance(scrambled(hashes[rows.owners] ^ tag)) < 0.2
    assert np.array_equal(held, judged[rows.owners] & drawn)
    assert 0 < held.sum() < len(held)
