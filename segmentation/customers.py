"""What each customer is worth and how likely they come back, from the valid events."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.reliability import quality
from models.stickiness import Habits, learn_returns
from models.value import customer_value, decayed_days
from segmentation.config import Config
from segmentation.engine import Engine, literal
from segmentation.people import DAY_US, FIXED_POINT, MOST, by_person, fixed, microseconds, timestamp
from segmentation.worth import Worth, spend_worth

FloatArray = NDArray[np.float64]
VALUE_HALF_LIFE_DAYS = 90.0


@dataclass(frozen=True)
class Customers:
    """Measures by person, in the order of `people.parquet`.

    `value` is expected over the coming horizon, in the unit of spend or in events when
    nothing is sold. `stickiness` is a probability in [0, 1]. `tenure_days` counts from the first
    event. NaN means not known; `report` says on what basis each figure stands. Eight in ten
    values are expected between `low` and `high`.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    stickiness: FloatArray
    tenure_days: FloatArray
    report: dict[str, Any]


@dataclass(frozen=True)
class Stickiness:
    """Probability of coming back by person, and how it was found."""

    probability: FloatArray
    report: dict[str, Any]


def customer_statistics(
    engine: Engine, config: Config, tables: Path, *, as_of: datetime | None
) -> Customers:
    """Measure everyone from the valid tables in a folder; without any time, over one window."""
    if as_of is None:
        return untimed_customers(engine, config, tables)
    habits = habits_at(engine, tables, as_of)
    seen_days = np.where(habits.seen, habits.tenure_days + 1.0, 0.0)
    worth = customers_worth(engine, config, tables, as_of=as_of, seen_days=seen_days)
    sticky = stickiness(engine, config, tables, as_of=as_of, habits=habits)
    return Customers(
        value=worth.expected,
        low=worth.low,
        high=worth.high,
        stickiness=sticky.probability,
        tenure_days=habits.tenure_days,
        report={"value": worth.report, "stickiness": sticky.report},
    )


def customers_worth(
    engine: Engine, config: Config, tables: Path, *, as_of: datetime, seen_days: FloatArray
) -> Worth:
    """Expect everyone's spend; where nothing is sold, their engagement in events."""
    if has_sales(engine, config, tables):
        return spend_worth(
            engine, config.channels, tables, as_of=as_of, horizon_days=config.lifecycle.window_days
        )
    columns = by_person(engine, tables, engagement(as_of))
    valued = customer_value(
        columns["amount"],
        squares=columns["squares"],
        observed_days=decayed_days(seen_days, half_life_days=VALUE_HALF_LIFE_DAYS),
        horizon_days=config.lifecycle.window_days,
    )
    unknown = np.full(len(valued.expected), np.nan)
    report = {
        "basis": "engagement",
        "horizon_days": config.lifecycle.window_days,
        "crowd_rate_per_day": valued.crowd_rate,
    }
    return Worth(valued.expected, unknown, unknown.copy(), report)


def untimed_customers(engine: Engine, config: Config, tables: Path) -> Customers:
    """Measure value over the one window there is; nothing is claimed of coming back."""
    sold = has_sales(engine, config, tables)
    columns = by_person(engine, tables, spending(config, None) if sold else engagement(None))
    valued = customer_value(
        columns["amount"],
        squares=columns["squares"],
        observed_days=np.where(columns["seen"] > 0, 1.0, 0.0),
        horizon_days=1.0,
    )
    unknown = np.full(len(valued.expected), np.nan)
    basis = "spend" if sold else "engagement"
    return Customers(
        value=valued.expected,
        low=unknown.copy(),
        high=unknown.copy(),
        stickiness=unknown,
        tenure_days=unknown.copy(),
        report={
            "value": {"basis": f"{basis}, no times in the source", "horizon_days": None},
            "stickiness": {"basis": "none: no times in the source"},
        },
    )


def stickiness(
    engine: Engine, config: Config, tables: Path, *, as_of: datetime, habits: Habits
) -> Stickiness:
    """Learn who came back in the last horizon, test it on the one before, apply it today."""
    horizon = horizon_of(habits, config)
    if not horizon:
        unknown = np.full(len(habits.recency_days), np.nan)
        return Stickiness(unknown, {"basis": "none: all events at one time"})
    step = timedelta(days=horizon)
    past = [habits_at(engine, tables, as_of - back * step) for back in (1, 2)]
    outcomes = [habits.recency_days < horizon, past[0].recency_days < horizon]
    table = learn_returns(past[0], came_back=outcomes[0])
    report = {
        "basis": "returns within the horizon, learned one horizon ago",
        "horizon_days": horizon,
        "customers": int(table.trials.sum()),
        "base_rate": table.base_rate,
        "held_out": held_out(past, outcomes),
    }
    return Stickiness(table.look_up(habits), report)


def horizon_of(habits: Habits, config: Config) -> float:
    """Return the window in days, or a third of the history where that is shorter."""
    history = float(habits.tenure_days[habits.seen].max(initial=0.0))
    return min(config.lifecycle.window_days, history / 3)


def held_out(past: list[Habits], outcomes: list[NDArray[np.bool_]]) -> dict[str, Any] | None:
    """Judge a table learned a horizon earlier on the outcomes of the last horizon."""
    later, earlier = past
    table = learn_returns(earlier, came_back=outcomes[1])
    foretold = table.look_up(later)
    judged = ~np.isnan(foretold)
    if not judged.any():
        return None
    came_back = outcomes[0][judged].astype(np.float64)
    base_rate = min(max(table.base_rate, 1e-6), 1 - 1e-6)
    return quality(came_back, probabilities=foretold[judged], base_rate=base_rate).to_dict()


def habits_at(engine: Engine, tables: Path, moment: datetime) -> Habits:
    """Return everyone's habits as known at a moment."""
    columns = by_person(
        engine,
        tables,
        f"""
        SELECT user_id,
               epoch_us(max(ts)) AS last_us,
               epoch_us(min(ts)) AS first_us,
               count(DISTINCT CAST(ts AS DATE)) AS active_days
        FROM events WHERE ts <= {timestamp(moment)} GROUP BY user_id
        """,
    )
    now = microseconds(moment)
    return Habits(
        recency_days=(now - columns["last_us"]) / DAY_US,
        active_days=columns["active_days"],
        tenure_days=(now - columns["first_us"]) / DAY_US,
    )


def spending(config: Config, as_of: datetime | None) -> str:
    """Return SQL for decayed net spend by user; a return takes away, whatever its sign."""
    channels = ", ".join(literal(channel) for channel in config.channels.money)
    amount = "CASE WHEN channel = 'return' THEN -abs(value) ELSE value END"
    return decayed_sums(amount, f"channel IN ({channels})", as_of)


def engagement(as_of: datetime | None) -> str:
    """Return SQL for decayed events by user."""
    return decayed_sums("1", "TRUE", as_of)


def decayed_sums(amount: str, where: str, as_of: datetime | None) -> str:
    """Return SQL summing amounts and their squares by user, halved with every half-life.

    All of one day is one amount: what is done in a day is not done independently. Without time
    every event is one.
    """
    clipped = fixed(f"least(greatest({amount}, -{MOST}), {MOST})")
    rows = f"SELECT user_id, {clipped} / {FIXED_POINT} AS faded FROM events WHERE {where}"
    if as_of is not None:
        now, day = microseconds(as_of), "date_trunc('day', ts)"
        age = f"greatest({now} - coalesce(epoch_us({day}), {now}), 0)"
        decay = f"pow(2.0, -{age} / {VALUE_HALF_LIFE_DAYS * DAY_US})"
        rows = f"""
            SELECT user_id, sum({clipped}) / {FIXED_POINT} * {decay} AS faded
            FROM events WHERE {where} GROUP BY user_id, {day}
            """
    return f"""
        SELECT user_id, 1 AS seen,
               sum({fixed("faded")}) / {FIXED_POINT} AS amount,
               sum({fixed("faded * faded")}) / {FIXED_POINT} AS squares
        FROM ({rows}) GROUP BY user_id
        """


def has_sales(engine: Engine, config: Config, tables: Path) -> bool:
    """Whether anybody ever bought anything."""
    channels = ", ".join(literal(channel) for channel in config.channels.money)
    engine.register("events", tables / "events.parquet")
    bought = f"channel IN ({channels or 'NULL'}) AND channel <> 'return' AND value > 0"
    return bool(engine.rows(f"SELECT count(*) > 0 FROM events WHERE {bought}")[0][0])
