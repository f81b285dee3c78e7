"""Turn whatever goes wrong in a call into the problem that answers it."""

import errno
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from segmentation.errors import FilterError, SegmentationError, StoreUnwritable
from service.errors import (
    STATUS_OF,
    UNAVAILABLE,
    InvalidValue,
    TooOften,
    Unauthorized,
    problem,
)

UNWRITABLE = frozenset({errno.EACCES, errno.EDQUOT, errno.EIO, errno.ENOSPC, errno.EROFS})
RETRY_SECONDS = 5
OUT_OF_REACH = (
    "The store or its database cannot be reached or written: it may be read-only, full or down. "
    "Ask again later."
)
OBJECT_WANTED = frozenset({"dict_type", "model_type", "model_attributes_type"})


def install_error_handlers(app: FastAPI) -> None:
    """Answer every error of the application with a problem."""
    app.add_exception_handler(SegmentationError, refuse)
    app.add_exception_handler(RequestValidationError, refuse_values)
    app.add_exception_handler(HTTPException, refuse_http)
    app.add_exception_handler(DataError, refuse_text)
    app.add_exception_handler(OperationalError, refuse_unavailable)
    app.add_exception_handler(OSError, refuse_unavailable)
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
        kind=UNAVAILABLE if isinstance(error, StoreUnwritable) else None,
        errors=faults_of(error),
        resync=getattr(error, "resync", None),
    )


def headers_of(error: Exception) -> dict[str, str] | None:
    """What a refusal says in its headers: how to come back, or when."""
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, StoreUnwritable):
        return {"Retry-After": str(RETRY_SECONDS)}
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


async def refuse_unavailable(request: Request, error: Exception) -> Response:
    """Answer that the store or its database is out of reach; what else the system says is ours."""
    request.app.state.telemetry.failed(error, name=request_id_of(request) or "")
    if isinstance(error, OSError) and error.errno not in UNWRITABLE:
        return await refuse_failure(request, error)
    return await refuse(request, StoreUnwritable(OUT_OF_REACH))


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
