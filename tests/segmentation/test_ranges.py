"""Comparing by rank finds whom comparing one by one finds."""

from operator import eq, ge, gt, le, lt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation import ranges
from segmentation.bitmaps import Bitmaps, array_of, bitmap_of, save_bitmaps, sorted_bitmap
from segmentation.ranges import LEVELS, Measure, level_sets, marks_of, places_by

FEW = st.floats(-2, 2).map(lambda number: round(number, 1)) | st.just(float("nan"))
COMPARE = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}


def measure(folder, values, rows):
    """A measure with these values by row, saved and opened."""
    order = places_by(values[rows])
    save_bitmaps(folder, level_sets("m", order))
    return Measure("m", values, rows, order, marks_of(len(order)), Bitmaps(folder))


@settings(deadline=None)
@given(values=st.lists(FEW, max_size=200), number=FEW.filter(lambda n: n == n), data=st.data())
def test_every_comparison_is_exact(tmp_path_factory, values, number, data):
    """Also at a level, between two, beyond both ends, and with equal or missing values."""
    column = np.array(values, dtype=float)
    rows = np.array(data.draw(st.permutations(range(len(values)))), dtype=np.int32)
    asked = measure(tmp_path_factory.mktemp("m"), column, rows)
    within = np.array(sorted(data.draw(st.sets(st.integers(0, max(len(values) - 1, 0))))), int)
    within = within[within < len(column)]

    for comparator, compare in COMPARE.items():
        span = asked.span(comparator, number)
        found = array_of(span.select(bitmap_of(within)))
        assert found.tolist() == within[compare(asked.at(within), number)].tolist()
        assert len(span) == np.count_nonzero(compare(column, number))


def test_a_comparison_looks_at_few(tmp_path, monkeypatch):
    """At half of those between two levels at most, wherever it cuts."""
    values, looked = np.arange(10_000.0), []

    def counted(places):
        looked.append(len(places))
        return sorted_bitmap(places)

    monkeypatch.setattr(ranges, "sorted_bitmap", counted)
    asked = measure(tmp_path, values, np.arange(len(values), dtype=np.int32))
    everyone = bitmap_of(np.arange(len(values)))
    for number in range(0, 10_000, 7):
        assert len(asked.span(">=", number).select(everyone)) == len(values) - number

    assert 0 < max(looked[:1000]) <= len(values) / LEVELS / 2 + 1
    assert max(looked) <= len(values) / LEVELS


@settings(deadline=None)
@given(low=st.integers(-1, 300), high=st.integers(-1, 300))
def test_two_bounds_are_one_span(tmp_path_factory, low, high):
    """Also where they leave nobody."""
    rows = np.arange(300, dtype=np.int32)
    asked = measure(tmp_path_factory.mktemp("m"), np.arange(300.0), rows)

    both = asked.span(">", low) & asked.span("<=", high)

    assert list(both.select(bitmap_of(rows))) == list(range(low + 1, min(high, 299) + 1))


@pytest.mark.parametrize("count", [0, 1, 10, 128, 129, 1000])
def test_marks_are_few_and_reach_from_end_to_end(count):
    """Of however many values."""
    marks = marks_of(count)

    assert len(marks) == min(count, LEVELS) + 1
    assert (marks[0], marks[-1]) == (0, count)
    assert np.all(np.diff(marks) > 0)
    assert np.ptp(np.diff(marks)) <= 1 if count else len(marks) == 1
