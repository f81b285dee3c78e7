"""Shares as whole billionths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.billionths import WHOLE, share, to_parts, to_parts_of_one, to_shares


@given(st.lists(st.floats(0, 1) | st.just(float("nan"))))
def test_shares_come_back_to_the_nearest_billionth(shares):
    """Nothing known stays so; what was rounded once is not rounded again."""
    before = np.array(shares, dtype=np.float64)
    after = to_shares(to_parts(before))
    np.testing.assert_allclose(after, before, rtol=0, atol=5.0001e-10)
    np.testing.assert_array_equal(to_shares(to_parts(after)), after)


@given(st.floats(0, 1) | st.just(float("nan")))
def test_one_share_reads_as_all_do(value):
    """The look-up of one person and the table of everyone say the same."""
    parts = to_parts(np.array([value]))
    one, many = share(int(parts[0])), to_shares(parts)[0]
    assert one == many or (one is None and np.isnan(many))


@pytest.mark.parametrize("wrong", [-1e-9, 1.1, np.inf])
def test_what_is_no_share_is_refused(wrong):
    """It would read as another number."""
    with pytest.raises(ValueError, match=r"lies in \[0, 1\], got"):
        to_parts(np.array([0.5, wrong]))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=4))
def test_parts_of_one_never_add_up_to_more(weights):
    """A person's strengths stay within 1, each less than a billionth below what it was."""
    strengths = np.array(weights) / max(sum(weights), 1.0)
    parts = to_parts_of_one(strengths)
    assert parts.sum() <= WHOLE
    np.testing.assert_array_less(np.abs(to_shares(parts) - strengths), 1e-9)
    np.testing.assert_array_equal(to_parts_of_one(to_shares(parts)), parts)
