"""Receivers of webhooks: who is told of tier changes, what they did not take, sending it again."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from segmentation import outbox, webhooks
from segmentation.database import Database
from segmentation.webhooks import Endpoint
from service.asking import database_of
from service.auth import CanAdminister
from service.errors import problems
from service.live import live_snapshots
from service.webhooks import (
    MessageList,
    RedeliverAsked,
    Redelivered,
    RotateAsked,
    WebhookAnswer,
    WebhookAsked,
    WebhookId,
    WebhookList,
    WebhookRemoved,
    WebhookSecret,
)

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
State = Annotated[Literal["pending", "dead"], Query(description="Those that wait, or the dead.")]
After = Annotated[
    int, Query(ge=0, le=2**53, description="Messages after this entry of the ledger.")
]
Size = Annotated[int, Query(ge=1, le=1000, description="Rows a page.")]


@router.get("", responses=problems(401, 403, 500))
def list_webhooks(request: Request, _: CanAdminister) -> WebhookList:
    """List the receivers: how much they took, what waits for them, what is dead."""
    database = database_of(request)
    rows = [facts_of(database, each) for each in webhooks.list_endpoints(database)]
    return WebhookList.model_validate({"run_id": live_run(request), "webhooks": rows})


@router.post("", status_code=201, responses=problems(401, 403, 413, 422, 500))
def add_webhook(
    request: Request, response: Response, asked: WebhookAsked, key: CanAdminister
) -> WebhookSecret:
    """Tell a receiver of every change of a tier from now on; its secret is shown this once."""
    made = webhooks.register(
        database_of(request),
        asked.url,
        purpose=asked.purpose,
        by=key.name,
        now=datetime.now(UTC),
        loopback=request.app.state.settings.webhook_loopback,
    )
    response.headers["Location"] = f"/v1/webhooks/{made.endpoint_id}"
    return WebhookSecret.model_validate(answer_of(request, made) | {"secret": made.secret})


@router.get("/{webhook_id}", responses=problems(401, 403, 404, 422, 500))
def get_webhook(webhook_id: WebhookId, request: Request, _: CanAdminister) -> WebhookAnswer:
    """Say how a receiver fares."""
    found = webhooks.find(database_of(request), webhook_id)
    return WebhookAnswer.model_validate(answer_of(request, found))


@router.delete("/{webhook_id}", responses=problems(401, 403, 404, 422, 500))
def remove_webhook(webhook_id: WebhookId, request: Request, _: CanAdminister) -> WebhookRemoved:
    """Tell a receiver no more; what is on its way is dropped."""
    webhooks.remove(database_of(request), webhook_id)
    return WebhookRemoved(run_id=live_run(request), removed=webhook_id)


@router.get("/{webhook_id}/messages", responses=problems(401, 403, 404, 422, 500))
def list_messages(
    webhook_id: WebhookId,
    request: Request,
    _: CanAdminister,
    state: State = "dead",
    after: After = 0,
    page_size: Size = 100,
) -> MessageList:
    """List the messages a receiver has not taken, and why."""
    rows = outbox.list_messages(
        database_of(request), webhook_id, state=state, after=after, limit=page_size + 1
    )
    page = rows[:page_size]
    request.scope["coterie.people"] = len({row["user_id"] for row in page})
    following = page[-1]["seq"] if len(rows) > page_size else None
    return MessageList.model_validate(
        {"run_id": live_run(request), "messages": page, "next_after": following}
    )


@router.post("/{webhook_id}:rotate", responses=problems(401, 403, 404, 413, 422, 500))
def rotate_secret(
    webhook_id: WebhookId, asked: RotateAsked, request: Request, _: CanAdminister
) -> WebhookSecret:
    """Give a receiver a new secret; for a while messages are signed by both."""
    made = webhooks.rotate(
        database_of(request),
        webhook_id,
        now=datetime.now(UTC),
        overlap=timedelta(hours=asked.hours),
    )
    return WebhookSecret.model_validate(answer_of(request, made) | {"secret": made.secret})


@router.post("/{webhook_id}:redeliver", responses=problems(401, 403, 404, 413, 422, 500))
def redeliver(
    webhook_id: WebhookId, asked: RedeliverAsked, request: Request, _: CanAdminister
) -> Redelivered:
    """Send again what is dead, and everything after an entry of the ledger where one is given."""
    revived = outbox.redeliver(
        database_of(request), webhook_id, now=datetime.now(UTC), after=asked.after
    )
    return Redelivered(run_id=live_run(request), endpoint_id=webhook_id, revived=revived)


def answer_of(request: Request, endpoint: Endpoint) -> dict[str, Any]:
    """A receiver as an answer of its own."""
    return {"run_id": live_run(request), **facts_of(database_of(request), endpoint)}


def live_run(request: Request) -> str | None:
    """The run that is live, if any."""
    return live_snapshots(request).run_id


def facts_of(database: Database, endpoint: Endpoint) -> dict[str, Any]:
    """A receiver as it goes out."""
    return endpoint.to_dict() | outbox.counts(database, endpoint.endpoint_id)
