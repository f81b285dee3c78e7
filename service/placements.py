"""What goes in and out about placing people and saying why; every field says what it is."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from segmentation.config import Facet
from service.moments import Written
from service.schemas import Answer, Membership

Tag = Annotated[str, Field(max_length=1024)]
Weight = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False, strict=True)]


class Act(BaseModel):
    """Something the person did."""

    model_config = ConfigDict(extra="forbid")

    channel: str = Field(max_length=200, description="Where, such as `browse`.")
    tag: Tag = Field(description="What it was about.")
    value: float = Field(
        default=1.0,
        allow_inf_nan=False,
        ge=-1e12,
        le=1e12,
        strict=True,
        description="How much of it.",
    )
    ts: Annotated[datetime | None, Written] = Field(
        default=None, description="When; without a zone it means UTC."
    )
    content_id: str | None = Field(
        default=None,
        max_length=1024,
        description="What they looked at: the events of one content, channel and time are one "
        "act, whose weight they share.",
    )


class AssignAsked(BaseModel):
    """A person as tags or as events; what is sent is kept nowhere."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"tags": {"yoga": 3, "running": 1}}]}
    )

    tags: dict[Tag, Weight] = Field(
        default={}, max_length=5000, description="Weight of each tag, as undamped counts."
    )
    events: list[Act] = Field(
        default=[], max_length=5000, description="Events, weighed as a run weighs them."
    )

    @model_validator(mode="after")
    def _either(self) -> Self:
        if bool(self.tags) == bool(self.events):
            raise ValueError("Give either `tags` or `events`.")
        return self


class Placement(BaseModel):
    """Where a person stands in one facet."""

    facet: Facet = Field(description="The facet.")
    circles: list[Membership] = Field(description="Their circles, the primary one first.")
    reason: str | None = Field(description="Why they are in none, as a code.")


class ExpectedPropensity(BaseModel):
    """How likely the person shares, judged by their circles alone."""

    estimate: float | None = Field(
        description="Mean of their interest circles, by strength; null without a circle."
    )


class AssignAnswer(Answer):
    """Where a person would stand in the live run."""

    facets: list[Placement] = Field(description="One for each facet.")
    share_propensity: ExpectedPropensity = Field(description="How likely they share.")
    unknown_tags: list[str] = Field(description="Tags that no facet of the run knows.")


class ExplainAsked(BaseModel):
    """Whom to explain."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"user_id": "user-00000"}]}
    )

    user_id: str = Field(max_length=1024, description="The user.")


class Contribution(BaseModel):
    """What one tag says."""

    tag: str = Field(description="The tag.")
    weight: float = Field(description="Its weight.")
    contribution: float = Field(
        description="What it adds to the log-odds of the nearest circle against the crowd."
    )
    is_lent: bool = Field(
        description="Whether it comes from people the person is tied to, not from themselves."
    )


class Counterfactual(BaseModel):
    """The fewest tags without which the person would be elsewhere."""

    without_tags: list[str] = Field(description="The tags; empty when no removal changes it.")
    circle_then: str | None = Field(description="The circle without them; null for none.")
    changes: bool = Field(description="Whether the circle changes; it was placed anew to see.")
    is_smallest: bool = Field(description="Whether every smaller removal was tried.")


class Explained(Placement):
    """Why a person stands where they stand in one facet."""

    nearest_circle: str | None = Field(
        description="The circle explained, also when the crowd explains them better."
    )
    log_odds: float = Field(description="Sum of the contributions.")
    prior_log_odds: float = Field(
        description="Log-odds before any tag; with `log_odds` above 0 the person is placed."
    )
    contributions: list[Contribution] = Field(description="Their tags, the most telling first.")
    counterfactual: Counterfactual = Field(description="What would have to be different.")


class ExplainAnswer(Answer):
    """Why a person is in their circles."""

    user_id: str = Field(description="The user.")
    facets: list[Explained] = Field(description="One for each facet.")


class ConsentAsked(BaseModel):
    """What a user decided."""

    model_config = ConfigDict(extra="forbid", strict=True)

    user_id: str = Field(max_length=1024, description="The user.")
    purpose: str = Field(
        min_length=1, max_length=200, description="The purpose, such as `email`; `*` is every one."
    )
    granted: bool = Field(description="Whether they allow it.")


class ConsentAnswer(Answer):
    """What a user may be asked for now."""

    user_id: str = Field(description="The user.")
    eligible_for: list[str] = Field(
        description="Purposes they may be asked for, of those that anybody refused."
    )
    refuses: list[str] = Field(description="Purposes they refused; `*` is every purpose.")
