"""Circles: their profiles, members and history."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request

from segmentation.config import Facet
from segmentation.errors import NotFound
from segmentation.index import Snapshot
from segmentation.keys import Key
from service.auth import CanListMembers, CanRead
from service.errors import problems
from service.live import LiveSnapshot, live_snapshots
from service.paging import Paged
from service.pinned import ReadSnapshot
from service.schemas import CircleAnswer, CircleHistory, CircleId, CircleList, MemberList

router = APIRouter(prefix="/v1/circles", tags=["circles"])
FacetFilter = Annotated[Facet | None, Query(description="Only circles of this facet.")]


@router.get("", responses=problems(401, 403, 404, 410, 422, 500, 503))
async def list_circles(page: Paged, key: CanRead, facet: FacetFilter = None) -> CircleList:
    """List the circles by facet, the largest first."""
    rows = [shown(row, page.snapshot, key) for row in page.snapshot.circles(facet)]
    return CircleList.model_validate(
        {
            "run_id": page.snapshot.run_id,
            "circles": rows[page.offset : page.offset + page.limit],
            "next_page_token": page.token(len(rows)),
        }
    )


@router.get("/{circle_id}", responses=problems(401, 403, 404, 410, 422, 500, 503))
async def get_circle(circle_id: CircleId, snapshot: ReadSnapshot, key: CanRead) -> CircleAnswer:
    """Describe one circle of the live snapshot: its name, size and strongest tags."""
    row = shown(snapshot.circle(circle_id), snapshot, key)
    return CircleAnswer.model_validate({"run_id": snapshot.run_id, **row})


@router.get("/{circle_id}/members", responses=problems(401, 403, 404, 410, 422, 500, 503))
async def list_members(
    circle_id: CircleId, request: Request, page: Paged, _: CanListMembers
) -> MemberList:
    """List who is in a circle, the strongest members first."""
    total = page.snapshot.member_count(circle_id)
    rows = page.snapshot.members(circle_id, offset=page.offset, limit=page.limit)
    request.scope["coterie.people"] = len(rows)
    return MemberList.model_validate(
        {
            "run_id": page.snapshot.run_id,
            "circle_id": circle_id,
            "total": total,
            "members_erased": page.snapshot.audiences.erased_in("circle", circle_id),
            "members": rows,
            "next_page_token": page.token(total),
        }
    )


@router.get("/{circle_id}/history", responses=problems(401, 403, 404, 422, 500, 503))
async def get_history(
    circle_id: CircleId, request: Request, snapshot: LiveSnapshot, key: CanRead
) -> CircleHistory:
    """Tell what became of a circle in each run still kept, retired circles included.

    Without the scope `members` no size below the least audience is told, and overlaps roughly.
    """
    ancestry = list(live_snapshots(request).ancestry(snapshot))
    return CircleHistory.model_validate(
        {
            "run_id": snapshot.run_id,
            "circle_id": circle_id,
            "events": [roughly(each, snapshot, key) for each in events_of(circle_id, ancestry)],
            "series": series_of(circle_id, ancestry, key),
        }
    )


def shown(row: dict[str, Any], snapshot: Snapshot, key: Key) -> dict[str, Any]:
    """A circle's row, as far as the caller may know its size."""
    return row if key.allows("members") else snapshot.guard.circle(row)


def roughly(event: dict[str, Any], snapshot: Snapshot, key: Key) -> dict[str, Any]:
    """What became of a circle; an exact overlap is a fraction that has its size below its line."""
    if key.allows("members") or snapshot.guard.minimum < 2:
        return event
    return event | {"overlap": round(event["overlap"], 1)}


def events_of(circle_id: str, ancestry: Iterable[Snapshot]) -> list[dict[str, Any]]:
    """Gather what each run did to a circle, the latest first; `NotFound` when none knew it.

    A run tells of those before it as well, so that nothing is lost with runs no longer kept; what
    several tell is told once.
    """
    known: list[list[dict[str, Any]]] = []
    for run in ancestry:
        with suppress(NotFound):
            known.append(run.lineage(circle_id))
    if not known:
        raise NotFound.of("circle", circle_id)
    once = {orjson.dumps(event): event for events in known for event in events}
    return sorted(once.values(), key=lambda event: str(event["run_id"]), reverse=True)


def series_of(circle_id: str, ancestry: Iterable[Snapshot], key: Key) -> list[dict[str, Any]]:
    """How large a circle was in each run that had it, and how likely its members shared."""
    points = []
    for run in ancestry:
        with suppress(NotFound):
            when = {"run_id": run.run_id, "as_of": run.manifest["as_of"]}
            points.append(when | shown(run.circle(circle_id), run, key))
    return points
