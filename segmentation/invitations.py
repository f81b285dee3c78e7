"""Who invited whom, read from the valid tables."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from models.virality import FloatArray, IntArray, Virality, virality
from segmentation.config import Config
from segmentation.engine import Engine, literal
from segmentation.people import DAY_US, microseconds, timestamp


@dataclass(frozen=True)
class Invitations:
    """Every invitation (who sent it, how long ago) and every newcomer (whose, after how long).

    People are rows of `people.parquet`. A newcomer belongs to the latest invitation before they
    were tied to its sender; they did nothing before it.
    """

    inviter: IntArray
    age_days: FloatArray
    newcomer: IntArray
    host: IntArray
    delay_days: FloatArray

    def measured(self, group: IntArray, *, groups: int) -> Virality:
        """Measure what invitations bring in each group of people; a group of -1 is none."""
        return virality(
            np.bincount(group[group >= 0], minlength=groups),
            inviter=group[self.inviter],
            age_days=self.age_days,
            host=group[self.host],
            delay_days=self.delay_days,
        )


def read_invitations(
    engine: Engine, config: Config, tables: Path, *, as_of: datetime | None
) -> Invitations:
    """Read invitations and what came of them within the horizon; nothing without time."""
    channels = config.channels.invitations
    if as_of is None or not channels:
        nobody, never = np.zeros(0, dtype=np.int64), np.zeros(0)
        return Invitations(nobody, never, nobody, nobody, never)
    for table in ("events", "people", "edges"):
        engine.register(table, tables / f"{table}.parquet")
    numbered = "SELECT user_id, row_number() OVER (ORDER BY user_id) - 1 AS person FROM people"
    sent = f"""
        SELECT person, user_id, epoch_us(ts) AS moment FROM events
        JOIN ({numbered}) AS numbered USING (user_id)
        WHERE channel IN ({", ".join(map(literal, channels))}) AND ts <= {timestamp(as_of)}
        """
    now = microseconds(as_of)
    invitations = engine.execute(
        f"SELECT person, ({now} - moment) / {DAY_US} AS age FROM ({sent}) ORDER BY moment, person"
    )
    newcomers = engine.execute(newcomers_sql(sent, numbered, config=config, now=now))
    return Invitations(
        inviter=invitations["person"].to_numpy(),
        age_days=invitations["age"].to_numpy().astype(np.float64),
        newcomer=newcomers["person"].to_numpy(),
        host=newcomers["host"].to_numpy(),
        delay_days=newcomers["delay"].to_numpy().astype(np.float64),
    )


def newcomers_sql(sent: str, numbered: str, *, config: Config, now: int) -> str:
    """Return SQL for who came of an invitation, who sent it, and after how many days."""
    horizon = round(config.sharing.horizon_days * DAY_US)
    return f"""
        WITH sent AS ({sent}), people_by_number AS ({numbered}), begun AS (
            SELECT user_id, min(epoch_us(ts)) AS began FROM events GROUP BY user_id
        ), tied AS (
            SELECT newcomer.person, sent.person AS host,
                   epoch_us(edges.ts) - sent.moment AS delay
            FROM edges JOIN sent ON sent.user_id = edges.src
            JOIN people_by_number AS newcomer ON newcomer.user_id = edges.dst
            JOIN begun ON begun.user_id = edges.dst
            WHERE epoch_us(edges.ts) BETWEEN sent.moment AND least(sent.moment + {horizon}, {now})
              AND began >= sent.moment
        )
        SELECT person, arg_min(host, (delay, host)) AS host, min(delay) / {DAY_US} AS delay
        FROM tied GROUP BY person ORDER BY person
        """
