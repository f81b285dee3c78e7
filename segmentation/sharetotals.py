"""Add up where everybody stands in sharing, for `ShareState` to look up."""

from typing import Any

import numpy as np

from models.evidence import USER
from models.shrinkage import IntArray
from segmentation.engine import Engine
from segmentation.evidence import MONTH, as_floats
from segmentation.sharestate import ShareState


def read_state(engine: Engine, *, people: int) -> ShareState:
    """Add everything known up; needs the logs of `build_logs`."""
    until = known_until(engine)
    counts = ", ".join(f"sum({name}) AS {name}" for name in USER)
    users = engine.execute(f"""
        SELECT person, {counts}, max(CASE WHEN events > 0 THEN moment END) AS latest
        FROM user_fact GROUP BY person ORDER BY person""")
    home = engine.execute("SELECT person, circle FROM person ORDER BY person")
    month = engine.execute(f"""
        SELECT person, count(*) AS n FROM act WHERE moment > {until - MONTH} GROUP BY person""")
    tastes = engine.execute("""
        SELECT theme, person, sum(private) AS n FROM act GROUP BY theme, person
        HAVING sum(private) > 0 ORDER BY theme, person""")
    cells = engine.execute("""
        SELECT circle, item, sum(exposures) AS exposures, sum(shares) AS shares
        FROM share_fact JOIN person USING (person) GROUP BY circle, item ORDER BY circle, item""")
    items = engine.execute("""
        SELECT CASE WHEN author IS NULL THEN -1 ELSE author_code END AS author
        FROM item ORDER BY item""")
    topics = engine.execute("SELECT item, theme FROM item_theme ORDER BY item, theme")
    ((tags,),) = engine.rows("SELECT count(*) FROM theme")
    return ShareState(
        until=np.array([until]),
        circle=placed(whole(home, "person"), whole(home, "circle"), people, -1),
        latest=placed(whole(users, "person"), whole(users, "latest"), people, -1),
        totals=placed(
            whole(users, "person"), np.column_stack([whole(users, n) for n in USER]), people, 0
        ),
        month=placed(whole(month, "person"), whole(month, "n"), people, 0),
        taste_starts=np.searchsorted(whole(tastes, "theme"), np.arange(tags + 1)),
        taste_person=whole(tastes, "person"),
        taste_count=whole(tastes, "n"),
        cell_circle=whole(cells, "circle"),
        cell_item=whole(cells, "item"),
        cell_exposures=whole(cells, "exposures"),
        cell_shares=whole(cells, "shares"),
        item_author=whole(items, "author"),
        topic_starts=np.searchsorted(whole(topics, "item"), np.arange(items.num_rows + 1)),
        topic=whole(topics, "theme"),
    )


def known_until(engine: Engine) -> int:
    """Return the time of the last fact."""
    ((until,),) = engine.rows("""
        SELECT greatest(
            (SELECT coalesce(max(moment), 0) FROM user_fact),
            (SELECT coalesce(max(moment), 0) FROM share_fact))""")
    return int(until)


def whole(table: Any, column: str) -> IntArray:  # noqa: ANN401 - an Arrow table
    """Return a column as whole numbers, -1 for null."""
    return np.nan_to_num(as_floats(table, column), nan=-1).astype(np.int64)


def placed(at: IntArray, values: IntArray, size: int, missing: int) -> IntArray:
    """Spread values over everybody."""
    shape = (size, *values.shape[1:])
    spread = np.full(shape, missing, dtype=np.int64)
    spread[at] = values
    return spread
