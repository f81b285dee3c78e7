"""Who carries circles outward: ambassadors, creators and referrals of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from models.ambassadors import Ambassadors, find_ambassadors
from models.cascades import Ties
from models.rows import IntArray
from segmentation.config import Config
from segmentation.engine import Engine, literal
from segmentation.evidence import as_floats
from segmentation.exposures import keep
from segmentation.groups import Group, ranked
from segmentation.links import backward_ties
from segmentation.progress import Advance, ignore
from segmentation.referrals import referrals_of
from segmentation.seeds import PURPOSE
from segmentation.tables import SCHEMAS
from segmentation.voices import creator_table, voices_of

PURPOSES = (PURPOSE, "*")
MOST = 50
"""Ambassadors kept for each circle."""


@dataclass(frozen=True)
class Carrying:
    """What carries circles outward, as tables of a snapshot, and what is said of it."""

    ambassadors: pa.Table
    creators: pa.Table
    referrals: pa.Table
    report: dict[str, Any]


def measure_carrying(
    engine: Engine,
    config: Config,
    tables: Path,
    *,
    as_of: datetime | None,
    circles: Sequence[Group],
    tiers: Sequence[Group],
    seed: int = 0,
    progress: Advance = ignore,
) -> Carrying:
    """Measure it from the valid tables of a run; who refuses the purpose is not looked at."""
    user_ids = prepare(engine, tables)
    people, steps = len(user_ids), len(circles) + 1
    backward, basis = backward_ties(engine, config, people=people)
    carriers = carrying_people(engine)
    found = []
    for done, circle in enumerate(circles, start=1):
        members = np.intersect1d(circle.rows, carriers, assume_unique=True)
        found.append((circle.name, chosen(backward, members, seed)))
        progress(done * people, steps * people)
    voices = voices_of(engine, config, people=people)
    brought = referrals_of(engine, config, as_of=as_of, people=people)
    progress(steps * people, steps * people)
    report = {
        "ties": {"basis": basis, "count": len(backward.neighbours)},
        "guarantee": {name: each.guarantee for name, each in found if each is not None},
        "voices": {circle.name: voices.facts(circle.rows) for circle in circles},
        "referrals": brought.facts(circles, tiers),
    }
    return Carrying(
        ambassadors=ambassador_table(found, user_ids),
        creators=creator_table(voices, circles, user_ids),
        referrals=brought.table(user_ids),
        report=report,
    )


def prepare(engine: Engine, tables: Path) -> pa.Array:
    """Number the people, without those who refuse; return everyone's id."""
    for table in ("people", "events", "edges", "content", "consent"):
        engine.register(table, tables / f"{table}.parquet")
    refused = ", ".join(literal(purpose) for purpose in PURPOSES)
    keep(engine, "carrier", f"""
        SELECT person, user_id FROM (
            SELECT row_number() OVER (ORDER BY user_id) - 1 AS person, user_id FROM people)
        WHERE user_id NOT IN (
            SELECT user_id FROM consent
            WHERE NOT granted AND purpose IN ({refused}) AND user_id IS NOT NULL)""")  # fmt: skip
    ids = engine.execute("SELECT user_id FROM people ORDER BY user_id")["user_id"]
    return ids.combine_chunks()


def carrying_people(engine: Engine) -> IntArray:
    """The rows of everyone who does not refuse, ascending."""
    rows = engine.execute("SELECT person FROM carrier ORDER BY person")
    return as_floats(rows, "person").astype(np.int64)


def chosen(backward: Ties, members: IntArray, seed: int) -> Ambassadors | None:
    """The best of a circle's people to reach the others from; None when they have no ties."""
    tied = members[np.diff(backward.starts)[members] > 0]
    if len(tied) == 0:
        return None
    return find_ambassadors(
        backward, candidates=tied, targets=members, count=MOST, random_state=seed
    )


def ambassador_table(
    found: Sequence[tuple[str, Ambassadors | None]], user_ids: pa.Array
) -> pa.Table:
    """A row for each ambassador: `reach` is of the circle by them and those before."""
    parts = [
        ranked("ambassadors", name, each.people, user_ids, {"reach": each.reach})
        for name, each in found
        if each is not None
    ]
    return pa.concat_tables([SCHEMAS["ambassadors"].empty_table(), *parts])
