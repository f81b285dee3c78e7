"""Contents: what each circle would share of one, and why."""

from typing import Any

from fastapi import APIRouter

from segmentation.index import Snapshot
from segmentation.keys import Key
from service.auth import CanRead
from service.contents import ResonanceAnswer, ResonanceAsked
from service.errors import problems
from service.live import LiveSnapshot

router = APIRouter(prefix="/v1", tags=["content"])


@router.post("/content:resonance", responses=problems(401, 403, 413, 422, 500, 503))
async def tell_resonance(
    asked: ResonanceAsked, snapshot: LiveSnapshot, key: CanRead
) -> ResonanceAnswer:
    """Say what each circle would share of a content by its tags, why, and whom it puts off."""
    answer = snapshot.resonance.answer(asked.tags)
    rows = [shown(row, snapshot, key) for row in answer["circles"]]
    return ResonanceAnswer.model_validate({"run_id": snapshot.run_id, **answer, "circles": rows})


def shown(row: dict[str, Any], snapshot: Snapshot, key: Key) -> dict[str, Any]:
    """A circle's row, as far as the caller may know its size."""
    told = row if key.allows("members") else snapshot.guard.circle(row)
    return told if told["size"] is not None else {**told, "expected_shares": None}
