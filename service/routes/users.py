"""Users: everything the live run knows of one or of many."""

from datetime import UTC, datetime
from typing import cast

import orjson
from fastapi import APIRouter, Request, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from segmentation import recent_tags
from segmentation.config import FACETS
from segmentation.consents import Decision, decide
from segmentation.erasure import erase
from segmentation.store import Store
from service.asking import database_of
from service.auth import CanAdminister, CanListMembers, CanRead, doorkeeper
from service.decided import DecisionBook
from service.errors import problems
from service.live import LiveSnapshot, etag
from service.pinned import ReadSnapshot, snapshot_for
from service.placements import (
    Act,
    AssignAnswer,
    AssignAsked,
    ConsentAnswer,
    ConsentAsked,
    ExplainAnswer,
    ExplainAsked,
)
from service.schemas import ErasureAnswer, UserAnswer, UserBatch, UserId, UserIds
from service.strictness import refuse_other_parameters

router = APIRouter(prefix="/v1", tags=["users"])


@router.get("/users/{user_id:path}", responses=problems(401, 403, 404, 410, 422, 500, 503))
async def get_user(user_id: UserId, snapshot: ReadSnapshot, _: CanRead) -> UserAnswer:
    """Tell everything known of one user: circles, share propensity, tier, rights and stage."""
    return UserAnswer.model_validate({"run_id": snapshot.run_id, **snapshot.user(user_id)})


@router.post(
    "/users:batchGet",
    response_model=UserBatch,
    responses=problems(401, 403, 404, 410, 413, 422, 500, 503),
)
async def batch_get_users(
    request: Request, asked: UserIds, snapshot: ReadSnapshot, _: CanRead
) -> Response:
    """Tell everything known of up to 1000 users, and which ids nobody has."""
    found = snapshot.users(asked.user_ids)
    request.scope["coterie.people"] = len(found.users)
    # Written as they are: reading a thousand users into their model takes thrice as long as the
    # rest of the answer. A test holds what is written to the model.
    body = orjson.dumps({"run_id": snapshot.run_id, **found._asdict()})
    headers = {"ETag": etag(snapshot.version)}
    return Response(body, media_type="application/json", headers=headers)


@router.delete("/users/{user_id:path}", responses=problems(401, 403, 404, 422, 500, 503))
def erase_user(
    user_id: UserId, request: Request, snapshot: LiveSnapshot, _: CanAdminister
) -> ErasureAnswer:
    """Erase a person from everything served or stored; aggregates stay as they were."""
    store = cast(Store, request.app.state.store)
    done = erase(store, database_of(request), user_id, now=datetime.now(UTC))
    return ErasureAnswer.model_validate({"run_id": snapshot.run_id, **vars(done)})


@router.post("/users:consent", responses=problems(401, 403, 404, 413, 422, 500, 503))
def decide_consent(
    request: Request, asked: ConsentAsked, snapshot: LiveSnapshot, key: CanListMembers
) -> ConsentAnswer:
    """Keep what a user decided about a purpose; it wins over what the run knew, at once."""
    request.scope["coterie.subject"] = asked.user_id
    snapshot.user(asked.user_id)
    decision = Decision(**asked.model_dump())
    decide(database_of(request), decision, by=key.key_id, now=datetime.now(UTC))
    cast(DecisionBook, request.app.state.decided).refresh()
    known = snapshot.user(asked.user_id)
    return ConsentAnswer.model_validate({"run_id": snapshot.run_id, **known})


@router.post("/users:assign", responses=problems(401, 403, 413, 422, 500, 503))
async def assign_user(asked: AssignAsked, snapshot: LiveSnapshot, _: CanRead) -> AssignAnswer:
    """Say where a person with these tags or events would stand, by the run's own function."""
    placed, unknown = [], set(asked.tags or (event.tag for event in asked.events))
    for name in FACETS:
        placer = snapshot.placer.facet(name)
        found = placer.place(asked.tags or placer.weigh(map(act_of, asked.events)))
        unknown -= placer.known_tags
        placed.append(found)
    estimate = snapshot.placer.expected_propensity(placed[0])
    return AssignAnswer.model_validate(
        {
            "run_id": snapshot.run_id,
            "facets": placed,
            "share_propensity": {"estimate": estimate},
            "unknown_tags": sorted(unknown),
        }
    )


@router.post("/users:explain", responses=problems(401, 403, 404, 413, 422, 500, 503))
async def explain_user(
    request: Request, asked: ExplainAsked, snapshot: LiveSnapshot, _: CanListMembers
) -> ExplainAnswer:
    """Say tag by tag why a user is in their circles, and which tags make the difference."""
    request.scope["coterie.subject"] = asked.user_id
    facets = snapshot.explanation(asked.user_id)
    return ExplainAnswer.model_validate(
        {"run_id": snapshot.run_id, "user_id": asked.user_id, "facets": facets}
    )


def act_of(event: Act) -> recent_tags.Act:
    """An event as the read side takes it."""
    at = event.ts.replace(tzinfo=UTC) if event.ts and event.ts.tzinfo is None else event.ts
    return recent_tags.Act(
        channel=event.channel,
        tag=event.tag,
        value=event.value,
        at=at,
        content_id=event.content_id,
    )


class UserLookUp:
    """Answers `get_user` as bare ASGI: the hottest look-up there is, without the framework."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the key, look the user up, write the answer; errors go the way of all errors."""
        request = Request(scope)
        scope["route"] = fast_route
        key = await doorkeeper(request).admit(request, "read")
        refuse_other_parameters(request, ("campaign",))
        snapshot = await snapshot_for(request, key, request.query_params.get("campaign"))
        answer = {"run_id": snapshot.run_id, **snapshot.user(scope["path_params"]["user_id"])}
        body = orjson.dumps(answer)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"etag", etag(snapshot.version).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


fast_route = Route("/v1/users/{user_id:path}", UserLookUp(), methods=["GET"])
