"""What was known strictly before each asked moment, counted in the engine."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow

from models.evidence import COUNTS, USER
from models.shrinkage import FloatArray
from segmentation.config import ChannelsConfig
from segmentation.engine import Engine
from segmentation.exposures import DAY, channel_list, is_consumption, keep

MONTH = 30 * DAY
FEW_MOMENTS = 3
Totals: TypeAlias = Callable[[Sequence[str], Sequence[str]], str]
"""Writes SQL that adds up the table `fact` before each moment of the table `ask`, by keys."""
SHARES = ("exposures", "shares")
SHARE_KEYS = {
    "crowd": ("everybody",),
    "content": ("item",),
    "author": ("author_code",),
    "tag": ("theme",),
    "circle": ("circle",),
    "circle_tag": ("circle", "theme"),
}
JOINS = {
    "author_code": "JOIN item USING (item)",
    "theme": "JOIN item_theme USING (item)",
    "circle": "JOIN person USING (person)",
}
KNOWN = {"author_code": "author IS NOT NULL", "circle": "circle >= 0"}


def build_logs(engine: Engine, channels: ChannelsConfig) -> None:
    """Make the dated facts that counts are taken from; needs the tables of `build_exposures`.

    An exposure is a fact from its time on, a share from the time it became known, a tie without
    a time from the beginning.
    """
    keep(engine, "act", acts(channels))
    keep(engine, "tie", ties())
    build_facts(engine)


def build_facts(engine: Engine) -> None:
    """Lay out the facts of the tables `exposure`, `act` and `tie` as they are counted."""
    keep(engine, "share_fact", """
        SELECT person, item, moment, 1 AS exposures, 0 AS shares FROM exposure
        UNION ALL
        SELECT person, item, known_at, 0, 1 FROM exposure WHERE shared = 1""")  # fmt: skip
    keep(engine, "user_fact", user_facts())


def counts_before(engine: Engine, asked: str) -> dict[str, FloatArray]:
    """Return the `COUNTS` of every row of the table `asked` (row, person, item, moment), by row."""
    ((moments,),) = engine.rows(f"SELECT count(DISTINCT moment) FROM {asked}")
    totals = totals_at if moments <= FEW_MOMENTS else running_totals
    table = engine.execute(known_before(asked, totals))
    return {name: as_floats(table, name) for name in COUNTS}


def as_floats(table: pyarrow.Table, column: str) -> FloatArray:
    """Return a column as float64; null becomes NaN."""
    values = table.column(column).cast(pyarrow.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64)


def acts(channels: ChannelsConfig) -> str:
    """Dated events with the role that matters; `private` ones are consumption."""
    voice = channel_list(channels.voice)
    private = is_consumption(channels)
    return f"""
        SELECT person, theme, epoch_us(ts) AS moment,
               CAST(channel IN {voice} AS INTEGER) AS voice,
               CAST({private} AS INTEGER) AS private
        FROM events JOIN person USING (user_id) JOIN theme USING (tag) WHERE ts IS NOT NULL"""


def user_facts() -> str:
    """Everything that adds to a user's past."""
    return """
        SELECT person, moment, exposures, shares, 0 AS events, 0 AS voice, 0 AS private, 0 AS ties
        FROM share_fact
        UNION ALL SELECT person, moment, 0, 0, 1, voice, private, 0 FROM act
        UNION ALL SELECT person, moment, 0, 0, 0, 0, 0, 1 FROM tie"""


def ties() -> str:
    """Each end of each tie and when it began."""
    return """
        SELECT person, coalesce(epoch_us(ts), 0) AS moment
        FROM (SELECT src AS user_id, ts FROM edges WHERE src <> dst
              UNION ALL SELECT dst, ts FROM edges WHERE src <> dst)
        JOIN person USING (user_id)"""


def known_before(asked: str, totals: Totals) -> str:
    """Join every count to its asked row; what was never seen counts 0."""
    parts = {name: shares_before(asked, name, totals, by=by) for name, by in SHARE_KEYS.items()}
    parts |= {"user": users_before(asked, totals), "taste": tastes_before(asked, totals)}
    joins = "\n".join(
        f"LEFT JOIN ({sql}) AS of_{name} ON of_{name}.row = asked.row"
        for name, sql in parts.items()
    )
    counts = ", ".join(f"coalesce({name}, 0) AS {name}" for name in COUNTS[2:])
    return f"""
        SELECT asked.row AS row, asked.moment AS moment, user_last_at, {counts}
        FROM {asked} AS asked {joins} ORDER BY asked.row"""


def shares_before(asked: str, name: str, totals: Totals, *, by: Sequence[str]) -> str:
    """Past exposures and shares of all that has the same `by` as the asked row."""
    counts = ", ".join(f"CAST(sum({count}) AS BIGINT) AS {name}_{count}" for count in SHARES)
    return f"""
        WITH ask AS ({described(asked, by, ("row",))}),
        fact AS (
            SELECT * FROM ({described("share_fact", by, SHARES)})
            SEMI JOIN ask USING ({", ".join(by)})),
        known AS ({totals(by, SHARES)})
        SELECT row, {counts} FROM ask JOIN known USING ({", ".join(by)}, moment) GROUP BY row"""


def users_before(asked: str, totals: Totals) -> str:
    """A user's past: totals, the last month as a difference of two, and the last sign of life."""
    counts = ", ".join(f"CAST(known.{name} AS BIGINT) AS user_{name}" for name in USER)
    return f"""
        WITH question AS (SELECT row, person, moment FROM {asked}),
        ask AS (SELECT person, moment FROM question
                UNION ALL SELECT person, moment - {MONTH} FROM question),
        fact AS (SELECT * FROM user_fact SEMI JOIN question USING (person)),
        known AS ({totals(("person",), USER)})
        SELECT row, {counts}, known.latest AS user_last_at,
               CAST(known.events - coalesce(month.events, 0) AS BIGINT) AS user_events_30d
        FROM question
        JOIN known ON known.person = question.person AND known.moment = question.moment
        LEFT JOIN known AS month
          ON month.person = question.person AND month.moment = question.moment - {MONTH}"""


def tastes_before(asked: str, totals: Totals) -> str:
    """How often a user consumed the tags of the asked content."""
    by = ("person", "theme")
    return f"""
        WITH ask AS ({described(asked, by, ("row",))}),
        fact AS (
            SELECT person, theme, moment, private FROM act SEMI JOIN ask USING (person, theme)),
        known AS ({totals(by, ("private",))})
        SELECT row, CAST(sum(private) AS BIGINT) AS user_tag_private
        FROM ask JOIN known USING (person, theme, moment) GROUP BY row"""


def running_totals(by: Sequence[str], counts: Sequence[str]) -> str:
    """Add up the table `fact` before each moment of the table `ask`, that moment left out.

    At equal moments an asked row comes before every fact, so it sees none of them. `latest` is
    the moment of the last fact that is an act, where facts say so.
    """
    keys, has_acts = ", ".join(by), "events" in counts
    acted = "CASE WHEN events > 0 THEN moment END" if has_acts else "NULL"
    sums = ", ".join(f"sum({name}) OVER earlier AS {name}" for name in counts)
    return f"""
        SELECT * FROM (
            SELECT {keys}, moment, turn, {sums}, max(acted) OVER earlier AS latest FROM (
                SELECT {keys}, moment, 1 AS turn, {", ".join(counts)},
                       CAST({acted} AS BIGINT) AS acted FROM fact
                UNION ALL
                SELECT DISTINCT {keys}, moment, 0, {", ".join("0" for _ in counts)},
                       CAST(NULL AS BIGINT) FROM ask)
            WINDOW earlier AS (PARTITION BY {keys} ORDER BY moment, turn
                               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
        WHERE turn = 0"""


def totals_at(by: Sequence[str], counts: Sequence[str]) -> str:
    """Do as `running_totals` for a few moments: each fact is added once to each later moment.

    Keys without any fact before a moment have no line.
    """
    keys, has_acts = ", ".join(by), "events" in counts
    acted = "max(CASE WHEN events > 0 THEN fact.moment END)" if has_acts else "NULL"
    sums = ", ".join(f"sum({name}) AS {name}" for name in counts)
    return f"""
        SELECT {keys}, asked_at.moment AS moment, {sums}, {acted} AS latest
        FROM fact JOIN (SELECT DISTINCT moment FROM ask) AS asked_at
          ON fact.moment < asked_at.moment
        GROUP BY {keys}, asked_at.moment"""


def described(table: str, by: Sequence[str], columns: Sequence[str]) -> str:
    """Return a table's moments and columns with the keys `by`, a line for each tag if asked.

    Contents without an author and people without a circle have no line under that key.
    """
    joins = "".join(f" {join}" for key, join in JOINS.items() if key in by)
    known = [condition for key, condition in KNOWN.items() if key in by]
    where = f" WHERE {' AND '.join(known)}" if known else ""
    keys = ", ".join("0 AS everybody" if key == "everybody" else key for key in by)
    return f"SELECT {keys}, moment, {', '.join(columns)} FROM {table}{joins}{where}"
