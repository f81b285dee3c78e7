"""Circles decided by hand: rename, merge, split, retire, and take it back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from fastapi import APIRouter, Request

from segmentation import rulings
from segmentation.database import Database
from segmentation.rulings import Decision
from segmentation.store import Store
from service.asking import database_of
from service.auth import CanRead, CanSeeRuns
from service.errors import problems
from service.live import live_snapshots
from service.rulings import Decided, DecisionAnswer, DecisionList, MergeAsked, RenameAsked
from service.schemas import CircleId

router = APIRouter(prefix="/v1", tags=["circles"])
REFUSALS = problems(401, 403, 404, 409, 413, 422, 500)


@router.get("/circles:decisions", responses=problems(401, 403, 422, 500))
def list_decisions(request: Request, _: CanRead) -> DecisionList:
    """List what was decided of circles by hand and is in force, the earliest first."""
    found = rulings.in_force(database_of(request))
    return DecisionList.model_validate(
        {"run_id": live_run(request), "decisions": [shown(each) for each in found]}
    )


@router.post("/circles:merge", responses=REFUSALS)
def merge_circles(request: Request, asked: MergeAsked, _: CanSeeRuns) -> DecisionAnswer:
    """Make one circle of several from the next run on; the first keeps its id."""
    return decided(
        request, rulings.merge, asked.circles, reason=asked.reason, now=datetime.now(UTC)
    )


@router.post("/circles/{circle_id}:rename", responses=REFUSALS)
def rename_circle(
    circle_id: CircleId, request: Request, asked: RenameAsked, _: CanSeeRuns
) -> DecisionAnswer:
    """Give a circle a name; it stays with its id in every later run."""
    now = datetime.now(UTC)
    return decided(request, rulings.rename, circle_id, asked.name, reason=asked.reason, now=now)


@router.post("/circles/{circle_id}:split", responses=REFUSALS)
def split_circle(
    circle_id: CircleId, request: Request, asked: Decided, _: CanSeeRuns
) -> DecisionAnswer:
    """Cut a circle in two from the next run on; the id of the smaller half is told now."""
    return decided(request, rulings.split, circle_id, reason=asked.reason, now=datetime.now(UTC))


@router.post("/circles/{circle_id}:retire", responses=REFUSALS)
def retire_circle(
    circle_id: CircleId, request: Request, asked: Decided, _: CanSeeRuns
) -> DecisionAnswer:
    """End a circle from the next run on; its people go to their next best circle or to none."""
    return decided(request, rulings.retire, circle_id, reason=asked.reason, now=datetime.now(UTC))


@router.post("/circles:undo", responses=REFUSALS)
def undo_decision(request: Request, _: CanSeeRuns) -> DecisionAnswer:
    """Take the last decision back: later runs do as if it had never been made."""
    return decided(request, rulings.undo)


def decided(
    request: Request, decide: Callable[..., Decision], *what: object, **how: object
) -> DecisionAnswer:
    """Decide, and answer with the decision."""
    database: Database = database_of(request)
    made = decide(database, cast(Store, request.app.state.store), *what, **how)
    return DecisionAnswer.model_validate({"run_id": live_run(request), "decision": shown(made)})


def live_run(request: Request) -> str | None:
    """The live run; None before the first is published."""
    return live_snapshots(request).run_id


def shown(decision: Decision) -> dict[str, Any]:
    """A decision as it goes out."""
    facts = decision.to_dict()
    return {**facts, "made_in": facts["run_id"]}
