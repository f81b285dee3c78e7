"""`coterie worker`: takes runs out of the queue and makes them, one at a time.

Each run is a process of its own, so that cancelling is ending it: the kernel takes back its lock,
nothing is published, and what it had done can be resumed. Webhooks go out from a thread beside
them, however long a run takes.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segmentation import jobs
from segmentation.config import Config, InputConfig
from segmentation.database import Database, open_database
from segmentation.dispatch import Dispatcher
from segmentation.errors import SegmentationError
from segmentation.jobs import Job
from segmentation.progress import Advance
from segmentation.store import Store

if TYPE_CHECKING:
    from segmentation.run import RunOutcome

LOOK_SECONDS = 0.2
REPORT_SECONDS = 0.5
ENDING_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a worker works with: settings, where their paths start, the store, the database.

    `loopback` lets webhooks go to receivers on this machine.
    """

    config: Config
    base: Path
    store: Path
    database_url: str | None = None
    loopback: bool = False

    def database(self) -> Database:
        """Open the database."""
        return open_database(self.store, self.database_url)


def work_forever(bench: Bench, *, once: bool = False) -> int:
    """Do what is queued until stopped, or until nothing is; return how many jobs were done.

    Webhooks go out beside it until stopped, or after it once what is due.
    """
    database = bench.database()
    dispatcher = Dispatcher(Store(bench.store), database, loopback=bench.loopback)
    if once:
        done = work(bench, database)
        dispatcher.deliver_forever(once=True)
        return done
    with dispatcher.beside():
        while True:
            work(bench, database)
            time.sleep(LOOK_SECONDS)


def work(bench: Bench, database: Database) -> int:
    """Make run after run until none waits; return how many."""
    done = 0
    while (job := jobs.claim(database, now=datetime.now(UTC))) is not None:
        oversee(job, bench, database)
        done += 1
    return done


def oversee(job: Job, bench: Bench, database: Database) -> None:
    """Make one run in a process of its own, and end it when the job is cancelled or we are."""
    process = multiprocessing.get_context("spawn").Process(target=perform, args=(job, bench))
    process.start()
    try:
        while process.is_alive():
            process.join(LOOK_SECONDS)
            if jobs.report(database, job.job_id, now=datetime.now(UTC)) == "cancelling":
                end(process)
                jobs.cancelled(database, job.job_id, now=datetime.now(UTC))
    finally:
        end(process)
    now = datetime.now(UTC)
    jobs.fail(database, job.job_id, why="Its process ended before it was done.", now=now)


def end(process: BaseProcess) -> None:
    """End a process, by force when it takes its time."""
    process.terminate()
    process.join(ENDING_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()


def perform(job: Job, bench: Bench) -> None:
    """Make the run of a job and note how it ended."""
    database = bench.database()
    try:
        outcome = make(job, bench, database)
    except SegmentationError as error:
        jobs.fail(database, job.job_id, why=str(error), now=datetime.now(UTC))
    except Exception as error:
        jobs.fail(
            database, job.job_id, why=f"{type(error).__name__}: {error}", now=datetime.now(UTC)
        )
        raise
    else:
        jobs.succeed(
            database,
            job.job_id,
            run_id=outcome.run_id,
            published=outcome.published,
            now=datetime.now(UTC),
        )


def make(job: Job, bench: Bench, database: Database) -> "RunOutcome":
    """Make the run, or the update, a job asks for."""
    from segmentation.run import segment
    from segmentation.stages import STAGES
    from segmentation.update import UPDATE, update

    if job.kind == "update":
        return update(request_of(job, bench), Teller(database, job.job_id, stages=len(UPDATE)))
    return segment(request_of(job, bench), Teller(database, job.job_id, stages=len(STAGES)))


def request_of(job: Job, bench: Bench) -> Any:  # noqa: ANN401 - its module is heavy to load
    """What a job asks, as a request for a run; a job whose worker died is resumed.

    An update reads none of the files the worker is set up with: they are in the live run.
    """
    from segmentation.run import RunRequest

    asked, config = job.asked, bench.config
    if asked.get("circles") is not None:
        config = replace(config, circles=replace(config.circles, count=asked["circles"]))
    if job.kind == "update":
        config = replace(config, input=InputConfig(max_bad_share=config.input.max_bad_share))
    as_of = asked.get("as_of")
    return RunRequest(
        config=config,
        base=bench.base,
        store=bench.store,
        now=job.queued,
        as_of=datetime.fromisoformat(as_of) if as_of else None,
        seed=asked.get("seed") or 0,
        publish=asked.get("publish", True),
        reason=asked.get("reason") or "",
        resume=job.turn > 1,
        database_url=bench.database_url,
    )


class Teller:
    """Reports the progress of a run into its job; ends with the worker it belongs to."""

    def __init__(self, database: Database, job_id: str, *, stages: int) -> None:
        self._database = database
        self._job_id = job_id
        self._stages = stages
        self._done = 0
        self._told = 0.0
        self._worker = os.getppid()

    @contextmanager
    def stage(self, title: str) -> Iterator[Advance]:
        """Announce a stage and take its progress."""
        self._tell(0.0, title)

        def advance(done: int, total: int) -> None:
            if time.monotonic() - self._told > REPORT_SECONDS:
                self._tell(done / total if total else 0.0, title)

        yield advance
        self._done += 1

    def note(self, text: str) -> None:
        """Tell it with the progress, until the next stage begins."""
        self._tell(0.0, text)

    def _tell(self, part: float, title: str) -> None:
        if os.getppid() != self._worker:
            sys.exit("The worker of this run is gone.")
        self._told = time.monotonic()
        jobs.report(
            self._database,
            self._job_id,
            now=datetime.now(UTC),
            progress=(self._done + min(part, 1.0)) / self._stages,
            detail=title,
        )


__all__ = ["Bench", "work_forever"]
