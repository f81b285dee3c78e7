"""Rights: the catalogue of tiers, who holds which, and what changed since a run."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from service.auth import CanReadTiers
from service.errors import problems
from service.feed import FeedAt, told, write_since
from service.live import etag
from service.paging import Paged, Place, write_token
from service.pinned import ReadSnapshot
from service.tiering import AssignmentList, TierChangeFeed, TierList

router = APIRouter(prefix="/v1/tiers", tags=["tiers"])
TierFilter = Annotated[
    str | None, Query(max_length=200, description="Only holders of this tier, such as `gold`.")
]


@router.get("", responses=problems(401, 403, 404, 410, 422, 500, 503))
async def list_tiers(snapshot: ReadSnapshot, key: CanReadTiers) -> TierList:
    """Show the tiers with their benefits and how many hold each, the lowest first."""
    if key.allows("members"):
        shown = snapshot.tiers()
    else:  # by setting one person's tier one could else tell who else is in it
        shown = list(map(snapshot.guard.tier, snapshot.as_published.tiers()))
    return TierList.model_validate({"run_id": snapshot.run_id, "tiers": shown})


@router.get("/assignments", responses=problems(401, 403, 404, 410, 422, 500, 503))
async def list_assignments(
    request: Request, page: Paged, _: CanReadTiers, tier: TierFilter = None
) -> AssignmentList:
    """List who holds which tier and why."""
    total = page.snapshot.assignment_count(tier)
    rows = page.snapshot.assignments(tier=tier, offset=page.offset, limit=page.limit)
    request.scope["coterie.people"] = len(rows)
    return AssignmentList.model_validate(
        {
            "run_id": page.snapshot.run_id,
            "total": total,
            "assignments": rows,
            "next_since": page.snapshot.run_id,
            "next_page_token": page.token(total),
        }
    )


@router.get("/changes", responses=problems(401, 403, 404, 410, 422, 500, 503))
def list_changes(
    request: Request, response: Response, page: Paged, feed: FeedAt, _: CanReadTiers
) -> TierChangeFeed:
    """List changes of tier after a place, oldest first; without `since`, those since the live run.

    Made by runs, by policies applied and by hand. What was known at `since`, with these applied
    and the erased left out, is what is in force.
    """
    since = write_since(feed.reached)
    response.headers["ETag"] = etag(f"{page.snapshot.version}.{since}")  # changes between runs too
    request.scope["coterie.people"] = len({change.user_id for change in feed.changes})
    going_on = write_token(Place(page.snapshot.run_id, feed.reached.seq), listing=page.listing)
    return TierChangeFeed.model_validate(
        {
            "run_id": page.snapshot.run_id,
            "next_page_token": None if feed.is_last else going_on,
            **told(feed),
        }
    )
