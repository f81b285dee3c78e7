"""Users: everything the live run knows of one or of many."""

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.routing import Route

from service.auth import CanRead, doorkeeper, secret_of
from service.errors import problems
from service.live import LiveSnapshot, etag, live_snapshots
from service.schemas import UserAnswer, UserBatch, UserId, UserIds

router = APIRouter(prefix="/v1", tags=["users"])


@router.get("/users/{user_id:path}", responses=problems(401, 403, 404, 500, 503))
async def get_user(user_id: UserId, snapshot: LiveSnapshot, _: CanRead) -> UserAnswer:
    """Tell everything known of one user: circles, share propensity, tier, rights and stage."""
    return UserAnswer.model_validate({"run_id": snapshot.run_id, **snapshot.user(user_id)})


@router.post("/users:batchGet", responses=problems(401, 403, 413, 422, 500, 503))
async def batch_get_users(asked: UserIds, snapshot: LiveSnapshot, _: CanRead) -> UserBatch:
    """Tell everything known of up to 1000 users, and which ids nobody has."""
    found = snapshot.users(asked.user_ids)
    return UserBatch.model_validate(
        {"run_id": snapshot.run_id, "users": found.users, "missing": found.missing}
    )


async def get_user_directly(request: Request) -> Response:
    """Answer `get_user` without the framework's dependencies: the hottest look-up there is."""
    request.scope["route"] = fast_route
    secret = secret_of(request.headers.get("authorization"))
    await doorkeeper(request).admit(request, secret, "read")
    snapshot = live_snapshots(request).current()
    answer = {"run_id": snapshot.run_id, **snapshot.user(request.path_params["user_id"])}
    headers = {"ETag": etag(snapshot.run_id)}
    return Response(orjson.dumps(answer), headers=headers, media_type="application/json")


fast_route = Route("/v1/users/{user_id:path}", get_user_directly, methods=["GET"])
