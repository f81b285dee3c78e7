"""One segmentation run: a locked store, a work folder, the stages in order, then publish."""

import hashlib
import json
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from segmentation import batches, consents, sent
from segmentation.agreement import DECIDED, save_decisions
from segmentation.config import TABLES, Config
from segmentation.context import Context
from segmentation.database import Database, open_database
from segmentation.decisions import Decisions, decisions
from segmentation.engine import DuckEngine
from segmentation.erasure import repeat_erasures
from segmentation.errors import ConfigError
from segmentation.ingest import fingerprint
from segmentation.lock import StoreLock
from segmentation.progress import Advance, Reporter
from segmentation.publishing import GateClosed, go_live
from segmentation.rulings import in_force
from segmentation.stages import STAGES, Stage
from segmentation.store import Store
from segmentation.work import Work, unfinished

LONGEST_DAYS = 36_500


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What a run is asked to do.

    `base` is the folder input patterns are relative to; `as_of` None means the latest event;
    `now` is when the run was asked for; a `reason` publishes past a failed gate. Without
    `database_url` the database lies in the store.
    """

    config: Config
    base: Path
    store: Path
    now: datetime
    as_of: datetime | None = None
    seed: int = 0
    publish: bool = True
    reason: str = ""
    resume: bool = False
    database_url: str | None = None


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
        work = begin(store, request, stages, read_before=sent_before(store) if on_top else 0)
        with DuckEngine(
            request.config.resources.memory_limit,
            threads=request.config.resources.threads,
            temp_directory=work.path("spill"),
        ) as engine:
            context = Context(request.config, request.base, work, store, engine)
            for number, stage in enumerate(stages, start=1):
                perform(stage, context, reporter, number=number)
        return conclude(store, work, request)


def begin(
    store: Store,
    request: RunRequest,
    stages: Sequence[Stage] = STAGES,
    *,
    read_before: int = 0,
) -> Work:
    """Find the unfinished run that asked for the same, or open a new one and forget the rest."""
    decided, rulings, kept = decisions_for(request), rulings_for(request), kept_for(request)
    wanted = fingerprint_of(request, decided, stages, rulings=rulings, kept=kept)
    left = unfinished(store.work_folder)
    for work in left:
        asked = work.request()
        # Once it is live, what people decided is read from the run itself and hashes otherwise.
        is_live = work.run_id == store.current()
        goes_on = asked.get("previous") == store.current() and asked.get("fingerprint") == wanted
        if request.resume and (is_live or goes_on):
            return work
    for work in left:
        work.remove()
    kept |= {"sent_after": read_before}
    return open_work(store, request, {**asdict(decided), "rulings": rulings, **kept}, wanted)


def decisions_for(request: RunRequest) -> Decisions:
    """The policy in force and the tiers set by hand, as they are when the run begins."""
    database = open_database(request.store, request.database_url)
    try:
        return decisions(Store(request.store), database, now=request.now)
    finally:
        database.dispose()


def rulings_for(request: RunRequest) -> list[dict[str, Any]]:
    """What people have decided of circles, as the run records it."""
    database = open_database(request.store, request.database_url)
    try:
        return [asdict(each) for each in in_force(database)]
    finally:
        database.dispose()


def sent_before(store: Store) -> int:
    """Up to which of the events sent over HTTP the live run has read; 0 before the first run."""
    live = store.current()
    return int(store.manifest(live).get("sent_through", 0)) if live else 0


def kept_for(request: RunRequest) -> dict[str, Any]:
    """How far the events sent over HTTP go, and the state of consent, when the run begins."""
    database = open_database(request.store, request.database_url)
    try:
        return {"sent_through": sent.last(database), "consents": list(consents.mark(database))}
    finally:
        database.dispose()


def open_work(store: Store, request: RunRequest, decided: Mapping[str, Any], wanted: str) -> Work:
    """Open a new run under the next free id."""
    previous = store.current()
    work = Work(store.work_folder / store.free_run_id(request.now, f"{wanted}{previous}"))
    take_over(work, request, after=decided["sent_after"], through=decided["sent_through"])
    work.open(
        {
            "fingerprint": wanted,
            "previous": previous,
            "now": request.now.isoformat(),
            "seed": request.seed,
            "as_of": request.as_of.isoformat() if request.as_of else None,
            **decided,
        }
    )
    return work


def take_over(work: Work, request: RunRequest, *, after: int, through: int) -> None:
    """Keep in the run's folder what people decided about consent, and events sent over HTTP."""
    database = open_database(request.store, request.database_url)
    try:
        save_decisions(work.path(DECIDED), consents.decisions(database))
        file_sent(database, request, through=through)
        if through > after:
            batches.write_out(database, work.path(sent.FILE), after=after, through=through)
    finally:
        database.dispose()


def file_sent(database: Database, request: RunRequest, *, through: int) -> None:
    """File the events sent over HTTP away, but forget those that came longer ago than is kept."""
    days = request.config.store.keep_sent_days
    if not 0 <= days <= LONGEST_DAYS:
        raise ConfigError(
            f"`store.keep_sent_days` must be from 0, which is for good, to {LONGEST_DAYS}, "
            f"got {days}."
        )
    batches.file_away(database, through=through)
    if days:
        batches.forget(database, before=request.now - timedelta(days=days))


def fingerprint_of(
    request: RunRequest,
    decided: Decisions,
    stages: Sequence[Stage] = STAGES,
    *,
    rulings: Sequence[Mapping[str, Any]] = (),
    kept: Mapping[str, Any] | None = None,
) -> str:
    """Hash all the result depends on: stages, settings, decisions, inputs, seed, as-of."""
    inputs = {
        table: fingerprint(getattr(request.config.input, table), base=request.base)
        for table in TABLES
    }
    # Threads and memory change how a run is done, never what it finds.
    settings = asdict(replace(request.config, resources=type(request.config.resources)()))
    policy = request.base / request.config.rights.policy
    facts: dict[str, Any] = {
        "stages": [stage.title for stage in stages],
        "settings": settings,
        "policy": policy.read_text(encoding="utf-8") if policy.exists() else None,
        "inputs": inputs,
        "seed": request.seed,
        "as_of": request.as_of.isoformat() if request.as_of else None,
        "decided": asdict(decided),
    }
    if rulings:
        facts["rulings"] = rulings
    if kept:
        facts["kept"] = kept
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


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
