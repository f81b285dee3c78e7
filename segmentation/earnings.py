"""What people earned over the windows a policy names: spend, points, visits, shares, labels."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segmentation.config import ChannelsConfig
from segmentation.engine import Engine, literal
from segmentation.people import FIXED_POINT, by_person, fixed, timestamp
from segmentation.policy import Measure, Policy

FloatArray = NDArray[np.float64]


def earnings(
    engine: Engine,
    channels: ChannelsConfig,
    policies: Sequence[Policy],
    tables: Path,
    *,
    as_of: datetime | None,
) -> dict[str, FloatArray]:
    """Count every measure of some policies for each person, under the key of its definition.

    Without any time all there is lies in one window.
    """
    asked = {
        measure.key(policy.points): sql_of(measure, policy.points, channels, as_of)
        for policy in policies
        for measure in policy.measures
    }
    engine.register("labels", tables / "labels.parquet")
    return {key: by_person(engine, tables, sql)["earned"] for key, sql in asked.items()}


def sql_of(
    measure: Measure, points: Mapping[str, float], channels: ChannelsConfig, as_of: datetime | None
) -> str:
    """Return SQL for what each user earned, as `earned`."""
    if measure.counts == "label":
        namespace, _, label = measure.label.partition("=")
        named = f"namespace = {literal(namespace)} AND label = {literal(label)}"
        return f"SELECT DISTINCT user_id, 1 AS earned FROM labels WHERE {named}"
    total = counted(measure, points, channels)
    now, since = windows(measure, as_of)
    columns = ", ".join(
        f"{total} FILTER ({inside}) AS earned_{n}" for n, inside in enumerate(since)
    )
    unit = 1 if measure.counts == "visits" else FIXED_POINT
    greatest = ", ".join(f"coalesce(earned_{n}, 0) / {unit}" for n in range(len(since)))
    return f"""
        SELECT user_id, greatest({greatest}) AS earned FROM (
            SELECT user_id, {columns}
            FROM (SELECT *, min(ts) OVER (PARTITION BY user_id) AS first FROM events WHERE {now})
            GROUP BY user_id)
        """


def counted(measure: Measure, points: Mapping[str, float], channels: ChannelsConfig) -> str:
    """Return the SQL aggregate of what a measure counts."""
    amount = "(CASE WHEN channel = 'return' THEN -abs(value) ELSE value END)"
    if measure.counts == "visits":
        return "count(DISTINCT CAST(ts AS DATE))"
    if measure.counts == "spend":
        return summed(f"CASE WHEN {among(channels.money)} THEN {amount} ELSE 0 END")
    if measure.counts == "points":
        earned = " ".join(
            f"WHEN channel = {literal(channel)} THEN {float(worth)!r}"
            f"{f' * {amount}' if channel in channels.money else ''}"
            for channel, worth in points.items()
        )
        return summed(f"CASE {earned} ELSE 0 END")
    role = channels.sharing if measure.counts == "shares" else channels.invitations
    return summed(f"CAST({among(role)} AS INTEGER)")


def windows(measure: Measure, as_of: datetime | None) -> tuple[str, list[str]]:
    """Return the condition for what is known, and one for each window that counts alone."""
    if as_of is None:
        return "TRUE", ["WHERE TRUE"]
    now = timestamp(as_of)
    known = f"ts IS NULL OR ts <= {now}"
    if measure.window == "lifetime":
        return known, ["WHERE TRUE"]
    if measure.window == "rolling":
        seconds = round(measure.days * 86_400)
        return known, [f"WHERE ts > {now} - INTERVAL {seconds} SECONDS"]
    if measure.window == "calendar":
        start, one = f"date_trunc('{measure.period}', {now})", f"INTERVAL 1 {measure.period}"
        before = f"({start} - {one})"
    else:
        years = f"CAST(date_sub('year', first, {now}) AS INTEGER)"
        start, before = f"(first + to_years({years}))", f"(first + to_years({years} - 1))"
    return known, [f"WHERE ts >= {start}", f"WHERE ts >= {before} AND ts < {start}"]


def summed(amount: str) -> str:
    """Return a sum in fixed point, which no order of rows changes."""
    return f"sum({fixed(amount)})"


def among(names: Sequence[str]) -> str:
    """Return the condition that an event's channel is one of some."""
    return f"channel IN ({', '.join(literal(name) for name in names) or 'NULL'})"
