"""Growing outward: who is like a circle, an audience or a list of people."""

from typing import Any, cast

from fastapi import APIRouter, Request

from segmentation import seeds as starting
from segmentation.crossover import circles_for, partners_of, people_with_tags
from segmentation.index import Snapshot
from segmentation.lookalikes import Expansion
from segmentation.rings import SeedsIn, joined_since, rings_of
from segmentation.seeds import PURPOSE
from service.asking import filter_of
from service.auth import CanListMembers, CanRead
from service.carriers import CircleAmbassadors, CircleCreators, ReferralAnswer
from service.errors import InvalidValue, problems
from service.growth import (
    Bridges,
    Budget,
    CircleCrossover,
    CircleLookalikes,
    ContactCost,
    CrossoverAsked,
    FewPeople,
    ForPurpose,
    Limit,
    LookalikeAnswer,
    LookalikesAsked,
    PartnerCrossover,
    Partners,
)
from service.live import LiveSnapshot, live_snapshots
from service.pace import Pace
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


@router.get("/circles/{circle_id}/crossover", responses=problems(401, 403, 404, 422, 429, 500, 503))
def circle_crossover(
    circle_id: CircleId,
    request: Request,
    snapshot: LiveSnapshot,
    key: CanRead,
    limit: Partners = 20,
    bridges: Bridges = 5,
    purpose: ForPurpose = PURPOSE,
) -> CircleCrossover:
    """Say what every other circle offers this one's people: overlap, new reach, fit, bridges.

    Without the scope `members` figures are blurred, nothing is said of too few people, and nobody
    is named.
    """
    request.scope["coterie.purpose"] = purpose
    may_list = key.allows("members")
    if not may_list:
        cast(Pace, request.app.state.figures).spend(key.key_id)
    rows = partners_of(snapshot, circle_id, purpose=purpose, bridges=bridges if may_list else 0)
    shown = rows[:limit]
    if not may_list:
        shown = [guarded(snapshot, circle_id, row, purpose) for row in shown]
    request.scope["coterie.people"] = sum(len(row["bridges"]) for row in shown)
    return CircleCrossover.model_validate(
        {
            "run_id": snapshot.run_id,
            "circle_id": circle_id,
            "eligible_for": purpose,
            "approximate": not may_list,
            "partners": shown,
        }
    )


@router.post("/audiences:crossover", responses=problems(401, 403, 404, 413, 422, 500, 503))
def partner_crossover(
    request: Request, asked: CrossoverAsked, snapshot: LiveSnapshot, _: CanListMembers
) -> PartnerCrossover:
    """Say what every circle offers a partner's people, and what they offer the best of them."""
    named = filter_of(request, asked)
    purpose = named.purpose or PURPOSE
    request.scope["coterie.purpose"] = purpose
    seeds = partner_of(snapshot, named)
    rows = circles_for(snapshot, seeds, purpose=purpose, bridges=asked.bridges)[: asked.limit]
    request.scope["coterie.people"] = sum(len(row["bridges"]) for row in rows)
    return PartnerCrossover.model_validate(
        {
            "run_id": snapshot.run_id,
            "eligible_for": purpose,
            "people": len(seeds.rows),
            "unknown": seeds.unknown,
            "circles": rows,
        }
    )


@router.get("/circles/{circle_id}/ambassadors", responses=problems(401, 403, 404, 422, 500, 503))
def circle_ambassadors(
    circle_id: CircleId,
    request: Request,
    snapshot: LiveSnapshot,
    _: CanListMembers,
    budget: Budget = 10,
    purpose: ForPurpose = PURPOSE,
) -> CircleAmbassadors:
    """List whom of a circle to start from so that a message reaches most of its members."""
    found = snapshot.carriers.ambassadors(circle_id, budget=budget, purpose=purpose)
    note(request, purpose, len(found["ambassadors"]))
    return CircleAmbassadors.model_validate(
        {"run_id": snapshot.run_id, "eligible_for": purpose, **found}
    )


@router.get("/circles/{circle_id}/creators", responses=problems(401, 403, 404, 422, 500, 503))
def circle_creators(
    circle_id: CircleId,
    request: Request,
    snapshot: LiveSnapshot,
    _: CanListMembers,
    limit: FewPeople = 10,
    purpose: ForPurpose = PURPOSE,
) -> CircleCreators:
    """List who of a circle makes things and answers others, and say how many do."""
    found = snapshot.carriers.creators(circle_id, limit=limit, purpose=purpose)
    note(request, purpose, len(found["creators"]))
    return CircleCreators.model_validate(
        {"run_id": snapshot.run_id, "eligible_for": purpose, **found}
    )


@router.get("/referrals", responses=problems(401, 403, 500, 503))
def get_referrals(snapshot: LiveSnapshot, key: CanRead) -> ReferralAnswer:
    """Say how many new people each brings and how soon, by circle and tier.

    Without the scope `members` figures are blurred and nothing is said of too few people.
    """
    may_list = key.allows("members")
    found = snapshot.carriers.referrals(is_exact=may_list)
    return ReferralAnswer.model_validate(
        {"run_id": snapshot.run_id, "approximate": not may_list, **found}
    )


def note(request: Request, purpose: str, people: int) -> None:
    """Leave for the audit log what people were listed for, and how many."""
    request.scope["coterie.purpose"] = purpose
    request.scope["coterie.people"] = people


def partner_of(snapshot: Snapshot, asked: CrossoverAsked) -> starting.Seeds:
    """The people a partner is; exactly one way of naming them may be used."""
    if sum(map(bool, (asked.user_ids, asked.tags, asked.filter))) != 1:
        raise InvalidValue(
            "Give `user_ids`, `tags` or a filter: one of them.", field="body.user_ids"
        )
    if asked.user_ids:
        return starting.of_ids(snapshot, asked.user_ids)
    if asked.tags:
        return people_with_tags(snapshot, asked.tags)
    return starting.of_audience(snapshot.audience(asked.filter))


def guarded(
    snapshot: Snapshot, circle_id: str, row: dict[str, Any], purpose: str
) -> dict[str, Any]:
    """A partner's row as callers may know it who may not list members.

    Lift follows from the blurred figures; fit and score are told of enough people only, coarsely.
    """
    guard, hidden = snapshot.guard, snapshot.audiences.refusing(purpose)
    own, other = (
        snapshot.audience(f'circle = "{each}"', hidden=hidden)
        for each in (circle_id, row["circle_id"])
    )
    beyond = snapshot.audience(
        f'circle = "{row["circle_id"]}" AND NOT circle = "{circle_id}"', hidden=hidden
    )
    shared, new = guard.tell_common(own, other, purpose).count, guard.tell(beyond, purpose).count
    blur = None if shared is None or not row["shared"] else shared / row["shared"]
    lifts = {
        name: None if blur is None else round(row[name] * blur, 1)
        for name in ("lift", "lift_low", "lift_high")
    }
    coarse = {
        name: None if new is None or row[name] is None else round(row[name], 2)
        for name in ("fit", "score")
    }
    return row | {"shared": shared, "new_reach": new} | lifts | coarse


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
