"""One segmentation run: a locked store, a work folder, the stages in order, then publish."""

import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from segmentation.beginning import begin, sent_before
from segmentation.context import Context
from segmentation.database import open_database
from segmentation.engines import open_engines
from segmentation.erasure import repeat_erasures
from segmentation.lock import StoreLock
from segmentation.progress import Advance, Reporter
from segmentation.publishing import GateClosed, go_live
from segmentation.request import RunRequest
from segmentation.stages import STAGES, Stage
from segmentation.store import Store
from segmentation.work import Work

__all__ = ["RunOutcome", "RunRequest", "segment"]


@dataclass(frozen=True, kw_only=True)
class RunOutcome:
    """What came of a run: its id, whether it is live, and its report."""

    run_id: str
    published: bool
    report: dict[str, Any]


def segment(
    request: RunRequest,
    reporter: Reporter,
    *,
    stages: Sequence[Stage] = STAGES,
    on_top: bool = False,
) -> RunOutcome:
    """Run every stage not yet through and publish the result; `on_top` goes on from the live run.

    A run reads all events ever sent over HTTP, one on top those that the live run has not read.
    """
    store = Store(request.store)
    with StoreLock(request.store):
        read_before = sent_before(store) if on_top else 0
        work = begin(store, request, reporter, stages, read_before=read_before)
        resources = request.config.resources
        # New events of an update are few: no cluster is asked for them.
        asked = replace(resources, engine="duckdb") if on_top else resources
        with open_engines(asked, work.folder) as engines:
            context = Context(request.config, request.base, work, store, engines)
            for number, stage in enumerate(stages, start=1):
                perform(stage, context, reporter, number=number)
        return conclude(store, work, request)


def perform(stage: Stage, context: Context, reporter: Reporter, *, number: int) -> None:
    """Run one stage unless its record says it is through."""
    if context.work.record(stage.name) is not None:
        return
    with reporter.stage(stage.title) as advance:
        record = {"number": number} | timed(stage, context, advance)
    context.work.finish(stage.name, record)


def timed(stage: Stage, context: Context, advance: Advance) -> dict[str, Any]:
    """Do the stage's work; return how long it took, its rows and the memory peak so far."""
    start, cpu = time.perf_counter(), time.process_time()
    rows = stage.work(context, advance)
    return {
        "stage": stage.name,
        "rows": rows,
        "seconds": round(time.perf_counter() - start, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def conclude(store: Store, work: Work, request: RunRequest) -> RunOutcome:
    """Move the finished snapshot into the store, publish it and forget the work folder."""
    store.adopt(work.folder / "snapshot", work.run_id)
    forget_erased(store, work.run_id, request.database_url)
    if request.publish and store.current() != work.run_id:
        publish(store, work, request)
    work.remove()
    store.prune(request.config.store.keep_runs)
    live = store.current() == work.run_id
    return RunOutcome(run_id=work.run_id, published=live, report=store.report(work.run_id))


def forget_erased(store: Store, run_id: str, database_url: str | None) -> None:
    """Erase from a new snapshot whoever was erased before, though the source still names them."""
    database = open_database(store.path, database_url)
    try:
        repeat_erasures(store.folder(run_id), database)
    finally:
        database.dispose()


def publish(store: Store, work: Work, request: RunRequest) -> None:
    """Go live; behind a closed gate the snapshot is kept and nothing is left to resume."""
    reason = request.reason
    try:
        go_live(
            store,
            work.run_id,
            force=bool(reason),
            reason=reason,
            now=request.now,
            database_url=request.database_url,
        )
    except GateClosed:
        work.remove()
        raise
