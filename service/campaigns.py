"""What goes in and out about campaigns; every field says what it is."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from service.moments import Moment
from service.schemas import Answer

CampaignId = Annotated[str, Path(description="A campaign, such as `camp-0a1b2c3d4e5f6071`.")]
Arm = Literal["treated", "held_out"]


class CampaignAsked(BaseModel):
    """A campaign to begin."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "Spring in the garden",
                    "filter": 'circle = "interest-1"',
                    "purpose": "email",
                    "share": 0.2,
                    "deviation": 25.0,
                    "effect": 20.0,
                    "until": "2126-12-01T00:00:00Z",
                    "pinned": True,
                }
            ]
        },
    )

    name: str = Field(min_length=1, max_length=200, description="What people call it.")
    kind: Literal["campaign", "everyone"] = Field(
        default="campaign",
        description="`everyone` holds people out of all campaigns; there is one at a time.",
    )
    filter: str = Field(
        default="", max_length=10_000, description="Whom it is about; everyone when empty."
    )
    purpose: str | None = Field(
        default=None, max_length=200, description="Who refused this purpose is in neither arm."
    )
    share: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        strict=True,
        description="The share held out; for `everyone` that of the policy when absent.",
    )
    deviation: float = Field(
        gt=0, le=1e12, strict=True, description="Standard deviation of the outcome among people."
    )
    effect: float = Field(
        gt=0, le=1e12, strict=True, description="The lift hoped for; too few people are refused."
    )
    until: Moment | None = Field(default=None, description="Its planned end.")
    pinned: bool = Field(
        default=False,
        strict=True,
        description="Whether reads with `?campaign=` keep to the run that is live now, to its end.",
    )


class CampaignVersion(BaseModel):
    """One draw of a campaign: at its start, or among those who came later."""

    version: int = Field(description="Its number; the arms as of it are those of it and before.")
    run_id: str = Field(description="The run people were drawn from.")
    at: datetime = Field(description="When.")
    people: int = Field(description="How many were drawn.")
    held_out: int = Field(description="How many of them are held out.")
    draws: int = Field(description="After how many draws the arms were alike.")
    least_p: float = Field(
        description="The least p-value of a difference between the arms in what was known before."
    )


class Campaign(BaseModel):
    """A campaign as it was begun."""

    campaign_id: str = Field(description="Its id.")
    name: str = Field(description="What people call it.")
    kind: Literal["campaign", "everyone"] = Field(description="Of some, or the holdout of all.")
    filter: str = Field(description="Whom it is about; everyone when empty.")
    purpose: str | None = Field(description="Who refused it is in neither arm.")
    share: float = Field(description="The share held out.")
    deviation: float = Field(description="Of the outcome, as it was planned with.")
    effect: float = Field(description="The lift it was planned to tell.")
    began_on: str = Field(description="The run it began on.")
    pinned: bool = Field(description="Whether it keeps to that run until its end.")
    version: int = Field(description="How often people were drawn.")
    created: datetime = Field(description="When it began.")
    until: datetime | None = Field(description="Its planned end.")
    ended: datetime | None = Field(description="When it was ended by hand; null when not.")
    by: str = Field(description="Who began it.")


class CampaignAnswer(Answer, Campaign):
    """One campaign with its draws."""

    versions: list[CampaignVersion] = Field(description="Its draws, the first one first.")


class CampaignList(Answer):
    """Every campaign, the latest first."""

    campaigns: list[Campaign] = Field(description="The campaigns.")


class ArmMember(BaseModel):
    """A person in an arm."""

    user_id: str = Field(description="The user.")
    held_out: bool = Field(description="Whether the campaign must not reach them.")
    circle_id: str | None = Field(description="Their interest circle when they were drawn.")
    version: int = Field(description="The draw they are of.")


class ArmPage(Answer):
    """People of a campaign by user id, without those who refuse it by now."""

    members: list[ArmMember] = Field(description="The people of this page.")
    next_after: str | None = Field(
        description="Send as `after` for the next page; null at the end."
    )


class Extended(Answer):
    """How many came since the last draw."""

    campaign_id: str = Field(description="The campaign.")
    added: int = Field(description="How many were drawn now.")


class Outcome(BaseModel):
    """What became of a person."""

    model_config = ConfigDict(extra="forbid", strict=True)

    user_id: str = Field(min_length=1, max_length=1024, description="The user.")
    outcome: float = Field(ge=-1e12, le=1e12, description="Such as what they spent.")
    before: float | None = Field(
        default=None,
        ge=-1e12,
        le=1e12,
        description="The like of it from before the campaign: it narrows the interval.",
    )


class OutcomesAsked(BaseModel):
    """What became of people; whoever is never named had an outcome of 0."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"outcomes": [{"user_id": "user-00001", "outcome": 12.5, "before": 10.0}]}]
        },
    )

    outcomes: list[Outcome] = Field(
        min_length=1, max_length=2_000, description="One for each person, in place of an earlier."
    )


class OutcomesNoted(Answer):
    """What was written down."""

    kept: int = Field(description="How many of them are in the campaign.")
    unknown: int = Field(description="How many are not; theirs are not kept.")


class MeasuredLift(BaseModel):
    """What was added a person, with its interval."""

    lift: float = Field(description="The mean outcome of the treated less that of the held out.")
    low: float = Field(description="Where its 95 % interval begins.")
    high: float = Field(description="Where it ends.")
    p_value: float = Field(description="How likely so large a difference is without an effect.")
    relative: float | None = Field(
        description="The lift as a share of the held out's mean; null where that is 0."
    )
    treated: int = Field(description="People who could be reached.")
    held_out: int = Field(description="People held out.")
    narrowed: float = Field(description="By which share what was known before narrowed it.")


class LiftAnswer(Answer):
    """What a campaign added."""

    campaign_id: str = Field(description="The campaign.")
    overall: MeasuredLift = Field(description="Over everyone in both arms.")
    circles: dict[str, MeasuredLift] = Field(
        description="By circle when drawn, where each arm has the least audience or more."
    )
    outcomes: int = Field(description="How many people have an outcome written down.")
    narrowed_by: Literal["before", "worth"] | None = Field(
        description="What narrowed the interval: outcomes from before, or the value when drawn."
    )
