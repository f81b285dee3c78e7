"""What people are expected to spend, forecast from their purchases and tested on later ones."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from models.purchases import LEVEL, Forecast, Record, fit_buying, forecast_spend, reach_of
from segmentation.config import ChannelsConfig
from segmentation.engine import Engine, literal
from segmentation.people import DAY_US, FIXED_POINT, MOST, by_person, fixed, microseconds, timestamp

FloatArray = NDArray[np.float64]
FEWEST = 50  # customers below which no model of buying is claimed to be tested


@dataclass(frozen=True)
class Worth:
    """Expected value by person with its 80 % interval (NaN: none is known), and on what basis."""

    expected: FloatArray
    low: FloatArray
    high: FloatArray
    report: dict[str, Any]


def spend_worth(
    engine: Engine, channels: ChannelsConfig, tables: Path, *, as_of: datetime, horizon_days: float
) -> Worth:
    """Expect everyone's net spend over the horizon; who never bought is expected to spend 0."""
    reach = learned_reach(engine, channels, tables, moment=as_of, horizon_days=horizon_days)
    found = forecast(engine, channels, tables, moment=as_of, horizon_days=horizon_days, reach=reach)
    report = {
        "basis": "spend",
        "horizon_days": horizon_days,
        "model": "BG/NBD with credible baskets",
        "level": LEVEL,
        "reach": reach,
        "held_out": held_out(engine, channels, tables, as_of=as_of, horizon_days=horizon_days),
    }
    return Worth(found.expected, found.low, found.high, report)


def learned_reach(
    engine: Engine, channels: ChannelsConfig, tables: Path, *, moment: datetime, horizon_days: float
) -> float:
    """Learn from the horizon before a moment how far intervals must reach to hold as they say."""
    cut = moment - timedelta(days=horizon_days)
    bought = by_person(engine, tables, purchases_until(channels, cut))["days"] > 0
    if bought.sum() < FEWEST:
        return LEVEL
    found = forecast(engine, channels, tables, moment=cut, horizon_days=horizon_days)
    spent = by_person(engine, tables, spent_between(channels, cut, moment))["amount"]
    known = Forecast(*(values[bought] for values in vars(found).values()))
    return reach_of(known, spent[bought])


def forecast(
    engine: Engine,
    channels: ChannelsConfig,
    tables: Path,
    *,
    moment: datetime,
    horizon_days: float,
    reach: float = LEVEL,
) -> Forecast:
    """Forecast everyone's spend from what was known at a moment."""
    columns = by_person(engine, tables, purchases_until(channels, moment))
    bought = columns["days"] > 0
    if not bought.any():
        return Forecast(*(np.zeros(len(bought)) for _ in fields(Forecast)))
    first, last = columns["first_us"][bought], columns["last_us"][bought]
    record = Record(
        repeats=columns["days"][bought].astype(np.int64) - 1,
        recency_days=(last - first) / DAY_US,
        age_days=np.maximum((microseconds(moment) - first) / DAY_US, 0.0),
        amount=columns["amount"][bought],
        squares=columns["squares"][bought],
    )
    found = forecast_spend(record, fit_buying(record), horizon_days=horizon_days, reach=reach)
    return Forecast(*(spread(values, bought) for values in vars(found).values()))


def held_out(
    engine: Engine, channels: ChannelsConfig, tables: Path, *, as_of: datetime, horizon_days: float
) -> dict[str, Any] | None:
    """Forecast the last horizon from before it, beside recency-frequency-money and last month."""
    cut = as_of - timedelta(days=horizon_days)
    columns = by_person(engine, tables, purchases_until(channels, cut))
    known = columns["days"] > 0
    if known.sum() < FEWEST:
        return None
    reach = learned_reach(engine, channels, tables, moment=cut, horizon_days=horizon_days)
    found = forecast(engine, channels, tables, moment=cut, horizon_days=horizon_days, reach=reach)
    spent = by_person(engine, tables, spent_between(channels, cut, as_of))["amount"][known]
    before = cut - timedelta(days=horizon_days)
    month = by_person(engine, tables, spent_between(channels, before, cut))["amount"][known]
    inside = (found.low[known] <= spent) & (spent <= found.high[known])
    return {
        "customers": int(known.sum()),
        "spent": float(spent.sum()),
        "forecast": judged(found.expected[known], spent),
        "last_month": judged(month, spent),
        "rfm": judged(rfm_score({name: column[known] for name, column in columns.items()}), spent),
        "coverage": float(inside.mean()),
        "coverage_where_open": float(inside[found.high[known] > 0].mean())
        if (found.high[known] > 0).any()
        else None,
    }


def judged(guess: FloatArray, spent: FloatArray) -> dict[str, float]:
    """Compare a guess with what was spent: its sum, its error, and how it orders customers."""
    told_apart = len(np.unique(guess)) > 1 and len(np.unique(spent)) > 1
    top = np.argsort(-guess, kind="stable")[: max(len(guess) // 10, 1)]
    return {
        "sum": float(guess.sum()),
        "mean_absolute_error": float(np.abs(guess - spent).mean()),
        "rank_correlation": float(spearmanr(guess, spent).statistic) if told_apart else 0.0,
        "share_of_spend_in_best_tenth": float(spent[top].sum() / max(spent.sum(), 1e-12)),
    }


def rfm_score(columns: dict[str, FloatArray]) -> FloatArray:
    """The usual score: quintiles of recency, frequency and money added up."""
    parts = (columns["last_us"], columns["days"], columns["amount"])
    ranks = [np.argsort(np.argsort(part, kind="stable"), kind="stable") for part in parts]
    score: FloatArray = sum(1.0 + rank * 5 // len(rank) for rank in ranks) + np.zeros(len(ranks[0]))
    return score


def purchases_until(channels: ChannelsConfig, moment: datetime) -> str:
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


def spent_between(channels: ChannelsConfig, start: datetime, end: datetime) -> str:
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


def spread(values: FloatArray, rows: NDArray[np.bool_]) -> FloatArray:
    """Put the values of some at their rows, and 0 at the others."""
    column = np.zeros(len(rows))
    column[rows] = values
    return column
