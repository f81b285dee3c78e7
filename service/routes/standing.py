"""One user's tier from the ledger: set by hand, in force at a date, soon to be lost."""

from datetime import UTC, datetime
from typing import Annotated, cast

from fastapi import APIRouter, Query, Request, Response

from segmentation import ledger
from segmentation.decisions import benefits_on
from segmentation.errors import NotFound
from segmentation.noticeboard import list_notices, notice_of
from segmentation.overrides import lift, set_tier
from service.asking import database_of
from service.auth import CanReadTiers
from service.decided import DecisionBook
from service.errors import InvalidValue, problems
from service.live import LiveSnapshot
from service.schemas import UserId
from service.standing import At, NoticeList, Standing, TierAsked, TierSet, entry_of

router = APIRouter(prefix="/v1", tags=["tiers"])
After = Annotated[str, Query(max_length=2000, description="Users after this id.")]
Size = Annotated[int, Query(ge=1, le=1000, description="Rows a page.")]


@router.put("/users/{user_id:path}/tier", responses=problems(401, 403, 404, 413, 422, 500, 503))
def put_tier(
    user_id: UserId, asked: TierAsked, request: Request, snapshot: LiveSnapshot, key: CanReadTiers
) -> TierSet:
    """Set a user's tier by hand until a time, or end what was set; it is in force at once."""
    database, now = database_of(request), datetime.now(UTC)
    if asked.tier is None:
        entry = lift(database, snapshot, user_id, author=key.name, now=now)
    elif asked.until is None:
        raise InvalidValue("A tier set by hand needs `until`.", field="body.until")
    else:
        entry = set_tier(
            database,
            snapshot,
            user_id,
            tier=asked.tier,
            until=asked.until,
            reason=asked.reason,
            author=key.name,
            now=now,
        )
    cast(DecisionBook, request.app.state.decided).refresh()
    return TierSet.model_validate(
        {"run_id": snapshot.run_id, "user_id": user_id, "entry": entry_of(entry)}
    )


@router.get("/tiers/notices", responses=problems(401, 403, 422, 500, 503))
def get_notices(
    request: Request,
    snapshot: LiveSnapshot,
    _: CanReadTiers,
    after: After = "",
    page_size: Size = 100,
) -> NoticeList:
    """List who may soon lose a tier, when, and what it takes to stay."""
    rows = list_notices(database_of(request), after=after, limit=page_size + 1)
    page = rows[:page_size]
    request.scope["coterie.people"] = len(page)
    following = page[-1]["user_id"] if len(rows) > page_size else None
    return NoticeList.model_validate(
        {"run_id": snapshot.run_id, "notices": page, "next_after": following}
    )


@router.get("/tiers/users/{user_id:path}", responses=problems(401, 403, 404, 422, 500, 503))
def get_standing(
    user_id: UserId,
    request: Request,
    response: Response,
    snapshot: LiveSnapshot,
    _: CanReadTiers,
    at: At = None,
) -> Standing:
    """Tell which tier a user holds at a moment, what it gives that day, and every change before."""
    cast(DecisionBook, request.app.state.decided).refresh()  # what is past its time has ended
    database, moment = database_of(request), at or datetime.now(UTC)
    history = ledger.history(database, user_id)
    if not history:
        raise NotFound.of("user", user_id)
    held = ledger.tier_at(database, user_id, at=moment)
    del response.headers["ETag"]  # it is the run's, and this changes between runs
    return Standing.model_validate(
        {
            "run_id": snapshot.run_id,
            "user_id": user_id,
            "at": moment,
            "tier": held.after if held else None,
            "benefits": benefits_on(database, held, moment) if held else [],
            "notice": notice_of(database, user_id),
            "history": [entry_of(entry) for entry in history],
        }
    )
