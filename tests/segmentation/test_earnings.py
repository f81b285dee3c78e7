"""Spend, points, visits, shares, invitations and labels over every window."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation.config import ChannelsConfig
from segmentation.earnings import earnings
from segmentation.engine import DuckEngine
from segmentation.policy import Measure, Policy

AS_OF = datetime(2026, 5, 10, tzinfo=UTC)
EVENTS = [
    ("a", "2024-03-01", "purchase", 100.0),
    ("a", "2025-02-01", "purchase", 40.0),
    ("a", "2025-06-01", "share", 1.0),
    ("a", "2026-02-01", "purchase", 30.0),
    ("a", "2026-05-01", "purchase", 10.0),
    ("a", "2026-05-01", "return", -4.0),
    ("a", "2026-05-02", "refer", 1.0),
    ("a", "2026-06-01", "purchase", 999.0),
    ("b", "2026-04-01", "browse", 1.0),
    ("b", "2026-04-01", "share", 1.0),
]
POINTS = {"purchase": 2.0, "return": 2.0, "share": 5.0}


@pytest.fixture
def tables(tmp_path):
    """Two people's events and a label; somebody without either."""
    rows = [
        {"user_id": user, "ts": datetime.fromisoformat(day), "channel": channel, "value": value}
        for user, day, channel, value in EVENTS
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "events.parquet")
    pq.write_table(pa.table({"user_id": ["a", "b", "c"]}), tmp_path / "people.parquet")
    label = {"user_id": ["b"], "namespace": ["club"], "label": ["founder"]}
    pq.write_table(pa.table(label), tmp_path / "labels.parquet")
    return tmp_path


def earned(tables, measure, *, as_of=AS_OF):
    """What the three people earned."""
    policy = Policy(measures=(measure,), points=POINTS)
    with DuckEngine() as engine:
        found = earnings(engine, ChannelsConfig(), [policy], tables, as_of=as_of)
    return found[measure.key(POINTS)].tolist()


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (Measure(counts="spend"), [176, 0, 0]),
        (Measure(counts="spend", window="rolling", days=90), [6, 0, 0]),
        (Measure(counts="spend", window="rolling", days=100), [36, 0, 0]),
        (Measure(counts="spend", window="calendar"), [40, 0, 0]),
        (Measure(counts="spend", window="calendar", period="quarter"), [30, 0, 0]),
        (Measure(counts="spend", window="calendar", period="month"), [6, 0, 0]),
        (Measure(counts="spend", window="anniversary"), [30, 0, 0]),
        (Measure(counts="points"), [357, 5, 0]),
        (Measure(counts="points", window="calendar", period="quarter"), [60, 5, 0]),
        (Measure(counts="visits"), [6, 1, 0]),
        (Measure(counts="visits", window="calendar"), [3, 1, 0]),
        (Measure(counts="shares"), [1, 1, 0]),
        (Measure(counts="shares", window="rolling", days=60), [0, 1, 0]),
        (Measure(counts="invitations", window="calendar"), [1, 0, 0]),
        (Measure(counts="label", label="club=founder"), [0, 1, 0]),
    ],
)
def test_every_count_over_every_window(tables, measure, expected):
    """Worked by hand; what comes after the moment asked does not count."""
    assert earned(tables, measure) == expected


def test_an_anniversary_year_runs_from_the_first_event(tables):
    """First event 1 March 2024: on the last day of February the second year still counts."""
    measure = Measure(counts="spend", window="anniversary")

    eve = earned(tables, measure, as_of=datetime(2026, 2, 28, 12, tzinfo=UTC))
    day = earned(tables, measure, as_of=datetime(2027, 3, 1, 12, tzinfo=UTC))

    assert eve == [140, 0, 0]
    assert day == [1005, 0, 0]


def test_without_time_all_there_is_counts(tables):
    """One window, whatever was asked."""
    assert earned(tables, Measure(counts="spend", window="calendar"), as_of=None) == [1175, 0, 0]


def test_the_key_says_what_is_counted_and_not_what_it_is_called():
    """Renaming a measure asks for no new count; other points do."""
    one, two = (Measure(name=name, counts="points", window="rolling") for name in "ab")

    assert one.key(POINTS) == two.key(POINTS)
    assert one.key(POINTS) != one.key(POINTS | {"share": 6.0})
