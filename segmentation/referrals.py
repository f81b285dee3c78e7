"""Referrals of a run: who brought whom, K and cycle time by circle and tier.

Needs the table `carrier` (person, user_id).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from models.referrals import NO_ONE, Referring, generations, referring, tree
from models.rows import FloatArray, IntArray
from segmentation.config import Config
from segmentation.engine import Engine
from segmentation.evidence import as_floats
from segmentation.exposures import DAY, channel_list, keep, micros
from segmentation.groups import Group
from segmentation.tables import SCHEMAS, TIME


@dataclass(frozen=True, eq=False)
class Brought:
    """Who brought whom, and how long everyone has been watched (NaN: never seen).

    `newcomer`, `inviter` and `moment` (UTC microseconds) have an entry for each referral.
    """

    watched_days: FloatArray
    began_days: FloatArray
    newcomer: IntArray
    inviter: IntArray
    moment: IntArray
    horizon_days: float

    def facts(self, circles: Sequence[Group], tiers: Sequence[Group]) -> dict[str, Any]:
        """K and cycle time of everyone and of each group, and the tree of referrals."""
        everyone = np.arange(len(self.watched_days))
        referred_by = np.full(len(everyone), NO_ONE)
        referred_by[self.newcomer] = self.inviter
        return {
            "horizon_days": self.horizon_days,
            "overall": asdict(self.of(everyone)),
            "circles": {group.name: asdict(self.of(group.rows)) for group in circles},
            "tiers": {group.name: asdict(self.of(group.rows)) for group in tiers},
            "tree": asdict(tree(referred_by)),
        }

    def of(self, rows: IntArray) -> Referring:
        """What some people bring."""
        rows = rows[~np.isnan(self.watched_days[rows])]
        place = np.full(len(self.watched_days), -1)
        place[rows] = np.arange(len(rows))
        mine = place[self.inviter] >= 0
        age = self.moment[mine] / DAY - self.began_days[self.inviter[mine]]
        return referring(
            self.watched_days[rows],
            owner=place[self.inviter[mine]],
            age_days=age,
            horizon_days=self.horizon_days,
        )

    def table(self, user_ids: pa.Array) -> pa.Table:
        """A row for each who was brought."""
        referred_by = np.full(len(self.watched_days), NO_ONE)
        referred_by[self.newcomer] = self.inviter
        depth = generations(referred_by)[self.newcomer]
        columns = {
            "user_id": user_ids.take(pa.array(self.newcomer)),
            "referred_by": user_ids.take(pa.array(self.inviter)),
            "at": pa.array(self.moment).cast(TIME),
            "generation": pa.array(depth.astype(np.int32)),
        }
        return pa.table(columns, schema=SCHEMAS["referrals"])


def referrals_of(engine: Engine, config: Config, *, as_of: datetime | None, people: int) -> Brought:
    """Match newcomers to who invited them: tied within the horizon, doing nothing before it.

    Of several inviters the last one counts. A source without times tells of no referral.
    """
    horizon = round(config.sharing.horizon_days * DAY)
    keep(engine, "life", """
        SELECT person, min(epoch_us(ts)) AS began FROM events JOIN carrier USING (user_id)
        WHERE ts IS NOT NULL GROUP BY person""")  # fmt: skip
    found = engine.execute(f"""
        SELECT newcomer, inviter, moment FROM (
            SELECT there.person AS newcomer, here.person AS inviter, epoch_us(edges.ts) AS moment,
                   row_number() OVER (PARTITION BY there.person
                                      ORDER BY epoch_us(events.ts) DESC, edges.ts, here.person)
                   AS place
            FROM events JOIN carrier AS here ON here.user_id = events.user_id
            JOIN edges ON edges.src = events.user_id
            JOIN carrier AS there ON there.user_id = edges.dst
            JOIN life ON life.person = there.person
            WHERE channel IN {channel_list(config.channels.invitations)}
              AND epoch_us(edges.ts) BETWEEN epoch_us(events.ts) AND epoch_us(events.ts) + {horizon}
              AND began >= epoch_us(events.ts) AND here.person <> there.person
              AND epoch_us(edges.ts) <= {micros(as_of) or 0})
        WHERE place = 1 ORDER BY newcomer""")  # fmt: skip
    newcomer, inviter, moment = (
        as_floats(found, name).astype(np.int64) for name in ("newcomer", "inviter", "moment")
    )
    life = engine.execute("SELECT person, began FROM life")
    began = np.full(people, np.nan)
    began[as_floats(life, "person").astype(np.int64)] = as_floats(life, "began") / DAY
    end = micros(as_of)
    watched = np.full(people, np.nan) if end is None else end / DAY - began
    return Brought(watched, began, newcomer, inviter, moment, config.sharing.horizon_days)
