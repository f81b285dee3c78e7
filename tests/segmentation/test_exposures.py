"""Who saw what and what came of it."""

import numpy as np
import pytest

from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.sharing import prepare
from tests.sharing_tables import AS_OF, day, write_tables


@pytest.fixture
def read(tmp_path):
    """Write tables, build exposures, and return the report and the exposures by user."""

    def run(**tables):
        people = tables.pop("people", ["a", "b"])
        write_tables(tmp_path, people=people, **tables)
        with DuckEngine() as engine:
            nowhere = np.full(len(people), -1)
            report = prepare(engine, Config(), tmp_path, as_of=AS_OF, circles=nowhere)
            rows = engine.rows("""
                SELECT user_id, shared, (known_at - moment) / 86400000000.0, settled
                FROM exposure JOIN person USING (person) ORDER BY row""")
        return report, rows

    return run


def event(user, at, channel, content="c"):
    """One event about a content."""
    return (user, day(at), channel, "tag", 1.0, content)


def test_the_first_encounter_is_the_exposure(read):
    """Without an exposures table, looking at a content twice is one exposure."""
    report, rows = read(events=[event("a", 1, "browse"), event("a", 3, "like")])

    assert report.derived
    assert rows == [("a", 0, None, True)]


def test_a_share_within_the_horizon_is_the_outcome(read):
    """A share after five days counts, from its own time on."""
    _, rows = read(events=[event("a", 1, "browse"), event("a", 6, "share")])

    assert rows[0][:3] == ("a", 1, 5.0)


def test_a_share_past_the_horizon_does_not_count(read):
    """A share after 31 days is not this exposure's outcome."""
    _, rows = read(events=[event("a", 1, "browse"), event("a", 32, "share")])

    assert rows[0][1] == 0


def test_a_share_before_the_encounter_does_not_count(read):
    """What was shared before it was seen says nothing of the exposure."""
    _, rows = read(events=[event("a", 2, "share"), event("a", 4, "browse")])

    assert rows[0][1] == 0


def test_a_given_outcome_is_believed(read):
    """The exposures table says who shared; without a share event it is known at once."""
    report, rows = read(exposures=[("a", "c", day(1), 1), ("b", "c", day(2), 0)])

    assert not report.derived
    assert [row[1:3] for row in rows] == [(1, 0.0), (0, None)]


def test_a_share_event_dates_a_given_outcome(read):
    """A given share is known from its share event on."""
    _, rows = read(
        exposures=[("a", "c", day(1), 1)], events=[event("a", 3, "share")]
    )  # fmt: skip

    assert rows[0][2] == 2.0


def test_open_exposures_are_left_out_shared_or_not(read):
    """Shares take up to 4 days, so nothing of the last 4 days may teach."""
    old = [("a", "c", day(1), 1), ("b", "c", day(1), 0)]
    fresh = [("a", "d", day(199), 1), ("b", "d", day(199), 0)]
    told = [event("a", 5, "share"), event("a", 199.5, "share", "d")]

    report, rows = read(exposures=old + fresh, events=told)

    assert [row[3] for row in rows] == [True, True, False, False]
    assert report.open == 2
    assert report.settling_days == 4.0


def test_undated_exposures_are_counted(read):
    """An exposure without a time cannot teach and is reported."""
    report, rows = read(exposures=[("a", "c", None, 1), ("b", "c", day(1), 0)])

    assert report.undated == 1
    assert len(rows) == 1


@pytest.mark.parametrize("purpose", ["sharing", "*"])
def test_who_refuses_is_not_looked_at(read, purpose):
    """A refusal takes a person's exposures away; another purpose's does not."""
    report, rows = read(
        exposures=[("a", "c", day(1), 0), ("b", "c", day(1), 1)],
        consent=[("a", purpose, False), ("b", "marketing", False)],
    )

    assert report.exposures == 1
    assert rows[0][0] == "b"
