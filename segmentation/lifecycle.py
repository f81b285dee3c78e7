"""Everyone's stage in the lifecycle, now and in the windows before, from the valid events."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.lifecycle import STAGES, Moment, Transitions, moment, transitions
from segmentation.config import Config
from segmentation.course import Windows, acts_of, read_course, register, rules_of, windows_of
from segmentation.engine import Engine
from segmentation.tables import TIME

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Lifecycle:
    """Everyone's stage now and in earlier windows, seen from the same events.

    `moments` begin with now and go back a window each; there is but one when the source has no
    time. `table` is the `lifecycle` table; its previous stage is that of the run before where
    there was one.
    """

    moments: tuple[Moment, ...]
    transitions: Transitions
    against: str
    windows: Windows
    table: pa.Table
    acts: str

    @property
    def now(self) -> Moment:
        """Where everyone stands."""
        return self.moments[0]

    @property
    def earlier(self) -> Moment | None:
        """Where everyone stood one window earlier."""
        return self.moments[1] if len(self.moments) > 1 else None


def lifecycle_stages(
    engine: Engine,
    config: Config,
    tables: Path,
    *,
    as_of: datetime | None,
    previous: pa.Table | None = None,
) -> Lifecycle:
    """Find everyone's stage at `as_of`, and window by window before it to see how people move.

    `previous` is the `lifecycle` table of the run before; without it, moves are counted from one
    window earlier.
    """
    register(engine, tables)
    acts = acts_of(engine, config, tables)
    windows = windows_of(engine, config, tables, as_of=as_of)
    course = read_course(engine, config, tables, windows=windows, acts=acts)
    backs = range(windows.count)
    moments = tuple(moment(course, rules_of(config), back=back) for back in backs)
    start = windows.as_of - timedelta(days=windows.days) if windows.as_of else None
    people = engine.execute("SELECT user_id FROM people ORDER BY user_id")["user_id"]
    now, earlier = moments[0], moments[1] if start else None
    return Lifecycle(
        moments=moments,
        transitions=moves_from(previous, people=people, now=now, earlier=earlier),
        against="one window earlier" if previous is None else "the previous run",
        windows=windows,
        table=lifecycle_table(people, now, earlier, previous=previous, as_of=as_of, start=start),
        acts=", ".join(acts) or ("visits on later days" if start else "none in the source"),
    )


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
