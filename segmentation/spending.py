"""What customers bought and spent, by person, as known at a moment."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.purchases import Record
from segmentation.config import ChannelsConfig
from segmentation.engine import Engine, literal
from segmentation.people import DAY_US, FIXED_POINT, MOST, by_person, fixed, microseconds, timestamp

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Purchases:
    """Purchases as known at a moment: the columns of everyone, and who ever `bought`."""

    moment: datetime
    columns: dict[str, FloatArray]
    bought: BoolArray

    @property
    def record(self) -> Record:
        """What is known of those who bought."""
        first, last, days, amount, squares = (
            self.columns[name][self.bought]
            for name in ("first_us", "last_us", "days", "amount", "squares")
        )
        return Record(
            repeats=days.astype(np.int64) - 1,
            recency_days=(last - first) / DAY_US,
            age_days=np.maximum((microseconds(self.moment) - first) / DAY_US, 0.0),
            amount=amount,
            squares=squares,
        )


def purchases_at(
    engine: Engine, channels: ChannelsConfig, tables: Path, *, moment: datetime
) -> Purchases:
    """Read everyone's purchases up to a moment."""
    columns = by_person(engine, tables, bought_until(channels, moment))
    return Purchases(moment, columns, columns["days"] > 0)


def spent_between(
    engine: Engine, channels: ChannelsConfig, tables: Path, *, after: datetime, until: datetime
) -> FloatArray:
    """Return everyone's net money after one moment, up to another."""
    return by_person(engine, tables, net_money(channels, after, until))["amount"]


def bought_until(channels: ChannelsConfig, moment: datetime) -> str:
    """Return SQL for each customer's days with a purchase, and their net money, up to a moment."""
    day = f"""
        SELECT user_id, date_trunc('day', ts) AS day, max(epoch_us(ts)) AS at,
               sum({fixed(money())}) / {FIXED_POINT} AS net,
               bool_or(channel <> 'return' AND value > 0) AS bought
        FROM events WHERE {among(channels)} AND ts <= {timestamp(moment)}
        GROUP BY user_id, date_trunc('day', ts)
        """
    squared = fixed(f"CASE WHEN bought THEN least(net * net, {MOST}) ELSE 0 END")
    return f"""
        SELECT user_id, count(*) FILTER (bought) AS days,
               min(epoch_us(day)) FILTER (bought) AS first_us,
               max(epoch_us(day)) FILTER (bought) AS last_us,
               sum({fixed("net")}) / {FIXED_POINT} AS amount,
               sum({squared}) / {FIXED_POINT} AS squares
        FROM ({day}) GROUP BY user_id
        """


def net_money(channels: ChannelsConfig, start: datetime, end: datetime) -> str:
    """Return SQL for each customer's net money after one moment, up to another."""
    inside = f"ts > {timestamp(start)} AND ts <= {timestamp(end)}"
    return f"""
        SELECT user_id, sum({fixed(money())}) / {FIXED_POINT} AS amount
        FROM events WHERE {among(channels)} AND {inside} GROUP BY user_id
        """


def money() -> str:
    """The SQL of an event's net money; a return takes away, whatever its sign."""
    amount = "CASE WHEN channel = 'return' THEN -abs(value) ELSE value END"
    return f"least(greatest({amount}, -{MOST}), {MOST})"


def among(channels: ChannelsConfig) -> str:
    """The condition that an event is of money."""
    return f"channel IN ({', '.join(literal(channel) for channel in channels.money)})"
