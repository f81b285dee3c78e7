"""The audit log: which key asked for what, of whom and what for."""

from typing import Annotated, cast

from fastapi import APIRouter, Query, Request

from segmentation.audit import AuditLog
from service.auth import CanAdminister
from service.errors import problems
from service.live import LiveSnapshot
from service.paging import PageSize, PageToken, Place, listing_of, read_token, write_token
from service.schemas import AuditedCalls

router = APIRouter(prefix="/v1/audit", tags=["audit"])
OfKey = Annotated[str | None, Query(max_length=200, description="Only calls of this key.")]
AboutUser = Annotated[
    str | None, Query(max_length=1024, description="Only calls that asked for this user.")
]


@router.get("", responses=problems(401, 403, 422, 500, 503))
def list_calls(
    request: Request,
    snapshot: LiveSnapshot,
    _: CanAdminister,
    page_size: PageSize = 100,
    page_token: PageToken = None,
    key_id: OfKey = None,
    user_id: AboutUser = None,
) -> AuditedCalls:
    """List the calls made with keys, the latest first; a page goes on after the one before."""
    listing = listing_of(request)
    before = read_token(page_token, listing=listing).offset if page_token else None
    audit = cast(AuditLog, request.app.state.audit)
    rows = audit.read(before=before, limit=page_size + 1, key_id=key_id, user_id=user_id)
    here = rows[:page_size]
    more = len(rows) > page_size
    token = write_token(Place("", here[-1]["number"]), listing=listing) if more else None
    return AuditedCalls.model_validate(
        {"run_id": snapshot.run_id, "calls": here, "next_page_token": token}
    )
