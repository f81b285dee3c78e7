"""Every refusal as an RFC 9457 problem with a stable `type`.

An error class maps to one kind of problem, a kind to one status; routes only raise.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from segmentation.campaigns import CampaignClosed
from segmentation.delivery import TooFew
from segmentation.errors import (
    FilterError,
    NotFound,
    SegmentationError,
    StoreDamaged,
    StoreError,
    StoreLocked,
    UsageError,
)
from segmentation.jobs import JobEnded
from segmentation.publishing import GateClosed
from segmentation.saved import VersionChanged

MEDIA_TYPE = "application/problem+json"
OBJECT_WANTED = frozenset({"dict_type", "model_type", "model_attributes_type"})


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its status, its stable name and what it means in a few words."""

    status: int
    slug: str
    title: str

    @property
    def type(self) -> str:
        """The URI reference clients may rely on."""
        return f"/problems/{self.slug}"


KINDS = {
    kind.status: kind
    for kind in (
        Kind(400, "bad-request", "The request cannot be read"),
        Kind(401, "unauthorized", "A valid key is needed"),
        Kind(403, "forbidden", "The key does not allow this"),
        Kind(404, "not-found", "There is no such thing"),
        Kind(408, "request-timeout", "The request took too long to arrive"),
        Kind(429, "too-many-requests", "The key calls too often"),
        Kind(405, "method-not-allowed", "The method is not allowed here"),
        Kind(409, "conflict", "It cannot be done as things stand"),
        Kind(412, "precondition-failed", "It was changed by somebody else"),
        Kind(410, "gone", "The run asked for is no longer kept"),
        Kind(413, "content-too-large", "The body is too large"),
        Kind(422, "invalid-request", "A value in the request is not valid"),
        Kind(500, "internal", "The server failed"),
        Kind(503, "no-snapshot", "There is nothing to answer from yet"),
    )
}


class Unauthorized(UsageError):
    """No key came with the request, or one that is unknown, expired or revoked."""


class Forbidden(UsageError):
    """The key lacks the scope, or keyless access came from another machine."""


class InvalidValue(UsageError):
    """A value has the right type but cannot be used; `field` says where it stands."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class TooOften(UsageError):
    """The key called more often than its pace allows."""

    def __init__(self, message: str, *, after_seconds: float) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class UnderWay(UsageError):
    """The same call is being done at this moment."""


class Gone(UsageError):
    """The run a token was made for is pruned; `resync` is where to start over."""

    def __init__(self, message: str, *, resync: str) -> None:
        super().__init__(message)
        self.resync = resync


class NoSnapshot(StoreError):
    """The store has no live snapshot yet."""


STATUS_OF: dict[type[SegmentationError], int] = {
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    StoreLocked: 409,
    UnderWay: 409,
    GateClosed: 409,
    JobEnded: 409,
    CampaignClosed: 409,
    TooOften: 429,
    TooFew: 409,
    VersionChanged: 412,
    Gone: 410,
    UsageError: 422,
    NoSnapshot: 503,
    StoreDamaged: 500,
    SegmentationError: 500,
}


class FieldProblem(BaseModel):
    """One value that is not valid."""

    field: str = Field(description="Where the value stands, such as `query.page_size`.")
    message: str = Field(description="What is wrong with it.")
    position: int | None = Field(
        default=None, description="The character at fault in a filter, counted from 1."
    )


class Problem(BaseModel):
    """A refusal in the form of RFC 9457."""

    type: str = Field(description="Stable URI reference of the kind of problem.")
    title: str = Field(description="The kind of problem in a few words.")
    status: int = Field(description="The HTTP status, repeated.")
    detail: str = Field(description="What was wrong this time and what to do.")
    request_id: str | None = Field(
        default=None, description="Name of this request in the server's log."
    )
    errors: list[FieldProblem] | None = Field(
        default=None, description="The values at fault, on a 422."
    )
    resync: str | None = Field(default=None, description="Where to start over, on a 410.")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare the refusals of an operation for its OpenAPI description."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": KINDS[status].title,
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def problem(
    status: int,
    detail: str,
    *,
    request_id: str | None = None,
    headers: Mapping[str, str] | None = None,
    **extra: object,
) -> Response:
    """Write one problem document."""
    kind = KINDS.get(status) or Kind(status, f"http-{status}", "The request was refused")
    document = {
        "type": kind.type,
        "title": kind.title,
        "status": status,
        "detail": detail,
        "request_id": request_id,
        **extra,
    }
    present = {name: value for name, value in document.items() if value is not None}
    return Response(orjson.dumps(present), status, headers, media_type=MEDIA_TYPE)


def install_error_handlers(app: FastAPI) -> None:
    """Answer every error of the application with a problem."""
    app.add_exception_handler(SegmentationError, refuse)
    app.add_exception_handler(RequestValidationError, refuse_values)
    app.add_exception_handler(HTTPException, refuse_http)
    app.add_exception_handler(DataError, refuse_text)
    app.add_exception_handler(Exception, refuse_failure)


async def refuse(request: Request, error: Exception) -> Response:
    """Answer an error of our own tree by its nearest mapped class."""
    status = next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)
    if status == 500:
        return await refuse_failure(request, error)
    return problem(
        status,
        str(error),
        request_id=request_id_of(request),
        headers=headers_of(error),
        errors=faults_of(error),
        resync=getattr(error, "resync", None),
    )


def headers_of(error: Exception) -> dict[str, str] | None:
    """What a refusal says in its headers: how to come back, or when."""
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, TooOften):
        return {"Retry-After": str(ceil(error.after_seconds))}
    return None


def faults_of(error: Exception) -> list[dict[str, Any]] | None:
    """Name the value an error of ours is about, and the character in it."""
    if isinstance(error, FilterError):
        at = {"field": "body.filter", "position": error.position}
    elif isinstance(error, InvalidValue):
        at = {"field": error.field}
    else:
        return None
    return [{**at, "message": str(error)}]


async def refuse_values(request: Request, error: Exception) -> Response:
    """Answer values FastAPI found invalid, naming each and what is wrong with it."""
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [
        {"field": ".".join(str(part) for part in place_of(fault)), "message": said(fault)}
        for fault in faults
    ]
    detail = "; ".join(f"`{fault['field']}`: {fault['message']}" for fault in errors)
    detail = detail.removesuffix(".") + "."
    return problem(422, detail, request_id=request_id_of(request), errors=errors)


def place_of(fault: Mapping[str, Any]) -> Sequence[str | int]:
    """Where a value at fault stands; a body that is no JSON is at fault as a whole."""
    place: Sequence[str | int] = fault["loc"]
    return place[:1] if fault["type"] == "json_invalid" else place


def said(fault: Mapping[str, Any]) -> str:
    """What is wrong with a value, without the words of the library that found it."""
    if fault["type"] == "json_invalid":
        position, reason = fault["loc"][-1], fault.get("ctx", {}).get("error", "it ends early")
        return f"The body is not JSON at character {position + 1}: {reason}"
    if fault["loc"] == ("body",) and fault["type"] in OBJECT_WANTED:
        return "It must be a JSON object, sent as `application/json`"
    if fault["type"] == "extra_forbidden":
        return "There is no such field here"
    return str(fault["msg"]).removeprefix("Value error, ")


async def refuse_text(request: Request, error: Exception) -> Response:
    """Answer a text that PostgreSQL cannot look for; any other failure of the database is ours."""
    if "NUL" not in str(error):
        return await refuse_failure(request, error)
    detail = "A text of the call holds the character U+0000, which no text may hold."
    return problem(422, detail, request_id=request_id_of(request))


async def refuse_http(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses by itself: unknown paths, methods and bodies."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    headers = {"Allow": ", ".join(allowed(request))} if status == 405 else headers
    asked = f"`{request.method} {request.url.path}`"
    detail = {
        404: f"There is no {asked}. /docs lists what there is.",
        405: f"{asked} is not allowed. /docs lists what is.",
        408: "The request did not arrive in time. Send it again.",
        413: "The body is larger than one call may send. Split it over several calls.",
    }.get(status, f"{asked} was refused: {getattr(error, 'detail', status)}.")
    return problem(status, detail, request_id=request_id_of(request), headers=headers)


def allowed(request: Request) -> list[str]:
    """The methods there are for a path, over all routes of its closest template.

    `/v1/runs/x:publish` also looks like `/v1/runs/{run_id}`, and `/v1/users/x/tier` like a user.
    """
    routes: Iterable[Route] = getattr(request.app.state, "routes", request.app.router.routes)
    matched = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    closest = max((said_last(route) for route in matched), default=0)
    near = [route for route in matched if said_last(route) == closest]
    methods = {method for route in near for method in route.methods or ()}
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def said_last(route: Route) -> int:
    """How much of a path a template spells out after its last gap."""
    return len(route.path.rpartition("}")[2])


async def refuse_failure(request: Request, error: Exception) -> Response:
    """Answer a failure of ours without telling what lies inside."""
    detail = "The request failed on our side. Quote `request_id` when you report it."
    return problem(500, detail, request_id=request_id_of(request))


def request_id_of(request: Request) -> str | None:
    """Return the request's name in the log, when the telemetry gave it one."""
    name = request.scope.get("coterie.request_id")
    return name if isinstance(name, str) else None
