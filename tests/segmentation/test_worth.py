"""Spend forecast from a table of events, and tested on later ones."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation.config import ChannelsConfig
from segmentation.engine import DuckEngine
from segmentation.forecasting import Past
from segmentation.worth import spend_worth

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Three hundred customers, a third of whom stopped in the autumn, and somebody who looks."""
    folder, random = tmp_path_factory.mktemp("tables"), np.random.default_rng(0)
    rows = [{"user_id": "looker", "ts": AS_OF, "channel": "browse", "value": 1.0}]
    for who in range(300):
        end = 240.0 if who % 3 == 0 else 0.0
        gap, ago = random.gamma(2.0, 12.0), 360.0
        while ago > end:
            when = AS_OF - timedelta(days=float(ago))
            spent = float(random.gamma(3.0, 10.0))
            rows.append(
                {"user_id": f"u{who:03}", "ts": when, "channel": "purchase", "value": spent}
            )
            ago -= 1.0 + random.exponential(gap)
    rows.append({"user_id": "u004", "ts": AS_OF, "channel": "return", "value": -500.0})
    pq.write_table(pa.Table.from_pylist(rows), folder / "events.parquet")
    people = sorted({row["user_id"] for row in rows})
    pq.write_table(pa.table({"user_id": people}), folder / "people.parquet")
    return folder


@pytest.fixture(scope="module")
def found(tables):
    """The forecast of the next thirty days."""
    with DuckEngine() as engine:
        return spend_worth(engine, ChannelsConfig(), tables, as_of=AS_OF, horizon_days=30.0)


def test_who_never_bought_is_expected_to_spend_nothing(found):
    """And who stopped long ago much less than who goes on."""
    looker, *customers = found.expected
    gone, active = np.array(customers[0::3]), np.array(customers[1::3] + customers[2::3])

    assert looker == 0.0
    assert gone.mean() < 0.2 * active.mean()


def test_a_large_return_lowers_what_is_expected(tables):
    """Against the day before it came back."""
    with DuckEngine() as engine:
        before, after = (
            Past(engine, ChannelsConfig(), tables, moment, 30.0).look(0).model.expected
            for moment in (AS_OF - timedelta(days=1), AS_OF)
        )

    u004 = 4  # of those who bought
    assert after[u004] < 0.95 * before[u004]


def test_the_forecast_is_tested_on_the_last_horizon_beside_the_usual_guesses(found):
    """It errs less than saying that last month repeats itself."""
    test = found.report["held_out"]

    assert test["customers"] == 300
    assert test["forecast"]["mean_absolute_error"] < test["last_month"]["mean_absolute_error"]
    assert test["forecast"]["sum"] == pytest.approx(test["spent"], rel=0.15)
    assert test["forecast"]["rank_correlation"] >= test["rfm"]["rank_correlation"] - 0.02
    assert test["coverage_where_open"] > 0.7


def test_intervals_hold_the_expectation_of_those_who_are_likely_to_buy(found):
    """Low, expected and high in order; where nothing is likeliest the interval is nothing."""
    is_open = found.high > 0
    assert np.all(found.low <= found.high)
    assert np.all(found.low <= found.expected)
    assert np.all(found.expected[is_open] < found.high[is_open] * 3)
    assert 100 < is_open.sum() < 300
