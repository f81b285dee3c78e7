"""The loop from run to run: each snapshot keeps a line for itself and for the runs before it."""

from typing import Any

from segmentation.context import Context
from segmentation.manifest import iso, read_json

Row = dict[str, Any]
KEPT = ("people", "speed", "friction", "weight", "momentum", "k_factor", "cycle_days")
MOST = 120
"""Runs a trend goes back, so that it outlives the snapshots themselves but not without end."""


def with_trend(facts: Row, context: Context) -> Row:
    """Return the facts of the loop with its trend: those of the run before, and these."""
    point = trend_point(facts, run_id=context.work.run_id,
                        as_of=iso(context.as_of) if context.as_of else None)  # fmt: skip
    return {**facts, "trend": [*trend_before(context), point][-MOST:]}


def trend_before(context: Context) -> list[Row]:
    """The trend as the run before left it."""
    if context.previous is None:
        return []
    kept: list[Row] = read_json(context.store.folder(context.previous) / "flywheel.json")["trend"]
    return kept


def trend_point(facts: Row, *, run_id: str, as_of: str | None) -> Row:
    """One run's line: its figures, and its people by stage."""
    stages = {row["stage"]: row["people"] for row in facts["stages"]}
    active = (facts["rates"] or {}).get("engaged")
    return {
        "run_id": run_id,
        "as_of": as_of,
        **{name: facts[name] for name in KEPT},
        "active": None if active is None else int(active),
        "stages": stages,
    }
