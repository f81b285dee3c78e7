"""Who may soon lose a tier: when, and what it takes to stay."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from models.tiers import TierAssignment, days
from segmentation.durable import replacing
from segmentation.merits import People
from segmentation.policy import Policy, Tier
from segmentation.qualification import measures_of
from segmentation.tables import TIME

FloatArray = NDArray[np.float64]
SCHEMA = pa.schema(
    [
        ("user_id", pa.string()),
        ("tier", pa.string()),
        ("review_after", TIME),
        ("ways", pa.list_(pa.struct({
            "way": pa.string(),
            "needs": pa.list_(pa.struct({
                "measure": pa.string(), "now": pa.float64(), "least": pa.float64(),
            })),
        }))),
    ]
)  # fmt: skip


def notices(
    policy: Policy,
    people: People,
    given: TierAssignment,
    *,
    score: FloatArray,
    now: np.datetime64,
) -> pa.Table:
    """List everyone on notice whose review is at most the policy's days of notice away.

    Each way to stay names what is asked and missing. Nothing missing means that merit suffices
    and the budget does not.
    """
    standing = given.standing
    near = np.isnat(now) | (standing.review_after <= now + days(policy.notice_days))
    measures = measures_of(policy, people) | {"score": score}
    rows = np.flatnonzero(standing.on_notice & near).tolist()
    review = pa.array(standing.review_after[rows]).cast(TIME)
    ways = [ways_to_stay(policy.tiers[standing.tier[row]], measures, row) for row in rows]
    columns = [
        people.user_ids.take(pa.array(rows, pa.int64())),
        pa.array([policy.names[standing.tier[row]] for row in rows], pa.string()),
        review,
        pa.array(ways, SCHEMA.field("ways").type),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def write_lines(path: Path, table: pa.Table) -> None:
    """Write notices as the read side reads them: one JSON object a line."""
    options = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
    with replacing(path) as beside, beside.open("wb") as file:
        file.writelines(orjson.dumps(row, option=options) for row in table.to_pylist())


def ways_to_stay(tier: Tier, measures: dict[str, FloatArray], row: int) -> list[dict[str, Any]]:
    """Say for each way into a tier what a person lacks to stay in it."""
    return [
        {
            "way": way.name,
            "needs": [
                {"measure": name, "now": float(measures[name][row]), "least": least}
                for name, least in way.stay.items()
                if not measures[name][row] >= least
            ],
        }
        for way in tier.every_way
    ]
