"""How a run begins: an unfinished one goes on, or a new one records all its result depends on."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from segmentation import batches, consents, sent
from segmentation.agreement import DECIDED, save_decisions
from segmentation.config import TABLES
from segmentation.database import Database, open_database
from segmentation.decisions import Decisions, decisions
from segmentation.edition import edition
from segmentation.errors import ConfigError
from segmentation.ingest import fingerprint
from segmentation.progress import Reporter
from segmentation.request import RunRequest
from segmentation.rulings import in_force
from segmentation.stages import STAGES, Stage
from segmentation.store import Store
from segmentation.work import Work, unfinished

LONGEST_DAYS = 36_500


def begin(
    store: Store,
    request: RunRequest,
    reporter: Reporter,
    stages: Sequence[Stage] = STAGES,
    *,
    read_before: int = 0,
) -> Work:
    """Find the unfinished run that asked for the same, or open a new one and forget the rest."""
    decided, rulings, kept = decisions_for(request), rulings_for(request), kept_for(request)
    wanted = fingerprint_of(request, decided, stages, rulings=rulings, kept=kept)
    left = unfinished(store.work_folder)
    if request.resume:
        for work in left:
            if goes_on(work, store, wanted):
                return work
        reporter.note(f"{why_not(left)} A new run begins.")
    for work in left:
        work.remove()
    kept |= {"sent_after": read_before}
    return open_work(store, request, {**asdict(decided), "rulings": rulings, **kept}, wanted)


def goes_on(work: Work, store: Store, wanted: str) -> bool:
    """Whether an unfinished run asked for the same, of this edition of the program."""
    asked, live = work.request(), store.current()
    if asked.get("edition") != edition():
        return False
    # Once it is live, what people decided is read from the run itself and hashes otherwise.
    is_live = work.run_id == live
    return is_live or (asked.get("previous") == live and asked.get("fingerprint") == wanted)


def why_not(left: Sequence[Work]) -> str:
    """Say why no unfinished run, newest first, goes on."""
    if not left:
        return "No run is unfinished."
    newest = left[0]
    if newest.request().get("edition") != edition():
        return (
            f"The unfinished run {newest.run_id} was begun by another version of Coterie, whose "
            "half-done work this one cannot take over."
        )
    return (
        f"The unfinished run {newest.run_id} was asked for something else: its settings, inputs or "
        "the decisions since are others, or another run has gone live."
    )


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
            "edition": edition(),
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
