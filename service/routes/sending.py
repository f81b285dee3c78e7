"""Events in: sent over HTTP, judged as files are, and read by the next run or update."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request

from segmentation import sent
from service.asking import database_of
from service.auth import CanSeeRuns
from service.errors import problems
from service.live import LiveSnapshot
from service.sending import EventsSent, EventsTaken

router = APIRouter(prefix="/v1", tags=["events"])


@router.post("/events", status_code=202, responses=problems(401, 403, 413, 422, 500, 503))
def send_events(
    request: Request, asked: EventsSent, snapshot: LiveSnapshot, key: CanSeeRuns
) -> EventsTaken:
    """Take events in; those that cannot be used are told by their rows and reasons.

    `POST /v1/runs:update` folds them into the live run.
    """
    now = datetime.now(UTC)
    judged = sent.judge(
        [event.model_dump() for event in asked.events], money=snapshot.money, now=now
    )
    last = sent.keep(database_of(request), judged.valid, by=key.key_id, now=now)
    return EventsTaken.model_validate(
        {
            "run_id": snapshot.run_id,
            "taken": len(judged.valid),
            "quarantine": [{"row": row, "reason": reason} for row, reason in judged.bad.items()],
            "waiting_through": last,
        }
    )
