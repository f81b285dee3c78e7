"""Who saw what, whether they shared it, and when that became known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow
from pyarrow import parquet

from segmentation.config import ChannelsConfig, Config
from segmentation.engine import Engine, literal
from segmentation.tags import is_sensitive

DAY = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ENOUGH_DELAYS = 100
SETTLED_SHARE = 0.99


@dataclass(frozen=True)
class ExposureReport:
    """How many exposures there are and how many may teach.

    `open` ones are too recent for their outcome to be known and are left out whether shared or
    not; `undated` ones carry no time. `settling_days` is how long an outcome takes to be known.
    """

    derived: bool
    exposures: int
    shares: int
    open: int
    undated: int
    settling_days: float


def build_exposures(
    engine: Engine, config: Config, *, tables: Path, as_of: datetime | None
) -> ExposureReport:
    """Make the table `exposure` of (row, person, item, moment, shared, known_at, settled).

    Needs the table `person` (person, user_id, circle). Given exposures are taken as they are; else
    the first time somebody did anything but share a content is an exposure, and a share of it
    within the horizon is its outcome. `row` numbers exposures by time, person and item; times
    are UTC microseconds. A share counts as known from its own time on when a share event tells it,
    else from the exposure on.
    """
    for table in ("events", "exposures", "content", "edges"):
        engine.register(table, tables / f"{table}.parquet")
    _build_items(engine, denied=config.privacy.sensitive_tags)
    given = _count(engine, "exposures")
    horizon = round(config.sharing.horizon_days * DAY)
    seen = given_exposures() if given else derived_exposures(config.channels)
    keep(engine, "share_act", share_acts(config.channels))
    keep(engine, "outcome", outcomes(seen, horizon=horizon, given=bool(given)))
    settling = _settling(engine, as_of, horizon)
    keep(engine, "exposure", settled_exposures(micros(as_of), settling))
    return _report(engine, derived=not given, settling=settling)


def keep(engine: Engine, name: str, sql: str) -> None:
    """Hold a result in the engine as the table `name`."""
    engine.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")


def keep_table(engine: Engine, name: str, table: pyarrow.Table, sql: str) -> None:
    """Hold the result of `sql` as the table `name`; it may read `table` as `<name>_file`."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        parquet.write_table(table, path)
        engine.register(f"{name}_file", path)
        keep(engine, name, sql)


def channel_list(channels: Iterable[str]) -> str:
    """Write channels as a SQL list that is never empty."""
    return "(" + ", ".join(literal(channel) for channel in (*channels, "")) + ")"


def is_consumption(channels: ChannelsConfig) -> str:
    """Return the condition that an event is looking at something for oneself."""
    public = (*channels.sharing, *channels.invitations, *channels.money, *channels.voice)
    return f"channel NOT IN {channel_list(public)}"


def micros(as_of: datetime | None) -> int | None:
    """Return a moment as UTC microseconds."""
    return None if as_of is None else (as_of - EPOCH) // timedelta(microseconds=1)


def given_exposures() -> str:
    """Exposures as their source states them."""
    return """
        SELECT user_id, content_id, epoch_us(ts) AS moment, CAST(shared AS INTEGER) AS shared
        FROM exposures WHERE ts IS NOT NULL"""


def derived_exposures(channels: ChannelsConfig) -> str:
    """First encounters of users with contents; the outcome is still to be found."""
    return f"""
        SELECT user_id, content_id, min(epoch_us(ts)) AS moment, 0 AS shared FROM events
        WHERE content_id IS NOT NULL AND ts IS NOT NULL
          AND channel NOT IN {channel_list(channels.sharing)}
        GROUP BY user_id, content_id"""


def share_acts(channels: ChannelsConfig) -> str:
    """When somebody shared a content, each moment once."""
    return f"""
        SELECT DISTINCT user_id, content_id, epoch_us(ts) AS moment FROM events
        WHERE channel IN {channel_list(channels.sharing)}
          AND content_id IS NOT NULL AND ts IS NOT NULL"""


def outcomes(seen: str, *, horizon: int, given: bool) -> str:
    """Exposures with the first share within the horizon; a given outcome is believed."""
    shared = "seen.shared" if given else "CASE WHEN min(act.moment) IS NULL THEN 0 ELSE 1 END"
    known = "coalesce(min(act.moment), seen.moment)" if given else "min(act.moment)"
    return f"""
        SELECT person, item, moment, shared, CASE WHEN shared = 1 THEN known_at END AS known_at
        FROM (
            SELECT seen.user_id, seen.content_id, seen.moment, seen.number,
                   {shared} AS shared, {known} AS known_at
            FROM (SELECT *, row_number() OVER (ORDER BY moment, user_id, content_id, shared)
                         AS number FROM ({seen})) AS seen
            LEFT JOIN share_act AS act
              ON act.user_id = seen.user_id AND act.content_id = seen.content_id
             AND act.moment BETWEEN seen.moment AND seen.moment + {horizon}
            GROUP BY seen.user_id, seen.content_id, seen.moment, seen.number, seen.shared)
        JOIN person USING (user_id) JOIN item USING (content_id)"""


def settled_exposures(as_of: int | None, settling: int) -> str:
    """Exposures numbered in time order, each marked when its outcome can be known by `as_of`."""
    border = "NULL" if as_of is None else str(as_of)
    return f"""
        SELECT row_number() OVER (ORDER BY moment, person, item, shared, known_at) - 1 AS row,
               person, item, moment, shared, known_at,
               coalesce(moment + {settling} <= {border}, FALSE) AS settled
        FROM outcome"""


def _build_items(engine: Engine, *, denied: Sequence[str]) -> None:
    """Number contents, authors and tags, and say which tags a content has, the denied left out."""
    keep(engine, "item", """
        SELECT row_number() OVER (ORDER BY content_id) - 1 AS item, content_id,
               dense_rank() OVER (ORDER BY author) AS author_code, author
        FROM (SELECT content_id, max(author) AS author FROM (
                SELECT content_id, author FROM content
                UNION ALL SELECT content_id, NULL FROM exposures
                UNION ALL SELECT content_id, NULL FROM events)
              WHERE content_id IS NOT NULL GROUP BY content_id)""")  # fmt: skip
    every = engine.execute("SELECT tag FROM events UNION SELECT tag FROM content")["tag"]
    allowed = [tag for tag in every.drop_null().to_pylist() if not is_sensitive(tag, denied)]
    keep_table(
        engine,
        "theme",
        pyarrow.table({"tag": pyarrow.array(allowed, pyarrow.string())}),
        "SELECT row_number() OVER (ORDER BY tag) - 1 AS theme, tag FROM theme_file",
    )
    keep(engine, "item_theme", """
        SELECT DISTINCT item, theme FROM (
            SELECT content_id, tag FROM content WHERE tag IS NOT NULL
            UNION ALL
            SELECT content_id, tag FROM events
            WHERE content_id NOT IN (
                SELECT content_id FROM content WHERE tag IS NOT NULL AND content_id IS NOT NULL))
        JOIN item USING (content_id) JOIN theme USING (tag)""")  # fmt: skip


def _settling(engine: Engine, as_of: datetime | None, horizon: int) -> int:
    """How long shares take: the delay nearly all known ones stayed within, in microseconds."""
    if as_of is None:
        return 0
    delay = f"quantile_disc(known_at - moment, {SETTLED_SHARE})"
    over = f"moment + {horizon} <= {micros(as_of)}"
    (count, longest), = engine.rows(
        f"SELECT count(*), {delay} FROM outcome WHERE shared = 1 AND {over}"
    )  # fmt: skip
    if count < ENOUGH_DELAYS:
        ((longest,),) = engine.rows(f"SELECT {delay} FROM outcome WHERE shared = 1")
    return int(longest or 0)


def _report(engine: Engine, *, derived: bool, settling: int) -> ExposureReport:
    ((exposures, shares, still_open),) = engine.rows("""
        SELECT count(*), coalesce(sum(shared), 0), count(*) FILTER (WHERE NOT settled)
        FROM exposure""")
    undated = "events WHERE content_id IS NOT NULL AND" if derived else "exposures WHERE"
    return ExposureReport(
        derived=derived,
        exposures=int(exposures),
        shares=int(shares),
        open=int(still_open),
        undated=_count(engine, f"{undated} ts IS NULL"),
        settling_days=settling / DAY,
    )


def _count(engine: Engine, source: str) -> int:
    ((count,),) = engine.rows(f"SELECT count(*) FROM {source}")
    return int(count)
