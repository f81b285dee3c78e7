"""What a campaign added, from the arms that were drawn and the outcomes that were written down.

Everyone of both arms counts, reached or not: whoever has no outcome had none, which is 0.
"""

from dataclasses import asdict
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from models.lift import incremental_lift
from segmentation.campaigns import find
from segmentation.database import Database
from segmentation.errors import UsageError
from segmentation.sqltables import campaign_arms, campaign_outcomes

FloatArray = NDArray[np.float64]


def lift_of_campaign(
    database: Database, campaign_id: str, *, level: float = 0.95, fewest: int = 2
) -> dict[str, Any]:
    """Measure a campaign overall and by the circles people were in when they were drawn.

    What was written down from before it narrows the interval; without that, what people were
    worth when they were drawn. Circles of fewer than `fewest` people in an arm are not told.

    Raises
    ------
    UsageError
        When an arm has fewer than two people, or no outcome is written down yet: that everyone
        had one of 0 would then be told as sure.
    """
    find(database, campaign_id)
    rows = joined(database, campaign_id)
    noted = sum(row.outcome is not None for row in rows)
    if not noted:
        raise UsageError(f"No outcome of `{campaign_id}` is written down yet, so none is measured.")
    treated = np.array([not row.held_out for row in rows], dtype=bool)
    outcome = np.array([row.outcome or 0.0 for row in rows], dtype=np.float64)
    before, by = covariate(rows)
    circles = np.array([row.circle_id or "" for row in rows], dtype=object)
    try:
        overall = incremental_lift(outcome, treated=treated, before=before, level=level)
    except ValueError as error:
        raise UsageError(f"The outcomes tell nothing: {error}") from error
    told = {}
    for circle in sorted({str(circle) for circle in circles} - {""}):
        here = circles == circle
        if min(treated[here].sum(), (~treated[here]).sum()) >= max(fewest, 2):
            narrowing = None if before is None else before[here]
            found = incremental_lift(
                outcome[here], treated=treated[here], before=narrowing, level=level
            )
            told[circle] = as_json(asdict(found))
    return {
        "overall": as_json(asdict(overall)),
        "circles": told,
        "outcomes": noted,
        "narrowed_by": by,
    }


def joined(database: Database, campaign_id: str) -> list[sa.Row[Any]]:
    """Everyone of both arms with their outcome, None for those without."""
    same = (campaign_outcomes.c.campaign_id == campaign_arms.c.campaign_id) & (
        campaign_outcomes.c.user_id == campaign_arms.c.user_id
    )
    query = (
        sa.select(
            campaign_arms.c.held_out,
            campaign_arms.c.circle_id,
            campaign_arms.c.worth,
            campaign_outcomes.c.outcome,
            campaign_outcomes.c.before,
        )
        .join(campaign_outcomes, same, isouter=True)
        .where(campaign_arms.c.campaign_id == campaign_id)
        .order_by(campaign_arms.c.user_id)
    )
    with database.connect() as connection:
        return list(connection.execute(query))


def covariate(rows: list[sa.Row[Any]]) -> tuple[FloatArray | None, str | None]:
    """What was known of everyone before, and its name; the unknown count as the mean."""
    if any(row.before is not None for row in rows):
        return np.array([row.before or 0.0 for row in rows]), "before"
    worth = np.array([np.nan if row.worth is None else row.worth for row in rows])
    if np.isnan(worth).all():
        return None, None
    return np.where(np.isnan(worth), np.nanmean(worth), worth), "worth"


def as_json(found: dict[str, Any]) -> dict[str, Any]:
    """A lift as JSON: what cannot be said is None."""
    return {name: None if value != value else value for name, value in found.items()}
