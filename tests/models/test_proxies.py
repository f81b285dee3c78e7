"""What gives away something sensitive is told by how well it does."""

import numpy as np
import pytest
from scipy import sparse

from models.proxies import FEWEST, telltale
from models.rows import Rows


def rows(columns):
    """People x columns as the arithmetic takes them."""
    return Rows.of(sparse.csr_array(np.column_stack(columns).astype(float)))


def test_a_column_tells_as_much_as_its_area_under_the_curve():
    """A copy tells all, so does its opposite; chance tells nothing; the rest lies between."""
    random = np.random.default_rng(0)
    sensitive = random.random(4000) < 0.3
    noisy = np.where(random.random(4000) < 0.9, sensitive, ~sensitive)
    aucs = telltale(rows([sensitive, ~sensitive, random.random(4000) < 0.5, noisy]), sensitive)

    assert aucs[:2].tolist() == [1.0, 1.0]
    assert aucs[2] == pytest.approx(0.5, abs=0.03)
    assert aucs[3] == pytest.approx(0.9, abs=0.02)


def test_a_few_people_tell_nothing():
    """On either side."""
    few = np.arange(500) < FEWEST - 1

    assert telltale(rows([few]), few).tolist() == [0.5]
    assert telltale(rows([few]), ~few).tolist() == [0.5]
