"""Windows that are over, foretold from before them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation import backtest
from segmentation.backtest import Window, one_more, windows_before
from segmentation.config import ChannelsConfig
from segmentation.engine import DuckEngine
from segmentation.forecasting import Past

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
HORIZON = 30.0


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Four hundred customers over seven months, who all buy twice as often in every second."""
    folder, random = tmp_path_factory.mktemp("tables"), np.random.default_rng(1)
    rows = []
    for who in range(400):
        gap = random.gamma(3.0, 8.0)
        for day in range(210):
            pace = 2.0 if (day // 30) % 2 else 1.0
            if random.random() < pace / gap:
                when = AS_OF - timedelta(days=209.5 - day)
                spent = float(random.gamma(3.0, 10.0))
                rows.append(
                    {"user_id": f"u{who:03}", "ts": when, "channel": "purchase", "value": spent}
                )
    pq.write_table(pa.Table.from_pylist(rows), folder / "events.parquet")
    people = sorted({row["user_id"] for row in rows})
    pq.write_table(pa.table({"user_id": people}), folder / "people.parquet")
    return folder


def windows(tables, as_of=AS_OF):
    """The windows before a moment."""
    with DuckEngine() as engine:
        return windows_before(Past(engine, ChannelsConfig(), tables, as_of, HORIZON))


def test_a_window_is_foretold_from_what_was_known_before_it_alone(tables):
    """One window later, every older one is told as it was."""
    now, earlier = windows(tables), windows(tables, AS_OF - timedelta(days=HORIZON))

    assert now[1:] == earlier
    assert [window.until[:10] for window in now] == ["2026-06-01", "2026-05-02", "2026-04-02",
                                                     "2026-03-03"]  # fmt: skip


def test_what_came_is_what_was_spent(tables):
    """The sum of the last thirty days, of those who had bought before."""
    last = windows(tables)[0]

    events = pq.read_table(tables / "events.parquet").to_pandas()
    old = set(events[events.ts <= AS_OF - timedelta(days=HORIZON)].user_id)
    late = events[(events.ts > AS_OF - timedelta(days=HORIZON)) & events.user_id.isin(old)]
    assert last.spent == pytest.approx(late.value.sum(), rel=1e-6)
    assert last.customers == len(old)
    assert 0 < last.held <= last.reaching <= last.customers


def test_many_customers_are_a_sample_of_them(tables, monkeypatch):
    """The same one for the same people."""
    monkeypatch.setattr(backtest, "MOST_CUSTOMERS", 120)

    once, again = windows(tables), windows(tables)

    assert once == again
    assert 60 < once[0].customers <= 120


def test_months_that_swing_leave_a_wide_band():
    """Sums of half and of twice what was foretold say less of the next than sums that came true."""

    def told(*ratios):
        return [Window("", 100, 1_000.0, 1_000.0 * ratio, 100, 80) for ratio in ratios]

    calm, wild = (one_more(told(*ratios), expected=500.0)["total"]
                  for ratios in ((1.0, 1.1, 0.9, 1.0), (0.5, 2.0, 0.5, 2.0)))  # fmt: skip

    assert 300.0 < calm[0] < 500.0 < calm[1] < 800.0
    assert wild[1] - wild[0] > 2 * (calm[1] - calm[0])


def test_of_two_windows_nothing_is_said_of_a_third():
    """Neither of intervals nor of the sum."""
    two = [Window("", 100, 1_000.0, 900.0, 100, 80)] * 2

    assert one_more(two, expected=500.0) == {"held": None, "total": None}


def test_windows_without_any_spend_say_nothing_of_a_sum():
    """Returns above purchases have no logarithm; how often intervals held is known all the same."""
    back = [Window("", 100, 1_000.0, -50.0, 100, 80)] * 3

    found = one_more(back, expected=500.0)

    assert found["total"] is None
    assert found["held"][0] < 0.8 < found["held"][1]
