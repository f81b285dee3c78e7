"""The arms of campaigns in SQL: written once, read by page, and what became of their people."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa

from segmentation.bitmaps import NOBODY, Places, bitmap_of
from segmentation.database import Database
from segmentation.drawing import Drawn
from segmentation.durable import replacing
from segmentation.index import Snapshot
from segmentation.layout import NONE
from segmentation.refusals import ANY_PURPOSE
from segmentation.sqltables import campaign_arms, campaign_outcomes, campaign_versions, campaigns
from segmentation.turns import take_turn

CHUNK, FEW = 10_000, 500
Arm = Literal["treated", "held_out"]
Row = dict[str, Any]


def keep(
    connection: sa.Connection,
    campaign_id: str,
    drawn: Drawn,
    *,
    version: int,
    run_id: str,
    now: datetime,
) -> None:
    """Write the arms of those who were drawn, as a version of the campaign."""
    name = {"campaign_id": campaign_id}
    for start in range(0, len(drawn.user_ids), CHUNK):
        rows = [name | {"version": version} | row for row in rows_of(drawn, start, start + CHUNK)]
        connection.execute(sa.insert(campaign_arms), rows)
    facts = {
        "version": version,
        "run_id": run_id,
        "at": now,
        "people": len(drawn.user_ids),
        "held_out": drawn.held_out,
        "draws": drawn.draw.draws,
        "least_p": drawn.draw.least_p,
    }
    connection.execute(sa.insert(campaign_versions).values(name | facts))
    mine = campaigns.c.campaign_id == campaign_id
    connection.execute(sa.update(campaigns).where(mine).values(version=version))


def rows_of(drawn: Drawn, start: int, stop: int) -> Iterator[dict[str, Any]]:
    """Some of the people drawn, as rows."""
    for at in range(start, min(stop, len(drawn.user_ids))):
        worth = float(drawn.worth[at])
        yield {
            "user_id": drawn.user_ids[at],
            "held_out": bool(drawn.draw.held[at]),
            "circle_id": drawn.circles[at] or None,
            "worth": worth if worth == worth else None,
        }


def versions(database: Database, campaign_id: str) -> list[dict[str, Any]]:
    """When people were drawn, from which run and how many; the first draw first."""
    mine = campaign_versions.c.campaign_id == campaign_id
    query = sa.select(campaign_versions).where(mine).order_by(campaign_versions.c.version)
    with database.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def arms(
    database: Database,
    campaign_id: str,
    *,
    arm: Arm | None = None,
    version: int | None = None,
    after: str = "",
    limit: int = 100,
) -> list[Row]:
    """Who is in an arm, or any, by user id, those after one; by default as of the last version."""
    limits = [
        campaign_arms.c.campaign_id == campaign_id,
        campaign_arms.c.user_id > after,
        *([campaign_arms.c.held_out == (arm == "held_out")] if arm else []),
        *([campaign_arms.c.version <= version] if version is not None else []),
    ]
    query = sa.select(campaign_arms).where(*limits).order_by(campaign_arms.c.user_id).limit(limit)
    with database.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def unwilling(snapshot: Snapshot, purpose: str | None) -> Places:
    """Whoever refuses a campaign's purpose, or every purpose, by now."""
    return snapshot.audiences.refusing(purpose or ANY_PURPOSE)


def reachable(snapshot: Snapshot, rows: Iterable[Row], *, purpose: str | None) -> Iterator[Row]:
    """The rows of an arm without whoever refuses the campaign's purpose, or every purpose."""
    index, refusing = snapshot.audiences, unwilling(snapshot, purpose)
    for row in rows:
        place = index.registry.find(row["user_id"])
        if place == NONE or int(index.places[place]) not in refusing:
            yield row


def write_arms(
    path: Path,
    database: Database,
    snapshot: Snapshot,
    campaign_id: str,
    *,
    purpose: str | None,
    version: int | None = None,
) -> dict[str, int]:
    """Write everyone who may be reached or is held out as CSV; return how many of each."""
    counts, after = {"treated": 0, "held_out": 0}, ""
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["user_id", "arm", "circle_id", "version"])
        while page := arms(database, campaign_id, version=version, after=after, limit=CHUNK):
            for row in reachable(snapshot, page, purpose=purpose):
                arm = "held_out" if row["held_out"] else "treated"
                counts[arm] += 1
                lines.writerow([row["user_id"], arm, row["circle_id"] or "", row["version"]])
            after = page[-1]["user_id"]
    return counts


def places_of(snapshot: Snapshot, user_ids: Iterable[str]) -> Places:
    """Where some people are, those the snapshot knows."""
    index = snapshot.audiences
    rows = (index.registry.find(user_id) for user_id in user_ids)
    found = [int(index.places[row]) for row in rows if row != NONE]
    return bitmap_of(np.array(found)) if found else NOBODY


def note_outcomes(database: Database, campaign_id: str, outcomes: list[Row]) -> dict[str, int]:
    """Write down what became of people, in the place of what was written of them before.

    Returns how many were kept and how many are in neither arm.
    """
    kept = 0
    with database.begin() as connection:
        take_turn(connection)
        for start in range(0, len(outcomes), FEW):
            rows = {row["user_id"]: row for row in outcomes[start : start + FEW]}
            mine = campaign_arms.c.campaign_id == campaign_id
            known = sa.select(campaign_arms.c.user_id).where(
                mine, campaign_arms.c.user_id.in_(list(rows))
            )
            found = list(connection.execute(known).scalars())
            old = (campaign_outcomes.c.campaign_id == campaign_id) & (
                campaign_outcomes.c.user_id.in_(found)
            )
            connection.execute(sa.delete(campaign_outcomes).where(old))
            if found:
                named = [
                    {"campaign_id": campaign_id, "before": None, **rows[user]} for user in found
                ]
                connection.execute(sa.insert(campaign_outcomes), named)
            kept += len(found)
    return {"kept": kept, "unknown": len({row["user_id"] for row in outcomes}) - kept}
