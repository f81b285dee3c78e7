"""Student's t beside scipy's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from models.student import quantile, upper_tail

FREEDOM = st.floats(1.0, 5e5)


@given(t=st.floats(-60.0, 60.0), freedom=FREEDOM)
def test_tails_are_those_of_scipy(t, freedom):
    """Far out as well, where they are small."""
    assert upper_tail(t, freedom) == pytest.approx(student.sf(t, freedom), rel=1e-8, abs=1e-280)


@given(p=st.floats(0.001, 0.999), freedom=FREEDOM)
def test_quantiles_are_those_of_scipy(p, freedom):
    """On both sides of the middle."""
    assert quantile(p, freedom) == pytest.approx(student.ppf(p, freedom), rel=1e-8, abs=1e-9)


def test_with_much_freedom_it_is_the_normal_distribution():
    """The continued fraction would take long there."""
    assert quantile(0.975, 1e9) == pytest.approx(1.959963985, abs=1e-8)
