"""Everyone's stage in the lifecycle, now and one window earlier, from the valid events."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.lifecycle import STAGES, Evidence, Transitions, stages, transitions
from segmentation.config import Config
from segmentation.customers import habits_at, has_sales, horizon_of
from segmentation.engine import Engine, literal
from segmentation.people import DAY_US, by_person, microseconds, timestamp
from segmentation.tables import TIME

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
LONG_AGO = "DATE '1970-01-01'"  # the day of acts without a date


@dataclass(frozen=True)
class Moment:
    """Where everyone stood at one time: stage (-1: not there yet) and whether active."""

    stage: IntArray
    active: BoolArray


@dataclass(frozen=True)
class Lifecycle:
    """Everyone's stage now and one window earlier, seen from the same events.

    `earlier` is None when the source has no time. `table` is the `lifecycle` table; its previous
    stage is that of the run before where there was one.
    """

    now: Moment
    earlier: Moment | None
    transitions: Transitions
    against: str
    window_days: float
    table: pa.Table
    acts: str


def lifecycle_stages(
    engine: Engine,
    config: Config,
    tables: Path,
    *,
    as_of: datetime | None,
    previous: pa.Table | None = None,
) -> Lifecycle:
    """Find everyone's stage at `as_of`, and one window before it to see how people move.

    `previous` is the `lifecycle` table of the run before; without it, moves are counted from one
    window earlier.
    """
    acts = acts_of(engine, config, tables)
    window = window_of(engine, config, tables, as_of=as_of)
    start = as_of - timedelta(days=window) if as_of and window else None

    def seen_at(at: datetime | None) -> Moment:
        return moment_at(engine, config, tables, at=at, acts=acts, window_days=window)

    now = seen_at(as_of if start else None)
    earlier = seen_at(start) if start else None
    people = engine.execute("SELECT user_id FROM people ORDER BY user_id")["user_id"]
    moves = moves_from(previous, people=people, now=now, earlier=earlier)
    return Lifecycle(
        now=now,
        earlier=earlier,
        transitions=moves,
        against="one window earlier" if previous is None else "the previous run",
        window_days=window,
        table=lifecycle_table(people, now, earlier, previous=previous, as_of=as_of, start=start),
        acts=", ".join(acts) or ("visits on later days" if start else "none in the source"),
    )


def acts_of(engine: Engine, config: Config, tables: Path) -> tuple[str, ...]:
    """Return the channels whose events mean more than looking; none means any event does."""
    if has_sales(engine, config, tables):
        return tuple(channel for channel in config.channels.money if channel != "return")
    roles = config.channels
    meant = {*roles.voice, *roles.sharing, *roles.invitations}
    used = engine.rows("SELECT DISTINCT channel FROM events ORDER BY channel")
    return tuple(channel for (channel,) in used if channel in meant)


def window_of(engine: Engine, config: Config, tables: Path, *, as_of: datetime | None) -> float:
    """Return the length of a window in days; 0 when there is no time to divide."""
    return 0.0 if as_of is None else horizon_of(habits_at(engine, tables, as_of), config)


def moment_at(
    engine: Engine,
    config: Config,
    tables: Path,
    *,
    at: datetime | None,
    acts: tuple[str, ...],
    window_days: float,
) -> Moment:
    """Find everyone's stage at a moment; None looks at all there is as one window."""
    sql = evidence_sql(config, at=at, acts=acts, window_days=window_days)
    found = by_person(engine, tables, sql)
    first_visit = 0 if acts else 1
    stage = stages(
        Evidence(
            active=found["active"] > 0,
            acts=np.maximum(found["acts"].astype(np.int64) - first_visit, 0),
            act_windows=found["act_windows"].astype(np.int64),
            advocated=found["advocated"] > 0,
        )
    )
    absent = (found["seen"] == 0) & (found["ever"] > 0)
    return Moment(np.where(absent, -1, stage), found["active"] > 0)


def evidence_sql(
    config: Config, *, at: datetime | None, acts: tuple[str, ...], window_days: float
) -> str:
    """Return SQL for the evidence of every user with events, as it was at a moment."""
    carrying = (*config.channels.sharing, *config.channels.invitations)
    advocating = among(carrying) if carrying else "FALSE"
    act = f"{among(acts)} AND value > 0" if acts else "TRUE"
    if at is None:
        known, recent, day, window = "TRUE", "TRUE", "row_number() OVER ()" if acts else "0", "0"
    else:
        known = f"ts IS NULL OR ts <= {timestamp(at)}"
        window = f"({microseconds(at)} - epoch_us(ts)) // {round(window_days * DAY_US)}"
        recent, day = f"coalesce({window} = 0, FALSE)", f"coalesce(CAST(ts AS DATE), {LONG_AGO})"
    return f"""
        SELECT user_id, 1 AS ever,
               max(CASE WHEN known THEN 1 ELSE 0 END) AS seen,
               max(CASE WHEN known AND recent THEN 1 ELSE 0 END) AS active,
               count(DISTINCT CASE WHEN known AND act THEN day END) AS acts,
               count(DISTINCT CASE WHEN known AND act THEN win END) AS act_windows,
               max(CASE WHEN known AND recent AND advocating THEN 1 ELSE 0 END) AS advocated
        FROM (SELECT user_id, {known} AS known, {recent} AS recent, {act} AS act, {day} AS day,
                     {window} AS win, {advocating} AS advocating FROM events)
        GROUP BY user_id
        """


def among(channels: tuple[str, ...]) -> str:
    """Return SQL asking whether an event's channel is one of these."""
    return f"channel IN ({', '.join(literal(channel) for channel in channels)})"


def moves_from(
    previous: pa.Table | None, *, people: pa.ChunkedArray, now: Moment, earlier: Moment | None
) -> Transitions:
    """Count moves from the run before, or from one window earlier, to now."""
    if previous is None:
        nobody = np.full(len(now.stage), -1)
        return transitions(earlier.stage if earlier else nobody, now.stage)
    before = aligned_stages(previous, people)
    left = previous.filter(pc.invert(pc.is_in(previous["user_id"], people)))
    gone = stage_numbers(left["stage"])
    return transitions(
        np.concatenate([before, gone]), np.concatenate([now.stage, np.full(len(gone), -1)])
    )


def lifecycle_table(
    people: pa.ChunkedArray,
    now: Moment,
    earlier: Moment | None,
    *,
    previous: pa.Table | None,
    as_of: datetime | None,
    start: datetime | None,
) -> pa.Table:
    """Lay stages out as the `lifecycle` table; an unchanged stage keeps its date."""
    if previous is not None:
        before = aligned_stages(previous, people)
        dates = previous["since"].take(pc.index_in(people, previous["user_id"]))
    else:
        before = earlier.stage if earlier else np.full(len(people), -1)
        dates = pa.array([start] * len(people), TIME)
    kept = pa.array(before == now.stage)
    return pa.table(
        {
            "user_id": people,
            "stage": stage_names(now.stage),
            "previous_stage": stage_names(before),
            "since": pc.if_else(kept, dates.cast(TIME), pa.scalar(as_of, TIME)),
        }
    )


def aligned_stages(previous: pa.Table, people: pa.ChunkedArray) -> IntArray:
    """Return each person's stage in the run before; -1 for people it did not know."""
    places = pc.index_in(people, previous["user_id"])
    return stage_numbers(previous["stage"].take(places))


def stage_numbers(names: pa.ChunkedArray) -> IntArray:
    """Return stages by number; null and unknown names are -1."""
    numbers = pc.index_in(names, pa.array(STAGES))
    return np.asarray(pc.fill_null(numbers, -1).to_numpy(), dtype=np.int64)


def stage_names(stage: IntArray) -> pa.Array:
    """Return stages by name; -1 is null."""
    return pa.array(STAGES).take(pa.array(stage, mask=stage < 0))
