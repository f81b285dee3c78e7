"""Runs from afar: queue one, watch it, stop it, compare, put it live, go back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import orjson
from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from segmentation import jobs
from segmentation.jobs import Job
from segmentation.publishing import go_back, go_live
from segmentation.store import Store
from service.asking import database_of
from service.auth import CanSeeRuns
from service.errors import problems
from service.live import live_snapshots
from service.operations import (
    Comparison,
    DriftAnswer,
    JobAnswer,
    JobId,
    PublishAsked,
    RollbackAsked,
    RunAsked,
    UpdateAsked,
    WentLive,
)
from service.schemas import RunId

router = APIRouter(prefix="/v1", tags=["runs"])
EVENTS = "text/event-stream"
EVENT = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["event", "data"],
}
LOOK_SECONDS = 0.25
HEARTBEAT = b": alive\n\n"
LOOKS_A_HEARTBEAT = 60
Seconds = Annotated[
    float, Query(gt=0, le=3600, description="How long to go on at most; then ask again.")
]
Since = Annotated[
    str | None,
    Query(max_length=200, description="The earlier run; when absent the one it continued."),
]
With = Annotated[str, Query(alias="with", max_length=200, description="The later run.")]


@router.post("/runs", status_code=202, responses=problems(401, 403, 413, 422, 500))
def queue_run(request: Request, response: Response, asked: RunAsked, key: CanSeeRuns) -> JobAnswer:
    """Queue a run over the inputs the worker is set up with; `coterie worker` makes it."""
    job = jobs.enqueue(
        database_of(request),
        asked.model_dump(mode="json"),
        by=key.key_id,
        now=datetime.now(UTC),
    )
    response.headers["Location"] = f"/v1/jobs/{job.job_id}"
    return JobAnswer.model_validate(job)


@router.post("/runs:update", status_code=202, responses=problems(401, 403, 413, 422, 500))
def queue_update(
    request: Request, response: Response, asked: UpdateAsked, key: CanSeeRuns
) -> JobAnswer:
    """Queue an update: events sent since the live run are folded in, nothing is refitted."""
    job = jobs.enqueue(
        database_of(request),
        {"kind": "update", **asked.model_dump()},
        by=key.key_id,
        now=datetime.now(UTC),
    )
    response.headers["Location"] = f"/v1/jobs/{job.job_id}"
    return JobAnswer.model_validate(job)


@router.get("/jobs/{job_id}", responses=problems(401, 403, 404, 422, 500))
def get_job(job_id: JobId, request: Request, _: CanSeeRuns) -> JobAnswer:
    """Say how far a queued run is."""
    return JobAnswer.model_validate(jobs.find(database_of(request), job_id))


@router.post("/jobs/{job_id}:cancel", responses=problems(401, 403, 404, 409, 422, 500))
def cancel_job(job_id: JobId, request: Request, _: CanSeeRuns) -> JobAnswer:
    """Stop a queued run, within a second; what is live stays live."""
    job = jobs.cancel(database_of(request), job_id, now=datetime.now(UTC))
    return JobAnswer.model_validate(job)


@router.get(
    "/runs/{run_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {EVENTS: {"schema": EVENT}},
            "description": "An event `progress` for each change, and `end` as the last.",
        },
        **problems(401, 403, 404, 422, 500),
    },
)
async def watch_run(
    run_id: RunId, request: Request, _: CanSeeRuns, seconds: Seconds = 300.0
) -> StreamingResponse:
    """Follow a queued run by its job id, as server-sent events; a finished run ends at once."""
    if run_id.startswith(jobs.PREFIX):
        job = await asyncio.to_thread(jobs.find, database_of(request), run_id)
        return StreamingResponse(followed(request, job, seconds), media_type=EVENTS)
    await asyncio.to_thread(store_of(request).manifest, run_id)
    done = event("end", {"run_id": run_id, "state": "succeeded"})
    return StreamingResponse(iter([done]), media_type=EVENTS)


@router.post("/runs/{run_id}:publish", responses=problems(401, 403, 404, 409, 413, 422, 500))
def publish_run(run_id: RunId, request: Request, asked: PublishAsked, key: CanSeeRuns) -> WentLive:
    """Put a run live; past a failed gate only with `force` and a reason, which is kept."""
    store = store_of(request)
    before = store.current()
    go_live(
        store,
        run_id,
        force=asked.force,
        reason=asked.reason,
        now=datetime.now(UTC),
        author=key.name,
        database_url=request.app.state.settings.database_url,
    )
    live_snapshots(request).refresh()
    return WentLive(run_id=run_id, before=before)


@router.post("/runs:rollback", responses=problems(401, 403, 404, 413, 422, 500))
def roll_back(request: Request, asked: RollbackAsked, key: CanSeeRuns) -> WentLive:
    """Put the run live that was live before, or the one named."""
    store = store_of(request)
    before = store.current()
    live = go_back(
        store,
        asked.run_id,
        now=datetime.now(UTC),
        reason=asked.reason,
        author=key.name,
        database_url=request.app.state.settings.database_url,
    )
    live_snapshots(request).refresh()
    return WentLive(run_id=live, before=before)


@router.get("/runs/{run_id}:drift", responses=problems(401, 403, 404, 422, 500))
def tell_drift(run_id: RunId, request: Request, _: CanSeeRuns, since: Since = None) -> DriftAnswer:
    """Say what surely shifted since an earlier run, and what people should hear of it."""
    from segmentation.drifting import drift_of  # reads everyone's tags, which nothing else does

    store = store_of(request)
    before = since or before_it(store, run_id)
    if before is None:
        return DriftAnswer(run_id=run_id, before=None, facets=[], alerts=[])
    found = drift_of(store, before, run_id)
    return DriftAnswer.model_validate(
        {
            "run_id": run_id,
            "before": before,
            "facets": [drift.to_dict() for drift in found],
            "alerts": [vars(alert) for drift in found for alert in drift.findings()],
        }
    )


@router.get("/runs/{run_id}:compare", responses=problems(401, 403, 404, 422, 500))
def compare(run_id: RunId, request: Request, _: CanSeeRuns, later: With) -> Comparison:
    """Say what changed from one run to a later one: circles, and people who moved."""
    from segmentation.compare import compare_runs  # reads whole tables, which nothing else does

    facts = compare_runs(store_of(request), run_id, later)
    return Comparison.of(facts)


def before_it(store: Store, run_id: str) -> str | None:
    """The run that a run continued, None when there is none or it is kept no more."""
    before = cast(str | None, store.manifest(run_id).get("previous"))
    kept = {manifest["run_id"] for manifest in store.runs()}
    return before if before in kept else None


async def followed(request: Request, job: Job, seconds: float) -> AsyncIterator[bytes]:
    """Tell of each change of a job until it is over or the time is."""
    told: dict[str, Any] = {}
    for look in range(round(seconds / LOOK_SECONDS) + 1):
        facts = JobAnswer.model_validate(job).model_dump(mode="json")
        if job.is_over:
            yield event("end", facts)
            return
        if facts != told:
            yield event("progress", facts)
            told = facts
        elif look % LOOKS_A_HEARTBEAT == 0:
            yield HEARTBEAT
        await asyncio.sleep(LOOK_SECONDS)
        job = await asyncio.to_thread(jobs.find, database_of(request), job.job_id)


def event(name: str, facts: dict[str, Any]) -> bytes:
    """Write one server-sent event."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(facts))


def store_of(request: Request) -> Store:
    """Return the store the application serves."""
    return cast(Store, request.app.state.store)
