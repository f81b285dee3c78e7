"""Campaigns: begin one, who is held out, what became of people, what it added."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, cast

from fastapi import APIRouter, Query, Request, Response

from segmentation import arms, campaigns
from segmentation.campaign_lift import lift_of_campaign
from segmentation.campaigns import Asked, Campaign
from segmentation.store import Store
from service.asking import database_of
from service.auth import CanExport, CanRead
from service.campaigns import (
    Arm,
    ArmPage,
    CampaignAnswer,
    CampaignAsked,
    CampaignId,
    CampaignList,
    Extended,
    LiftAnswer,
    OutcomesAsked,
    OutcomesNoted,
)
from service.errors import problems
from service.live import LiveSnapshot
from service.schemas import Answer

AnyAnswer = TypeVar("AnyAnswer", bound=Answer)
router = APIRouter(prefix="/v1/campaigns", tags=["campaigns"])
OfArm = Annotated[Arm | None, Query(description="Only this arm.")]
AsOf = Annotated[
    int | None, Query(ge=1, le=2**31 - 1, description="The arms as of this draw; else the last.")
]
After = Annotated[str, Query(max_length=2000, description="Users after this id.")]
Size = Annotated[int, Query(ge=1, le=1000, description="Rows a page.")]


@router.get("", responses=problems(401, 403, 500, 503))
def list_campaigns(
    request: Request, response: Response, live: LiveSnapshot, _: CanRead
) -> CampaignList:
    """List the campaigns, the latest first."""
    rows = [facts_of(each) for each in campaigns.list_campaigns(database_of(request))]
    return answered(CampaignList, response, live.run_id, {"campaigns": rows})


@router.post("", status_code=201, responses=problems(401, 403, 413, 422, 500, 503))
def start_campaign(
    request: Request, response: Response, asked: CampaignAsked, live: LiveSnapshot, key: CanExport
) -> CampaignAnswer:
    """Begin a campaign: draw who is held out, alike in every circle, and keep it.

    Refused when there are too few people to tell the effect hoped for; the answer says how many
    are needed.
    """
    made = campaigns.start(
        cast(Store, request.app.state.store),
        database_of(request),
        live,
        Asked(**asked.model_dump()),
        by=key.name,
        now=datetime.now(UTC),
    )
    response.headers["Location"] = f"/v1/campaigns/{made.campaign_id}"
    return answered(CampaignAnswer, response, live.run_id, with_draws(request, made))


@router.get("/{campaign_id}", responses=problems(401, 403, 404, 422, 500, 503))
def get_campaign(
    campaign_id: CampaignId, request: Request, response: Response, live: LiveSnapshot, _: CanRead
) -> CampaignAnswer:
    """Show a campaign and its draws."""
    found = campaigns.find(database_of(request), campaign_id)
    return answered(CampaignAnswer, response, live.run_id, with_draws(request, found))


@router.get("/{campaign_id}/arms", responses=problems(401, 403, 404, 410, 422, 500, 503))
def list_arms(
    campaign_id: CampaignId,
    request: Request,
    response: Response,
    live: LiveSnapshot,
    _: CanExport,
    arm: OfArm = None,
    version: AsOf = None,
    after: After = "",
    page_size: Size = 100,
) -> ArmPage:
    """List who is in an arm, without whoever refuses the campaign by now or was erased."""
    campaign = campaigns.find(database_of(request), campaign_id)
    rows = arms.arms(
        database_of(request), campaign_id, arm=arm, version=version, after=after,
        limit=page_size + 1,
    )  # fmt: skip
    page = rows[:page_size]
    shown = list(arms.reachable(live, page, purpose=campaign.purpose))
    request.scope["coterie.people"] = len(shown)
    following = page[-1]["user_id"] if len(rows) > page_size else None
    return answered(ArmPage, response, live.run_id, {"members": shown, "next_after": following})


@router.post("/{campaign_id}:extend", responses=problems(401, 403, 404, 413, 422, 500, 503))
def extend_campaign(
    campaign_id: CampaignId, request: Request, response: Response, live: LiveSnapshot, _: CanExport
) -> Extended:
    """Draw among those who came since; nobody who is in an arm changes it."""
    added = campaigns.extend(database_of(request), live, campaign_id, now=datetime.now(UTC))
    facts = {"campaign_id": campaign_id, "added": added}
    return answered(Extended, response, live.run_id, facts)


@router.post("/{campaign_id}:end", responses=problems(401, 403, 404, 413, 422, 500, 503))
def end_campaign(
    campaign_id: CampaignId, request: Request, response: Response, live: LiveSnapshot, _: CanExport
) -> CampaignAnswer:
    """End a campaign now; its arms stay, so that it can be measured."""
    done = campaigns.end(
        cast(Store, request.app.state.store), database_of(request), campaign_id,
        now=datetime.now(UTC),
    )  # fmt: skip
    return answered(CampaignAnswer, response, live.run_id, with_draws(request, done))


@router.post("/{campaign_id}/outcomes", responses=problems(401, 403, 404, 413, 422, 500, 503))
def note_outcomes(
    campaign_id: CampaignId,
    asked: OutcomesAsked,
    request: Request,
    response: Response,
    live: LiveSnapshot,
    _: CanExport,
) -> OutcomesNoted:
    """Write down what became of people, in the place of what was written of them before."""
    campaigns.find(database_of(request), campaign_id)
    noted = arms.note_outcomes(
        database_of(request), campaign_id, [each.model_dump() for each in asked.outcomes]
    )
    return answered(OutcomesNoted, response, live.run_id, noted)


@router.get("/{campaign_id}/lift", responses=problems(401, 403, 404, 422, 500, 503))
def get_lift(
    campaign_id: CampaignId, request: Request, response: Response, live: LiveSnapshot, _: CanRead
) -> LiftAnswer:
    """Tell what a campaign added: overall and by circle, with intervals narrowed by CUPED."""
    fewest = live.guard.minimum
    facts = lift_of_campaign(database_of(request), campaign_id, fewest=fewest)
    return answered(LiftAnswer, response, live.run_id, {"campaign_id": campaign_id, **facts})


def answered(
    model: type[AnyAnswer], response: Response, run_id: str, facts: dict[str, Any]
) -> AnyAnswer:
    """An answer without the run's `ETag`: it changes between runs."""
    del response.headers["ETag"]
    return model.model_validate({"run_id": run_id, **facts})


def with_draws(request: Request, campaign: Campaign) -> dict[str, Any]:
    """A campaign with its draws."""
    draws = arms.versions(database_of(request), campaign.campaign_id)
    return facts_of(campaign) | {"versions": draws}


def facts_of(campaign: Campaign) -> dict[str, Any]:
    """A campaign as it goes out."""
    facts = campaign.to_dict()
    return facts | {"began_on": facts.pop("run_id")}
