"""Who was about since the run before, and for as long before that."""

from datetime import UTC, datetime, timedelta

import pytest

from segmentation.engine import DuckEngine
from segmentation.presence import presence
from tests.sharing_tables import day, write_tables

THEN, NOW = (day(number).replace(tzinfo=UTC) for number in (60, 90))


@pytest.fixture
def found(tmp_path):
    """Find who was about of events given as (user, day)."""

    def at(*events, then=THEN, now=NOW):
        rows = [(user, None if n is None else day(n), "browse", "x", 1.0, None)
                for user, n in events]  # fmt: skip
        tables = write_tables(tmp_path, people=list("abcd"), events=rows)
        with DuckEngine() as engine:
            return presence(engine, tables, then=then, now=now)

    return at


def test_both_times_are_as_long_as_lies_between_the_runs(found):
    """What happened earlier still, or has no time, tells of neither."""
    known = found(("a", 31), ("a", 89), ("b", 60), ("c", 61), ("d", 29), ("d", None))

    assert known.before.tolist() == [True, True, False, False]
    assert known.after.tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    "then", [None, NOW - timedelta(days=3), NOW, datetime(2030, 1, 1, tzinfo=UTC)]
)
def test_without_a_week_between_nothing_is_said(found, then):
    """Neither of a first run nor of one made over again."""
    assert found(("a", 50), ("a", 80), then=then) is None


def test_events_that_do_not_go_back_say_nothing(found):
    """A run given the new events alone cannot know who was about before."""
    assert found(("a", 70), ("b", 80)) is None
