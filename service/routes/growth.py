"""Growing outward: who is like a circle, an audience or a list of people."""

from typing import Any

from fastapi import APIRouter, Request

from segmentation import seeds as starting
from segmentation.index import Snapshot
from segmentation.lookalikes import Expansion
from segmentation.rings import SeedsIn, joined_since, rings_of
from segmentation.seeds import PURPOSE
from service.asking import filter_of
from service.auth import CanListMembers
from service.errors import InvalidValue, problems
from service.growth import (
    CircleLookalikes,
    ContactCost,
    ForPurpose,
    Limit,
    LookalikeAnswer,
    LookalikesAsked,
)
from service.live import LiveSnapshot, live_snapshots
from service.schemas import CircleId

router = APIRouter(prefix="/v1", tags=["growth"])


@router.get("/circles/{circle_id}/lookalikes", responses=problems(401, 403, 404, 422, 500, 503))
def circle_lookalikes(
    circle_id: CircleId,
    request: Request,
    snapshot: LiveSnapshot,
    _: CanListMembers,
    limit: Limit = 100,
    purpose: ForPurpose = PURPOSE,
    contact_cost: ContactCost = None,
) -> CircleLookalikes:
    """List who is most like a circle's members without being one, with rings and reach."""

    def seeds_in(run: Snapshot) -> starting.Seeds:
        return starting.of_circle(run, circle_id)

    facts = expanded(request, snapshot, seeds_in, limit, purpose, contact_cost)
    return CircleLookalikes.model_validate({"circle_id": circle_id, **facts})


@router.post("/audiences:lookalikes", responses=problems(401, 403, 404, 413, 422, 500, 503))
def audience_lookalikes(
    request: Request, asked: LookalikesAsked, snapshot: LiveSnapshot, _: CanListMembers
) -> LookalikeAnswer:
    """List who is most like an audience or a list of people, with rings and reach."""
    named = filter_of(request, asked)
    if asked.user_ids and named.filter:
        raise InvalidValue("Give either `user_ids` or a filter, not both.", field="body.user_ids")

    def seeds_in(run: Snapshot) -> starting.Seeds:
        if asked.user_ids:
            return starting.of_ids(run, asked.user_ids)
        return starting.of_audience(run.audience(named.filter))

    facts = expanded(
        request, snapshot, seeds_in, asked.limit, named.purpose or PURPOSE, asked.contact_cost
    )
    return LookalikeAnswer.model_validate(facts)


def expanded(
    request: Request,
    snapshot: Snapshot,
    seeds_in: SeedsIn,
    limit: int,
    purpose: str,
    contact_cost: float | None,
) -> dict[str, Any]:
    """Expand seeds in the live run; the run before tells what its rings brought."""
    request.scope["coterie.purpose"] = purpose
    now = Expansion.of(snapshot, seeds_in(snapshot), purpose=purpose)
    earlier = list(live_snapshots(request).ancestry(snapshot))[1:2]
    before = [joined_since(run, snapshot, seeds_in, purpose=purpose) for run in earlier]
    facts = now.facts(limit)
    request.scope["coterie.people"] = len(facts["lookalikes"])
    rings = rings_of(now, before[0] if before else None, contact_cost=contact_cost)
    return {**facts, "rings": rings}
