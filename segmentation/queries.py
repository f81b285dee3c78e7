"""Table to table expressions as SQL text: rows judged, tags weighed and summed.

They keep to SQL that sqlglot carries over to Spark; anything of one engine alone lives elsewhere.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from segmentation.engine import literal
from segmentation.events import Contract

DAY = 86_400_000_000  # microseconds


def timestamp(moment: datetime) -> str:
    """Write an instant as a UTC timestamp without zone."""
    return f"CAST('{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}' AS TIMESTAMP)"


def judged(typed: str, contract: Contract, *, money: Sequence[str], latest: datetime) -> str:
    """Add to every typed row the reason it is bad, null when it is good.

    The row's `__reason` (it was torn) and `__unread` (a value is not of its type) come first.
    """
    terms = {"money": ", ".join(literal(name) for name in money) or "NULL"}
    terms["latest"] = timestamp(latest)
    cases = " ".join(
        f"WHEN {rule.broken.format(**terms)} THEN '{rule.reason}'" for rule in contract.rules
    )
    columns = ", ".join(contract.names)
    return (
        f"SELECT {columns}, __file, __row, __raw, CASE WHEN NOT __reason IS NULL THEN __reason "
        f"WHEN __unread THEN 'wrong_type' {cases} END AS reason FROM ({typed}) AS typed"
    )


def valid(rows: str, contract: Contract) -> str:
    """Keep the good rows in the one order that files and batches cannot change, or as they came."""
    columns = ", ".join(contract.names)
    order = ", ".join(f"{name} NULLS LAST" for name in contract.names)
    if contract.ordered:
        order = "__file, __row"
    return f"SELECT {columns} FROM ({rows}) AS judged WHERE reason IS NULL ORDER BY {order}"


def quarantined(rows: str) -> str:
    """Keep the bad rows: where each came from, why it is bad, and how it looked."""
    return (
        "SELECT __file AS source, __row AS row, reason, __raw AS raw "
        f"FROM ({rows}) AS judged WHERE NOT reason IS NULL"
    )


def nothing_typed(contract: Contract) -> str:
    """Give the typed rows of an input that is absent: none."""
    kinds = {column.name: column.sql_type for column in contract.columns}
    kinds |= {"__file": "VARCHAR", "__row": "BIGINT", "__reason": "VARCHAR", "__raw": "VARCHAR"}
    kinds["__unread"] = "BOOLEAN"
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in kinds.items())
    return f"SELECT {columns} WHERE 1 = 0"


def people() -> str:
    """List everyone whom events, labels or exposures name, bytewise."""
    tables = " UNION ".join(
        f"SELECT user_id FROM {table}" for table in ("events", "labels", "exposures")
    )
    return f"SELECT user_id FROM ({tables}) AS named ORDER BY user_id"


def decay(as_of: datetime | None, half_life_days: float) -> str:
    """Weigh an event of `events` by its age; one without a time has none."""
    if as_of is None:
        return "CAST(1 AS DOUBLE)"
    age = f"GREATEST(COALESCE(DATE_DIFF('microsecond', ts, {timestamp(as_of)}), 0), 0)"
    return halved(age, half_life_days)


def halved(age: str, half_life_days: float) -> str:
    """Return what is left of a weight at an age in microseconds."""
    return f"POWER(CAST(2 AS DOUBLE), -CAST({age} AS DOUBLE) / {half_life_days * DAY!r})"


def typical_values() -> str:
    """Give each channel's lower median of positive values: an amount that did occur.

    It is found by counting, so that no list of all values is held.
    """
    counted = (
        "SELECT channel, value, COUNT(*) AS times FROM events WHERE value > 0 "
        "GROUP BY channel, value"
    )
    ranked = (
        "SELECT channel, value, SUM(times) OVER (PARTITION BY channel ORDER BY value) AS reached, "
        f"SUM(times) OVER (PARTITION BY channel) AS total FROM ({counted}) AS counted"
    )
    return (
        f"SELECT channel, MIN(value) AS typical FROM ({ranked}) AS ranked "
        "WHERE 2 * reached >= total GROUP BY channel"
    )


def extended_typical() -> str:
    """Give the table `known_typical`, and the usual values of channels it does not hold."""
    return (
        "SELECT channel, typical FROM known_typical UNION ALL "
        f"SELECT channel, typical FROM ({typical_values()}) AS found "
        "WHERE NOT channel IN (SELECT channel FROM known_typical)"
    )


def tastes(is_taste: str) -> str:
    """Set each event's value against what is typical of its channel, from the table `typical`.

    Dividing by the channel's own median makes its scale immaterial. How often somebody does a thing
    tells more than how much of it they do at once, so an event counts the fourth root of its
    value. Whoever looks at a content does one thing, however many tags it has: the rows of one act,
    those of the same person, content, channel and time, share its weight.
    """
    ratio = "COALESCE(SQRT(SQRT(events.value / typical.typical)), 0)"
    act = "events.user_id, events.content_id, events.channel, events.ts"
    known = f"FROM events LEFT JOIN typical ON events.channel = typical.channel WHERE {is_taste}"
    columns = "events.user_id, events.tag, events.ts"
    return (
        f"SELECT {columns}, {ratio} AS ratio {known} AND events.content_id IS NULL UNION ALL "
        f"SELECT {columns}, {ratio} / COUNT(*) OVER (PARTITION BY {act}) AS ratio "
        f"{known} AND NOT events.content_id IS NULL"
    )


def is_taste(channel_condition: str) -> str:
    """Say which events speak of a taste: those of some channels; a negative amount is none."""
    return f"events.value >= 0 AND {channel_condition}"


def tag_names(tables: Sequence[str]) -> str:
    """Number all tags of some tables bytewise from 0."""
    together = " UNION ALL ".join(f"SELECT tag FROM ({table}) AS source" for table in tables)
    names = f"SELECT DISTINCT tag FROM ({together}) AS tagged"
    return f"SELECT tag, ROW_NUMBER() OVER (ORDER BY tag) - 1 AS number FROM ({names}) AS names"


def refusals(purpose: str = "segmentation") -> str:
    """List those who refused a purpose, or every purpose without allowing this one."""
    allowed = f"SELECT user_id FROM consent WHERE granted AND purpose = {literal(purpose)}"
    return (
        "SELECT user_id FROM consent WHERE NOT granted AND user_id IS NOT NULL AND "
        f"(purpose = {literal(purpose)} OR (purpose = '*' AND user_id NOT IN ({allowed})))"
    )
