"""Contents: what each circle would share of one, who is likely to, and why."""

from typing import Any

from fastapi import APIRouter, Request

from segmentation.contents import Content
from segmentation.index import Snapshot
from segmentation.keys import Key
from service.auth import CanListMembers, CanRead
from service.contents import ContentScoreAnswer, ResonanceAnswer, ResonanceAsked, ScoresAsked
from service.errors import InvalidValue, problems
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


@router.post("/content:score", responses=problems(401, 403, 404, 413, 422, 500, 503))
def score_content(
    request: Request, asked: ScoresAsked, snapshot: LiveSnapshot, _: CanListMembers
) -> ContentScoreAnswer:
    """Say how likely users are to share a content now, and why: those named, or the likeliest."""
    if (asked.content_id is None) == (not asked.tags):
        raise InvalidValue("Give either `content_id` or `tags`.", field="body.content_id")
    content = Content(asked.content_id, tuple(dict.fromkeys(asked.tags)), asked.author)
    facts = snapshot.appeal.facts(
        content, user_ids=asked.user_ids, limit=asked.limit, purpose=asked.purpose
    )
    request.scope["coterie.purpose"] = asked.purpose
    request.scope["coterie.people"] = len(facts["users"])
    return ContentScoreAnswer.model_validate({"eligible_for": asked.purpose, **facts})


def shown(row: dict[str, Any], snapshot: Snapshot, key: Key) -> dict[str, Any]:
    """A circle's row, as far as the caller may know its size."""
    told = row if key.allows("members") else snapshot.guard.circle(row)
    return told if told["size"] is not None else {**told, "expected_shares": None}
