"""How people live, as tags: labels, rhythm, channel mix, tempo and spending, as SQL text.

Each habit is a query over the valid tables that gives `user_id, tag, weight`, the weight in units
of 2^-20 so that sums are exact in any order. A habit has no strength of its own: it weighs one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.weights import UNIT
from segmentation.engine import literal
from segmentation.queries import decay, timestamp

LEAN = 1.3  # a habit is a share of one's events this much above the crowd's
LEAST_EVENTS = 3
TEMPO_DAYS = 90
TEMPOS = (("daily", 15.0), ("weekly", 4.0), ("monthly", 1.0))  # active days in 30, at least
PREFIXES = ("label:", "hour:", "channel:", "tempo:", "spend:", "app:")


@dataclass(frozen=True)
class Habits:
    """What the habit queries depend on: the money channels, the clock and the rate of forgetting.

    `as_of` is None when the source has no time.
    """

    money: Sequence[str]
    as_of: datetime | None
    half_life_days: float


def labels(habits: Habits) -> str:
    """Take each label as a tag: `label:household=mom`."""
    return (
        "SELECT DISTINCT user_id, CONCAT('label:', namespace, '=', label) AS tag, "
        f"{UNIT} AS weight FROM labels"
    )


def rhythm(habits: Habits) -> str:
    """Name the parts of the week in which a person is about more than others."""
    day = "CASE WHEN EXTRACT(isodow FROM ts) >= 6 THEN 'weekend' ELSE 'weekday' END"
    part = (
        "CASE WHEN HOUR(ts) < 6 THEN 'night' WHEN HOUR(ts) < 12 THEN 'morning' "
        "WHEN HOUR(ts) < 18 THEN 'afternoon' ELSE 'evening' END"
    )
    return leaning(f"CONCAT('hour:', {day}, '-', {part})", "NOT ts IS NULL", habits)


def channels(habits: Habits) -> str:
    """Name the channels a person uses more than others do."""
    return leaning("CONCAT('channel:', channel)", "1 = 1", habits)


def leaning(tag: str, condition: str, habits: Habits) -> str:
    """Give each user the tags whose share of their events is above the crowd's."""
    seen = f"CAST(ROUND({UNIT} * {decay(habits.as_of, habits.half_life_days)}) AS BIGINT)"
    counted = (
        f"SELECT user_id, {tag} AS tag, COUNT(*) AS events, CAST(SUM({seen}) AS DOUBLE) AS seen "
        f"FROM events WHERE {condition} GROUP BY user_id, {tag}"
    )
    # The crowd is joined, not a window over everybody, which one machine of many would hold.
    shares = (
        f"WITH counted AS (SELECT * FROM ({counted}) AS every WHERE seen > 0), "
        "crowd AS (SELECT tag, SUM(seen) AS seen FROM counted GROUP BY tag), "
        "whole AS (SELECT SUM(seen) AS seen FROM counted) "
        "SELECT counted.user_id, counted.tag, counted.events, "
        "counted.seen / SUM(counted.seen) OVER (PARTITION BY counted.user_id) AS own, "
        "crowd.seen / whole.seen AS crowd "
        "FROM counted JOIN crowd ON counted.tag = crowd.tag CROSS JOIN whole"
    )
    return (
        f"SELECT user_id, tag, {UNIT} AS weight FROM ({shares}) AS shares "
        f"WHERE events >= {LEAST_EVENTS} AND own >= {LEAN} * crowd"
    )


def tempo(habits: Habits) -> str:
    """Say how often a person is about, by active days of the last 90.

    Who is about less than once a month has no tempo: that says how little is known of a person,
    not how they live, and would make a second circle of each lifestyle's light users.
    """
    if habits.as_of is None:
        return nothing()
    last = timestamp(habits.as_of)
    # Between dates: between moments engines differ in what a day is.
    age = f"DATE_DIFF('day', CAST(ts AS DATE), CAST({last} AS DATE))"
    span = (
        f"(SELECT GREATEST(LEAST(MAX({age}) + 1, {TEMPO_DAYS}), 1) FROM events "
        "WHERE NOT ts IS NULL)"
    )
    active = (
        f"SELECT user_id, COUNT(DISTINCT CASE WHEN {age} < {TEMPO_DAYS} "
        f"THEN CAST(ts AS DATE) END) * 30.0 / {span} AS rate "
        "FROM events WHERE NOT ts IS NULL GROUP BY user_id"
    )
    bands = " ".join(f"WHEN rate >= {least} THEN 'tempo:{name}'" for name, least in TEMPOS)
    return (
        f"SELECT user_id, CASE {bands} END AS tag, {UNIT} AS weight "
        f"FROM ({active}) AS active WHERE rate >= {TEMPOS[-1][1]}"
    )


def spending(habits: Habits) -> str:
    """Put buyers into quarters by what they spent, returns taken off; equal sums share one."""
    money = ", ".join(literal(channel) for channel in habits.money) or "NULL"
    spent = (
        "SELECT user_id, SUM(TRY_CAST(value AS DECIMAL(30, 4))) AS spent FROM events "
        f"WHERE channel IN ({money}) GROUP BY user_id"
    )
    ranked = (
        "SELECT user_id, PERCENT_RANK() OVER (ORDER BY spent) AS place "
        f"FROM ({spent}) AS sums WHERE spent > 0"
    )
    return (
        "SELECT user_id, CASE WHEN place >= 0.75 THEN 'spend:top' "
        "WHEN place >= 0.5 THEN 'spend:high' WHEN place >= 0.25 THEN 'spend:middle' "
        f"ELSE 'spend:low' END AS tag, {UNIT} AS weight FROM ({ranked}) AS ranked"
    )


def apps(habits: Habits) -> str:
    """Take each app family a person uses as a tag: `app:maps`."""
    return (
        f"SELECT DISTINCT user_id, CONCAT('app:', tag) AS tag, {UNIT} AS weight "
        "FROM events WHERE channel = 'app' AND value > 0"
    )


def nothing() -> str:
    """Give no tag to anyone."""
    return "SELECT user_id, user_id AS tag, 0 AS weight FROM people WHERE 1 = 0"


HABITS: dict[str, Callable[[Habits], str]] = {
    "labels": labels,
    "rhythm": rhythm,
    "channels": channels,
    "tempo": tempo,
    "spending": spending,
    "apps": apps,
}
