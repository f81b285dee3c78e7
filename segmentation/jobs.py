"""Runs asked for from afar: a queue in SQL, done by `coterie worker`.

queued -> running -> succeeded | failed; a job that is to be cancelled is `cancelling` until the
worker has let go of it, then `cancelled`. A worker says again and again that it lives; what a dead
one left running is queued again, to be resumed.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import orjson
import sqlalchemy as sa

from segmentation.database import Database
from segmentation.errors import NotFound, UsageError
from segmentation.sqltables import jobs as table

State: TypeAlias = Literal["queued", "running", "succeeded", "failed", "cancelling", "cancelled"]

ENDED: tuple[State, ...] = ("succeeded", "failed", "cancelled")
PREFIX = "job-"
SILENT = timedelta(seconds=15)
"""A worker that said nothing for so long is dead."""
MOST_RESUMED = 3


class JobEnded(UsageError):
    """The job is over and cannot be changed."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run asked for.

    `progress` goes from 0 to 1 and never back; `detail` is the stage at work, or why it failed.
    """

    job_id: str
    state: State
    asked: dict[str, Any]
    by: str
    progress: float
    detail: str
    run_id: str | None
    published: bool | None
    turn: int
    queued: datetime
    started: datetime | None
    ended: datetime | None
    alive: datetime | None

    @property
    def kind(self) -> str:
        """A `run` of everything, or an `update` of the live run."""
        return str(self.asked.get("kind", "run"))

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED


def enqueue(database: Database, asked: Mapping[str, Any], *, by: str, now: datetime) -> Job:
    """Put a run into the queue."""
    job = Job(
        job_id=f"{PREFIX}{secrets.token_hex(8)}",
        state="queued",
        asked=dict(asked),
        by=by,
        progress=0.0,
        detail="",
        run_id=None,
        published=None,
        turn=0,
        queued=now,
        started=None,
        ended=None,
        alive=None,
    )
    row = vars(job) | {"asked": orjson.dumps(job.asked).decode()}
    with database.begin() as connection:
        connection.execute(sa.insert(table).values(**row))
    return job


def find(database: Database, job_id: str) -> Job:
    """Return a job; raises `NotFound` when there is none."""
    with database.connect() as connection:
        row = connection.execute(sa.select(table).where(table.c.job_id == job_id)).first()
    if row is None:
        raise NotFound.of("job", job_id)
    return job_of(row)


def claim(database: Database, *, now: datetime) -> Job | None:
    """Take the job that waits longest; None when none waits. No two workers take one."""
    revive(database, now=now)
    waiting = sa.select(table.c.job_id).where(table.c.state == "queued")
    with database.connect() as connection:
        ids = connection.execute(waiting.order_by(table.c.queued, table.c.job_id)).scalars().all()
    for job_id in ids:
        begun = {"state": "running", "started": now, "alive": now, "turn": table.c.turn + 1}
        if changed(database, job_id, begun, states=("queued",)):
            return find(database, job_id)
    return None


def revive(database: Database, *, now: datetime) -> None:
    """Queue again what a dead worker left running, a few times; end what it left cancelling."""
    silent = table.c.alive < now - SILENT
    at_work = sa.select(table.c.job_id).where(table.c.state.in_(("running", "cancelling")), silent)
    with database.connect() as connection:
        if connection.execute(at_work.limit(1)).first() is None:
            return  # asked again and again, this must not take its turn among those who write
    fates: tuple[tuple[sa.ColumnElement[bool], dict[str, Any]], ...] = (
        (table.c.state == "cancelling", {"state": "cancelled", "ended": now}),
        (
            (table.c.state == "running") & (table.c.turn >= MOST_RESUMED),
            {"state": "failed", "ended": now, "detail": "Its worker died again and again."},
        ),
        (table.c.state == "running", {"state": "queued"}),
    )
    with database.begin() as connection:
        for which, fate in fates:
            connection.execute(sa.update(table).where(which, silent).values(**fate))


def report(
    database: Database, job_id: str, *, now: datetime, progress: float = 0.0, detail: str = ""
) -> State:
    """Say that the worker lives and how far it is; return the state, which may be `cancelling`."""
    job = find(database, job_id)
    news = {"alive": now, "progress": max(job.progress, min(progress, 1.0))}
    if detail:
        news["detail"] = detail
    changed(database, job_id, news, states=("running", "cancelling"))
    return job.state


def succeed(
    database: Database, job_id: str, *, run_id: str, published: bool, now: datetime
) -> None:
    """End a job that came to a run."""
    facts = {"state": "succeeded", "ended": now, "progress": 1.0, "detail": "",
             "run_id": run_id, "published": published}  # fmt: skip
    changed(database, job_id, facts, states=("running", "cancelling"))


def fail(database: Database, job_id: str, *, why: str, now: datetime) -> None:
    """End a job that came to nothing."""
    changed(
        database,
        job_id,
        {"state": "failed", "ended": now, "detail": why},
        states=("running", "cancelling"),
    )


def cancel(database: Database, job_id: str, *, now: datetime) -> Job:
    """Ask a job to stop: one that waits is cancelled at once, one at work by its worker.

    Raises
    ------
    JobEnded
        When it is over already.
    """
    if not changed(database, job_id, {"state": "cancelled", "ended": now}, states=("queued",)):
        changed(database, job_id, {"state": "cancelling"}, states=("running",))
    job = find(database, job_id)
    if job.is_over and job.state != "cancelled":
        raise JobEnded(f"The job `{job_id}` is over: it {job.state}.")
    return job


def cancelled(database: Database, job_id: str, *, now: datetime) -> None:
    """End a job its worker has let go of."""
    changed(database, job_id, {"state": "cancelled", "ended": now}, states=("cancelling",))


def changed(
    database: Database, job_id: str, facts: Mapping[str, Any], *, states: tuple[State, ...]
) -> bool:
    """Change a job that is in one of some states; say whether it was."""
    mine = sa.update(table).where(table.c.job_id == job_id, table.c.state.in_(states))
    with database.begin() as connection:
        return bool(connection.execute(mine.values(**facts)).rowcount)


def job_of(row: sa.Row[Any]) -> Job:
    """A row as a job."""
    facts = dict(row._mapping)
    return Job(**facts | {"asked": orjson.loads(facts["asked"])})
