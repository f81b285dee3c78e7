"""Who was about since the run before, and for as long a time before that."""

from datetime import datetime, timedelta
from pathlib import Path

from models.lineage import Presence
from segmentation.engine import Engine
from segmentation.people import by_person, timestamp

LEAST = timedelta(days=7)
"""Of less time than a week between two runs nothing is said: hardly anybody is about twice."""


def presence(
    engine: Engine, tables: Path, *, then: datetime | None, now: datetime | None
) -> Presence | None:
    """Find who of `people.parquet` was about in the time up to each run; None where unknown.

    It is unknown when the events do not go back so far, or have no time.
    """
    if then is None or now is None or now - then < LEAST:
        return None
    begin = then - (now - then)
    found = by_person(
        engine,
        tables,
        f"""
        SELECT user_id,
               max(CASE WHEN ts <= {timestamp(then)} THEN 1 ELSE 0 END) AS before,
               max(CASE WHEN ts > {timestamp(then)} THEN 1 ELSE 0 END) AS after
        FROM events WHERE ts > {timestamp(begin)} AND ts <= {timestamp(now)} GROUP BY user_id
        """,
    )
    known = Presence(found["before"] > 0, found["after"] > 0)
    return known if known.before.any() and known.after.any() else None
