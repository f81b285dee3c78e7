"""The queries are plain enough for another engine."""

from datetime import UTC, datetime

import pytest

from segmentation import queries
from segmentation.dialect import for_spark
from segmentation.events import CONTRACTS
from segmentation.habits import HABITS, Habits
from segmentation.reading import READ

NOW = datetime(2026, 11, 1, tzinfo=UTC)
EVENTS = CONTRACTS["events"]
JUDGED = queries.judged(queries.nothing_typed(EVENTS), EVENTS, money=["purchase"], latest=NOW)
TABLES = {
    "judged": JUDGED,
    "valid": queries.valid(JUDGED, EVENTS),
    "quarantined": queries.quarantined(JUDGED),
    "people": queries.people(),
    "typical_values": queries.typical_values(),
    "extended_typical": queries.extended_typical(),
    "tastes": queries.tastes(queries.is_taste("events.channel IN ('a')")),
    "tag_names": queries.tag_names([queries.tastes("1 = 1"), "SELECT tag FROM habit_rows"]),
    "refusals": queries.refusals(),
    **{name: habit(Habits(("purchase",), NOW, 90.0)) for name, habit in HABITS.items()},
    **{
        f"{kind} of {sql_type}": f"SELECT {reading('x', sql_type)} FROM t"
        for kind, reading in READ.items()
        for sql_type in ("VARCHAR", "DOUBLE", "TIMESTAMP", "BIGINT")
    },
}


@pytest.mark.parametrize("name", TABLES)
def test_a_query_carries_over_to_spark(name):
    """sqlglot reads each query and writes it for Spark without a complaint."""
    statement = for_spark(TABLES[name])

    assert statement.startswith(("SELECT", "WITH"))
