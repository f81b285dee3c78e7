"""Voice: who makes things and answers others, and does not only pass things on.

Needs the table `carrier` (person, user_id).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from models.rows import IntArray
from segmentation.config import Config
from segmentation.engine import Engine
from segmentation.evidence import as_floats
from segmentation.exposures import channel_list
from segmentation.groups import Group, ranked
from segmentation.tables import SCHEMAS

MOST = 50
"""Creators kept for each circle."""
APPLAUSE, TALK = ("like",), ("comment",)
"""Voice that creates nothing, and voice that answers; all other voice makes something new."""


@dataclass(frozen=True, eq=False)
class Voices:
    """What people made and said; each of shape (n_people,).

    `works` are things made, their own contents included; `comments` answers given; `echoes` how
    many people passed one of their contents on.
    """

    works: IntArray
    comments: IntArray
    echoes: IntArray

    def facts(self, rows: IntArray) -> dict[str, Any]:
        """How many of some people create, and how much."""
        creates = (self.works[rows] + self.comments[rows]) > 0
        return {
            "creators": int(np.count_nonzero(creates)),
            "share_of_members": float(creates.mean()) if len(rows) else 0.0,
            "works": int(self.works[rows].sum()),
            "comments": int(self.comments[rows].sum()),
        }

    def best(self, rows: IntArray) -> IntArray:
        """Those who create, who made most first, then whose works went furthest."""
        keys = (-self.comments[rows], -self.echoes[rows], -self.works[rows])
        order = rows[np.lexsort((rows, *keys))]
        return order[(self.works[order] + self.comments[order]) > 0][:MOST]


def voices_of(engine: Engine, config: Config, *, people: int) -> Voices:
    """Count what people made and said; what stands in several rows, one a tag, is one thing."""
    voice = config.channels.voice
    makes = [name for name in voice if name not in (*APPLAUSE, *TALK)]
    acts = """
        SELECT person, count(DISTINCT (channel, epoch_us(ts), content_id,
                                       CASE WHEN content_id IS NULL AND ts IS NULL THEN tag END))
               AS n FROM events JOIN carrier USING (user_id)
        WHERE channel IN {channels} GROUP BY person"""
    own = """
        SELECT person, count(DISTINCT content_id) AS n FROM content
        JOIN carrier ON carrier.user_id = content.author GROUP BY person"""
    echoed = f"""
        SELECT person, count(DISTINCT (events.user_id, content_id)) AS n
        FROM content JOIN carrier ON carrier.user_id = content.author
        JOIN events USING (content_id)
        WHERE channel IN {channel_list(config.channels.sharing)} AND events.user_id <> author
        GROUP BY person"""
    made, authored, comments, echoes = (
        by_carrier(engine, sql, people)
        for sql in (
            acts.format(channels=channel_list(makes)), own,
            acts.format(channels=channel_list([name for name in voice if name in TALK])), echoed,
        )
    )  # fmt: skip
    return Voices(works=made + authored, comments=comments, echoes=echoes)


def by_carrier(engine: Engine, sql: str, people: int) -> IntArray:
    """The column `n` by `person`, 0 for everyone else."""
    found = engine.execute(sql)
    column = np.zeros(people, np.int64)
    column[as_floats(found, "person").astype(np.int64)] = as_floats(found, "n").astype(np.int64)
    return column


def creator_table(voices: Voices, circles: Sequence[Group], user_ids: pa.Array) -> pa.Table:
    """A row for each of the best creators of a circle."""
    parts = []
    for circle in circles:
        best = voices.best(circle.rows)
        counts = {name: getattr(voices, name)[best] for name in ("works", "comments", "echoes")}
        parts.append(ranked("creators", circle.name, best, user_ids, counts))
    return pa.concat_tables([SCHEMAS["creators"].empty_table(), *parts])
