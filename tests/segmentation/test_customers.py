"""Value, stickiness and tenure from valid events."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation.config import Config, LifecycleConfig
from segmentation.customers import customer_statistics
from segmentation.engine import DuckEngine

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
EVENTS = pa.schema(
    {
        "user_id": pa.string(),
        "ts": pa.timestamp("us"),
        "channel": pa.string(),
        "tag": pa.string(),
        "value": pa.float64(),
        "content_id": pa.string(),
    }
)


@pytest.fixture(scope="module")
def engine():
    """One engine for all."""
    with DuckEngine("1GB", threads=2) as opened:
        yield opened


def event(user, days_ago, *, channel="browse", value=1.0):
    """One event so many days before the end; None is an event without a time."""
    ts = None if days_ago is None else (AS_OF - timedelta(days=days_ago)).replace(tzinfo=None)
    return {"user_id": user, "ts": ts, "channel": channel, "tag": "tea", "value": value}


def valid(folder, events, *, others=()):
    """Write valid tables as ingest does."""
    people = sorted({row["user_id"] for row in events} | set(others))
    pq.write_table(pa.Table.from_pylist(events, EVENTS), folder / "events.parquet")
    pq.write_table(pa.table({"user_id": pa.array(people)}), folder / "people.parquet")
    return folder


def planted(random, n_customers=3_000, days=120):
    """Customers who come by at a steady rate each of their own, and buy at some visits."""
    rates = random.gamma(1.0, 0.08, n_customers)
    return [
        event(f"c{number:05d}", float(random.uniform(0, days)), channel=channel, value=value)
        for number, rate in enumerate(rates)
        for channel, value in [("browse", 1.0), ("purchase", 20.0)]
        for _ in range(random.poisson(rate * days))
    ]


def test_returns_take_away_whatever_their_sign(engine, tmp_path):
    """A return of 40 is a return of 40, written positive or negative."""
    bought = [event(user, 10, channel="purchase", value=100.0) for user in "abc"]
    returned = [event("b", 9, channel="return", value=-40.0)]
    returned += [event("c", 9, channel="return", value=40.0)]

    value = customer_statistics(
        engine, Config(), valid(tmp_path, bought + returned), as_of=AS_OF
    ).value

    assert value[0] > value[1] == value[2]


def test_old_spend_counts_less_than_new(engine, tmp_path):
    """Two customers known equally long, who spent the same at different times."""
    events = [event(user, 300) for user in "ab"]
    events += [event("a", 250, channel="purchase", value=90.0)]
    events += [event("b", 5, channel="purchase", value=90.0)]
    events += [event(f"c{number}", 300, channel="purchase", value=1.0) for number in range(50)]

    value = customer_statistics(engine, Config(), valid(tmp_path, events), as_of=AS_OF).value

    assert value[1] > value[0]


def test_without_sales_value_is_engagement_and_says_so(engine, tmp_path):
    """Whoever does more is worth more; the unit is events."""
    events = [event("busy", day) for day in range(60) for _ in range(3)]
    events += [event(f"idle-{number}", day) for number in range(40) for day in (1, 59)]

    found = customer_statistics(engine, Config(), valid(tmp_path, events), as_of=AS_OF)

    assert found.report["value"]["basis"] == "engagement"
    assert np.argmax(found.value) == 0


def test_a_source_without_time_makes_no_claim_of_coming_back(engine, tmp_path):
    """Value is what was spent; stickiness and tenure are not known."""
    events = [event(f"c{n:02d}", None, channel="purchase", value=5.0) for n in range(20)] * 4
    events += [event("rich", None, channel="purchase", value=50.0) for _ in range(40)]

    found = customer_statistics(engine, Config(), valid(tmp_path, events), as_of=None)

    assert np.argmax(found.value) == 20
    assert np.isnan(found.stickiness).all()
    assert np.isnan(found.tenure_days).all()
    assert "no times" in found.report["value"]["basis"]
    assert found.report["stickiness"]["basis"].startswith("none")


def test_events_all_at_one_time_make_no_claim_of_coming_back(engine, tmp_path):
    """There is no past to learn from."""
    events = [event(f"c{number}", 0) for number in range(5)]

    found = customer_statistics(engine, Config(), valid(tmp_path, events), as_of=AS_OF)

    assert np.isnan(found.stickiness).all()
    assert found.tenure_days.tolist() == [0.0] * 5


def test_people_without_events_are_in_place_and_unknown(engine, tmp_path):
    """Someone known from labels alone has no value, no tenure and no claim."""
    events = planted(np.random.default_rng(0), 50)

    found = customer_statistics(
        engine, Config(), valid(tmp_path, events, others=["a-label-only"]), as_of=AS_OF
    )

    assert found.value[0] == 0.0
    assert np.isnan([found.stickiness[0], found.tenure_days[0]]).all()
    assert np.isfinite(found.value).all()


def test_stickiness_foretells_who_comes_back(engine, tmp_path):
    """Planted steady customers: probabilities hold for the month after, which nobody saw."""
    events = planted(np.random.default_rng(1))
    cut = AS_OF - timedelta(days=30)
    known = [row for row in events if row["ts"] <= cut.replace(tzinfo=None)]
    back = {row["user_id"] for row in events if row["ts"] > cut.replace(tzinfo=None)}

    found = customer_statistics(engine, Config(), valid(tmp_path, known), as_of=cut)

    people = sorted({row["user_id"] for row in known})
    came = np.array([user in back for user in people])
    bins = np.array_split(np.argsort(found.stickiness), 8)
    gaps = [abs(found.stickiness[rows].mean() - came[rows].mean()) for rows in bins]
    assert np.mean(gaps) < 0.04
    assert found.stickiness[came].mean() > found.stickiness[~came].mean() + 0.2
    assert found.report["stickiness"]["held_out"]["ece"] < 0.1


def test_a_short_history_shortens_the_horizon_and_says_so(engine, tmp_path):
    """Nine days of events allow for three."""
    events = [event(f"c{number % 40}", number / 400 * 9) for number in range(401)]

    report = customer_statistics(engine, Config(), valid(tmp_path, events), as_of=AS_OF).report

    assert report["stickiness"]["horizon_days"] == pytest.approx(3.0)


def test_the_order_of_rows_changes_no_bit(engine, tmp_path):
    """Shuffled events give the same bytes."""
    random = np.random.default_rng(2)
    events = planted(random, 200)
    shuffled = [events[row] for row in random.permutation(len(events))]
    (tmp_path / "other").mkdir()

    one = customer_statistics(engine, Config(), valid(tmp_path, events), as_of=AS_OF)
    other = customer_statistics(engine, Config(), valid(tmp_path / "other", shuffled), as_of=AS_OF)

    assert one.value.tobytes() == other.value.tobytes()
    assert one.stickiness.tobytes() == other.stickiness.tobytes()


def test_value_foretells_spend_better_than_the_past_rate(engine, tmp_path, shared_data):
    """Real customers: a quarter's spend, foretold from the three before it."""
    end, days = datetime(2011, 12, 9, 12, 50, tzinfo=UTC), 90
    cut = end - timedelta(days=days)
    source = f"read_parquet('{shared_data / 'online_retail' / 'events.parquet'}')"
    past = f"CAST(ts AS TIMESTAMP) <= TIMESTAMP '{cut.replace(tzinfo=None)}'"
    engine.write(
        "SELECT CAST(user_id AS VARCHAR) AS user_id, CAST(ts AS TIMESTAMP) AS ts, channel, tag, "
        f"value FROM {source} WHERE {past}",
        tmp_path / "events.parquet",
    )
    people = f"SELECT DISTINCT user_id FROM {source} WHERE {past} ORDER BY 1"
    engine.write(people, tmp_path / "people.parquet")
    spent = engine.execute(
        f"SELECT coalesce(sum(value) FILTER (NOT {past}), 0) AS later, "
        f"sum(value) FILTER ({past}) AS before, "
        f"date_diff('day', min(CAST(ts AS TIMESTAMP)), TIMESTAMP '{cut.replace(tzinfo=None)}') "
        f"AS days FROM {source} GROUP BY user_id HAVING bool_or({past}) ORDER BY user_id"
    ).to_pandas()
    config = replace(Config(), lifecycle=LifecycleConfig(window_days=days))

    value = customer_statistics(engine, config, tmp_path, as_of=cut).value

    rate = spent["before"] / (spent["days"] + 1) * days
    assert np.abs(value - spent["later"]).mean() < 0.9 * np.abs(rate - spent["later"]).mean()
    best = np.argsort(-value)[: len(value) // 10]
    assert spent["later"].iloc[best].sum() > 0.45 * spent["later"].sum()
