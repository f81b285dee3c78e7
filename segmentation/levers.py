"""Count what feeds each lever of a user's social currency, and what each tag is worth showing."""

from dataclasses import dataclass

import numpy as np
import pyarrow

from models.currency import LEVERS, projected_self, tag_currency
from models.shrinkage import FloatArray, IntArray
from segmentation.config import ChannelsConfig
from segmentation.engine import Engine
from segmentation.evidence import as_floats
from segmentation.exposures import channel_list, is_consumption, keep

ENOUGH_SHARES = 200


@dataclass(frozen=True)
class TagWorth:
    """The currency of every tag, and whether it rests on `exposures` or on `events`.

    `table` has `tag, shared, consumed, log_odds, z, low, high`.
    """

    table: pyarrow.Table
    basis: str


@dataclass(frozen=True)
class SharedTags:
    """How often who shared which tag, and the names of all tags; one entry a person and tag."""

    person: IntArray
    theme: IntArray
    count: FloatArray
    names: list[str]


def build_shared_tags(engine: Engine, channels: ChannelsConfig) -> SharedTags:
    """Count shared tags from share events, or from shared exposures where there are none.

    Needs the tables of `build_exposures`; makes the table `shared_tag`.
    """
    keep(engine, "shared_tag", f"""
        WITH told AS (
            SELECT person, theme, content_id FROM events JOIN person USING (user_id)
            JOIN theme USING (tag) WHERE channel IN {channel_list(channels.sharing)})
        SELECT person, theme, content_id FROM told
        UNION ALL
        SELECT person, theme, content_id FROM exposure JOIN item USING (item)
        JOIN item_theme USING (item)
        WHERE shared = 1 AND NOT EXISTS (SELECT 1 FROM told)""")  # fmt: skip
    rows = engine.execute("SELECT person, theme, count(*) AS n FROM shared_tag GROUP BY ALL")
    names = engine.execute("SELECT tag FROM theme ORDER BY theme").column("tag").to_pylist()
    return SharedTags(
        person=as_floats(rows, "person").astype(np.int64),
        theme=as_floats(rows, "theme").astype(np.int64),
        count=as_floats(rows, "n"),
        names=names,
    )


def tag_worth(engine: Engine, channels: ChannelsConfig) -> TagWorth:
    """Compare how often each tag was shared and consumed, strongest currency first.

    Where enough exposures were shared, consumed means seen and not shared: then what a tag is
    worth does not depend on how often it was shown. Else share events stand against consumption.
    """
    ((shares,),) = engine.rows("SELECT count(*) FROM exposure JOIN item_theme USING (item) "
                               "WHERE shared = 1")  # fmt: skip
    basis = "exposures" if shares >= ENOUGH_SHARES else "events"
    source = seen_tags() if basis == "exposures" else told_tags(channels)
    rows = engine.execute(f"""
        SELECT tag, coalesce(shared, 0) AS shared, coalesce(consumed, 0) AS consumed
        FROM theme LEFT JOIN ({source}) AS used USING (theme) ORDER BY tag""")
    worth = tag_currency(as_floats(rows, "shared"), consumed=as_floats(rows, "consumed"))
    for name in ("log_odds", "z", "low", "high"):
        rows = rows.append_column(name, pyarrow.array(getattr(worth, name)))
    return TagWorth(rows.sort_by([("z", "descending"), ("tag", "ascending")]), basis)


def seen_tags() -> str:
    """Count by tag the exposures that were shared and those that were not."""
    return """
        SELECT theme, CAST(sum(shared) AS BIGINT) AS shared,
               CAST(sum(1 - shared) AS BIGINT) AS consumed
        FROM exposure JOIN item_theme USING (item) GROUP BY theme"""


def told_tags(channels: ChannelsConfig) -> str:
    """Count by tag the events that share it and those that consume it."""
    return f"""
        SELECT theme, count(*) FILTER (WHERE channel IN {channel_list(channels.sharing)}) AS shared,
               count(*) FILTER (WHERE {is_consumption(channels)}) AS consumed
        FROM events JOIN person USING (user_id) JOIN theme USING (tag) GROUP BY theme"""


def lever_evidence(
    engine: Engine, shared: SharedTags, *, channels: ChannelsConfig, circles: IntArray
) -> FloatArray:
    """Count the evidence of every lever, shape (people, 6), in the order of `LEVERS`.

    affiliation: ties to people of the same circle. conversation: likes, comments and own posts.
    utility: purchases. advocacy: invitations sent. information: different contents or tags
    passed on. identity: shares of tags that the user's circle shows off more than others do.
    """
    evidence = np.zeros((circles.size, len(LEVERS)), dtype=np.float64)
    for lever, sql in lever_queries(channels).items():
        rows = engine.execute(sql)
        person = as_floats(rows, "person").astype(np.int64)
        evidence[person, LEVERS.index(lever)] = as_floats(rows, "n")
    evidence[:, LEVERS.index("affiliation")] = ties_inside(engine, circles)
    evidence[:, LEVERS.index("identity")] = in_character(shared, circles)
    return evidence


def lever_queries(channels: ChannelsConfig) -> dict[str, str]:
    """Return the count of each lever that the engine can count, as (person, n)."""
    events = "SELECT person, count(*) AS n FROM events JOIN person USING (user_id) WHERE channel IN"
    return {
        "conversation": f"{events} {channel_list(channels.voice)} GROUP BY person",
        "utility": f"{events} {channel_list(channels.money)} AND value > 0 GROUP BY person",
        "advocacy": f"{events} {channel_list(channels.invitations)} GROUP BY person",
        "information": """
            SELECT person, count(DISTINCT coalesce(content_id, CAST(theme AS VARCHAR))) AS n
            FROM shared_tag GROUP BY person""",
    }


def ties_inside(engine: Engine, circles: IntArray) -> FloatArray:
    """Count whom of their own circle each person is tied to; 0 outside circles.

    Circles are compared outside the engine: it may join everyone of a circle to everyone.
    """
    ties = engine.execute("""
        SELECT DISTINCT here.person AS one, there.person AS other
        FROM (SELECT src, dst FROM edges UNION SELECT dst, src FROM edges) AS tie
        JOIN person AS here ON here.user_id = tie.src
        JOIN person AS there ON there.user_id = tie.dst WHERE here.person <> there.person""")
    one, other = (as_floats(ties, end).astype(np.int64) for end in ("one", "other"))
    inside = (circles[one] == circles[other]) & (circles[one] >= 0)
    return np.bincount(one[inside], minlength=circles.size).astype(np.float64)


def in_character(shared: SharedTags, circles: IntArray) -> FloatArray:
    """Count each person's shares of tags their circle shows off; 0 outside circles."""
    n_circles = int(circles.max(initial=-1)) + 1
    home = circles[shared.person]
    placed = home >= 0
    cells = home[placed] * len(shared.names) + shared.theme[placed]
    size = n_circles * len(shared.names)
    told = np.bincount(cells, weights=shared.count[placed], minlength=size)
    shows = projected_self(told.astype(np.float64).reshape(n_circles, len(shared.names)))
    fits = placed.copy()
    fits[placed] = shows[home[placed], shared.theme[placed]]
    weights = shared.count * fits
    counts = np.bincount(shared.person, weights=weights, minlength=circles.size)
    return counts.astype(np.float64)
