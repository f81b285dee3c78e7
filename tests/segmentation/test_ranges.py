"""Comparing by levels finds whom comparing one by one finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.bitmaps import Bitmaps, array_of, bitmap_of, save_bitmaps
from segmentation.ranges import COMPARE, LEVELS, Measure, level_sets, levels_of

FEW = st.floats(-2, 2).map(lambda number: round(number, 1)) | st.just(float("nan"))


def measure(folder, values):
    """A measure of these values, saved and opened."""
    levels = levels_of(values)
    save_bitmaps(folder, level_sets("m", values, levels))
    return Measure("m", values, levels, Bitmaps(folder))


@settings(deadline=None)
@given(values=st.lists(FEW, max_size=200), number=FEW.filter(lambda n: n == n), data=st.data())
def test_every_comparison_is_exact(tmp_path_factory, values, number, data):
    """Also at a level, between two, beyond both ends, and with equal or missing values."""
    column = np.array(values, dtype=float)
    asked = measure(tmp_path_factory.mktemp("m"), column)
    within = np.array(sorted(data.draw(st.sets(st.integers(0, max(len(values) - 1, 0))))), int)
    within = within[within < len(column)]

    for comparator, compare in COMPARE.items():
        found = array_of(asked.select(comparator, number, bitmap_of(within)))
        assert found.tolist() == within[compare(column[within], number)].tolist()


@pytest.mark.parametrize("count", [0, 1, 10, 1000])
def test_levels_are_few_and_begin_at_the_smallest(count):
    """Of however many values."""
    values = np.append(np.random.default_rng(0).random(count), np.nan)

    levels = levels_of(values)

    assert len(levels) == min(count, LEVELS)
    assert levels[:1].tolist() == ([values[:-1].min()] if count else [])
    assert np.all(np.diff(levels) > 0)
