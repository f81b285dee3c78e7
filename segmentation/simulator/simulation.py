"""A planted population written as input tables, beside the truth about it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from segmentation.errors import UsageError
from segmentation.simulator.acts import Lives, write_acts
from segmentation.simulator.difficulty import DIFFICULTIES, Level
from segmentation.simulator.events import Events
from segmentation.simulator.facts import write_contents, write_people_facts, write_ties
from segmentation.simulator.tables import TABLE_FILES, TableWriter
from segmentation.simulator.timeline import Period, timeline
from segmentation.simulator.truth import (
    TRUTH_TABLES,
    write_circle_truth,
    write_lineage,
    write_tag_truth,
    write_user_truth,
)
from segmentation.simulator.world import World, plant

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
FEWEST_USERS = 100
CHUNK = 50_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SimulationReport:
    """What was written: one folder and one end a period, and each table's rows over all of them."""

    users: int
    seed: int
    difficulty: Level
    as_of: datetime
    folders: tuple[Path, ...]
    ends: tuple[datetime, ...]
    rows: dict[str, int]


def simulate(
    users: int,
    out: Path,
    *,
    seed: int = 0,
    periods: int = 1,
    difficulty: Level = "medium",
    as_of: datetime = AS_OF,
    progress: Progress | None = None,
) -> SimulationReport:
    """Write a population of planted circles, lifestyles, shares and ties.

    One period goes straight into `out`; several go into `period-01`, `period-02` and so on, each
    with its new rows alone and the truth as of its end, beside `lineage_truth.parquet`. The
    same arguments give the same bytes.
    """
    require_sense(users, seed, periods, difficulty)
    spans = timeline(as_of, periods)
    world = plant(users, seed, DIFFICULTIES[difficulty], spans)
    folders = [out / f"period-{span.number:02d}" for span in spans] if periods > 1 else [out]
    rows: Counter[str] = Counter()
    late: dict[int, Events] = {}
    for period, folder in zip(spans, folders, strict=True):
        with TableWriter(folder, (*TABLE_FILES, *TRUTH_TABLES)) as tables:
            write_backdrop(world, period, tables)
            late = write_lives(world, period, tables, late, progress)
        rows.update(tables.rows)
    if periods > 1:
        rows["lineage_truth"] = write_lineage(world, out)
    return SimulationReport(
        users=users,
        seed=seed,
        difficulty=difficulty,
        as_of=spans[-1].ends_at,
        folders=tuple(folders),
        ends=tuple(span.ends_at for span in spans),
        rows=dict(rows),
    )


def require_sense(users: int, seed: int, periods: int, difficulty: str) -> None:
    """Refuse a population that cannot be planted."""
    if users < FEWEST_USERS:
        raise UsageError(f"`users` must be >= {FEWEST_USERS}, got {users}.")
    if seed < 0:
        raise UsageError(f"`seed` must be >= 0, got {seed}.")
    if periods < 1:
        raise UsageError(f"`periods` must be >= 1, got {periods}.")
    if difficulty not in DIFFICULTIES:
        known = ", ".join(DIFFICULTIES)
        raise UsageError(f"`difficulty` must be one of {known}, got {difficulty!r}.")


def write_backdrop(world: World, period: Period, tables: TableWriter) -> None:
    """Write what does not depend on anyone's acts."""
    write_contents(world, period, tables)
    write_ties(world, period, tables)
    write_tag_truth(world, tables)
    write_circle_truth(world, period, tables)


def write_lives(
    world: World, period: Period, tables: TableWriter, late: dict[int, Events],
    progress: Progress | None,
) -> dict[int, Events]:  # fmt: skip
    """Let people live through a period, a chunk at a time; return what falls into later ones."""
    everyone = len(world.people)
    lives = Lives.of(world, period)
    later: dict[int, Events] = {}
    for first in range(0, everyone, CHUNK):
        rows = np.arange(first, min(first + CHUNK, everyone))
        write_people_facts(world, period, rows, tables)
        write_user_truth(world, period, rows, lives.propensity(rows), tables)
        later[first] = write_acts(lives, rows, late.get(first), tables)
        if progress:
            done = (period.number - 1) * everyone + first + len(rows)
            progress(done, len(world.periods) * everyone)
    return later
