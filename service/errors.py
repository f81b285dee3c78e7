"""Every refusal as an RFC 9457 problem with a stable `type`.

An error class maps to one kind of problem, a kind to one status; routes only raise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import BaseModel, Field
from starlette.responses import Response

from segmentation.campaigns import CampaignClosed
from segmentation.delivery import TooFew
from segmentation.errors import (
    NotFound,
    SegmentationError,
    StoreDamaged,
    StoreError,
    StoreLocked,
    StoreUnwritable,
    UsageError,
)
from segmentation.jobs import JobEnded
from segmentation.publishing import GateClosed
from segmentation.saved import VersionChanged

MEDIA_TYPE = "application/problem+json"


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
UNAVAILABLE = Kind(503, "unavailable", "The store or its database is out of reach")


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
    StoreUnwritable: 503,
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
    kind: Kind | None = None,
    **extra: object,
) -> Response:
    """Write one problem document."""
    kind = kind or KINDS.get(status) or Kind(status, f"http-{status}", "The request was refused")
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
