"""Nothing from the future in what was known."""

from datetime import timedelta

import numpy as np
import pytest

from models.evidence import COUNTS
from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.evidence import counts_before
from segmentation.exposures import keep
from segmentation.sharing import prepare
from tests.sharing_tables import AS_OF, START, cut_tables, day, lively, write_tables

EVERYBODY = "SELECT person * 12 + item AS row, person, item, {} AS moment FROM person, item"


def known_at(folder, number, *, counted=counts_before):
    """The counts of every user and content at the start of a day."""
    micros = (START + timedelta(days=number) - START.replace(year=1970)) // timedelta(
        microseconds=1
    )
    with DuckEngine() as engine:
        circles = np.arange(40) % 3 - 1
        prepare(engine, Config(), folder, as_of=AS_OF, circles=circles)
        keep(engine, "asked", EVERYBODY.format(f"CAST({micros} AS BIGINT)"))
        return counted(engine, "asked")


def leaking(folder, scratch, number, *, counted=counts_before):
    """Name the counts that change when every row from that day on is deleted."""
    cut_tables(folder, scratch, before=day(number))
    full, past = (known_at(path, number, counted=counted) for path in (folder, scratch))
    return [name for name in full if not np.array_equal(full[name], past[name], equal_nan=True)]


def peeking(engine, asked):
    """The counts, with the outcome of the day itself among the shares."""
    counts = counts_before(engine, asked)
    rows = engine.execute(f"""
        SELECT count(exposure.row) AS n FROM {asked} AS asked LEFT JOIN exposure
          ON exposure.person = asked.person AND shared = 1
         AND known_at >= asked.moment AND known_at < asked.moment + 86400000000
        GROUP BY asked.row ORDER BY asked.row""")
    return counts | {"user_shares": counts["user_shares"] + rows.column("n").to_numpy()}


@pytest.fixture(scope="module", params=[True, False], ids=["given", "derived"])
def tables(tmp_path_factory, request):
    """Forty users with acts, ties, exposures and shares on whole days."""
    return lively(tmp_path_factory.mktemp("lively"), given=request.param)


@pytest.mark.parametrize("number", [3, 40, 77])
def test_deleting_the_future_changes_nothing(tables, tmp_path, number):
    """What was known at a moment stays when all rows at or after it are gone."""
    assert leaking(tables, tmp_path, number) == []


def test_a_planted_leak_is_caught(tables, tmp_path):
    """A count that peeks at the day's own outcome is named."""
    assert leaking(tables, tmp_path, 40, counted=peeking) == ["user_shares"]


def test_counts_are_the_ones_counted_by_hand(tmp_path):
    """Two exposures and a late share before the question, one exposure at the same moment."""
    folder = write_tables(
        tmp_path,
        people=[f"u{i:03d}" for i in range(40)],
        exposures=[("u001", "c", day(1), 1), ("u001", "d", day(5), 0), ("u001", "e", day(9), 1)],
        events=[
            ("u001", day(3), "share", "x", 1.0, "c"),
            ("u001", day(8), "browse", "x", 1.0, None),
            ("u001", day(9), "browse", "x", 1.0, None),
        ],
        content=[("c", "x", "ann", None), ("d", "y", "ann", None), ("e", "x", "bob", None)],
    )

    known = known_at(folder, 9)

    at = np.flatnonzero(known["user_exposures"])
    assert at.size == 3
    mine = {name: known[name][at[0]] for name in COUNTS}
    assert mine["user_exposures"] == 2
    assert mine["user_shares"] == 1
    assert mine["content_shares"] == 1
    assert mine["author_exposures"] == 2
    assert mine["tag_exposures"] == 1
    assert mine["user_events"] == 2
    assert mine["user_tag_private"] == 1
    assert (mine["moment"] - mine["user_last_at"]) / 86_400_000_000 == 1.0


def test_a_share_counts_from_when_it_became_known(tmp_path):
    """Between exposure and share event the exposure counts and the share does not."""
    folder = write_tables(
        tmp_path,
        people=[f"u{i:03d}" for i in range(40)],
        exposures=[("u000", "c", day(1), 1)],
        events=[("u000", day(4), "share", "x", 1.0, "c")],
    )

    before, after = known_at(folder, 3), known_at(folder, 5)

    assert (before["user_exposures"][0], before["user_shares"][0]) == (1, 0)
    assert (after["user_exposures"][0], after["user_shares"][0]) == (1, 1)


def test_the_last_month_is_thirty_days(tmp_path):
    """An act of 31 days ago counts in all but not in the month."""
    folder = write_tables(
        tmp_path,
        people=[f"u{i:03d}" for i in range(40)],
        exposures=[("u000", "c", day(1), 0)],
        events=[("u000", day(n), "browse", "x", 1.0, None) for n in (9, 11, 39)],
    )

    known = known_at(folder, 40)

    assert known["user_events"][0] == 3
    assert known["user_events_30d"][0] == 2
