"""What goes in and out about contents; every field says what it is."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from segmentation.contents import PURPOSE
from service.growth import UserIdText
from service.schemas import Answer

Tag = Annotated[str, Field(min_length=1, max_length=1024)]


class ResonanceAsked(BaseModel):
    """A content as its tags."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"tags": ["yoga", "running"]}]}
    )

    tags: list[Tag] = Field(
        min_length=1, max_length=50, description="What the content is about; each counts once."
    )


class Estimated(BaseModel):
    """A figure with the bounds that hold the true one eight times in ten."""

    estimate: float = Field(description="What is expected.")
    low: float = Field(description="The true figure is below this one time in ten.")
    high: float = Field(description="The true figure is above this one time in ten.")


class TagPart(BaseModel):
    """What one tag does to a circle."""

    tag: str = Field(description="The tag.")
    log_odds: float = Field(description="What it adds to the log-odds of a share; may be below 0.")
    error: float = Field(description="Its standard error.")


class CircleResonance(BaseModel):
    """What one circle would share of the content."""

    circle_id: str = Field(description="The circle.")
    name: str = Field(description="Its name.")
    size: int | None = Field(
        description="Its members; null without the scope `members` when they are fewer than the "
        "least audience."
    )
    expected_share_rate: Estimated = Field(description="Share of exposures that are shared.")
    expected_shares: Estimated | None = Field(
        description="Shares if each member sees it once; null when `size` is."
    )
    usual_share_rate: float = Field(
        description="What it shares of the contents everybody is shown."
    )
    lift: Estimated = Field(
        description="The expected over the usual rate: below 1 the content puts the circle off."
    )
    base_log_odds: float = Field(
        description="Log-odds before any tag; with the contributions they sum to the log-odds of "
        "the expected rate."
    )
    contributions: list[TagPart] = Field(description="Why, tag by tag, the strongest first.")
    gaps: list[str] = Field(
        description="Tags this circle would surely share more than usual and is hardly shown."
    )


class ResonanceAnswer(Answer):
    """What every circle would share of a content."""

    basis: Literal["exposures", "none"] = Field(
        description="`none` when the run saw no share, so that no circle can be told."
    )
    tags: list[str] = Field(description="The tags asked about.")
    unknown_tags: list[str] = Field(
        description="Those the run does not know; they only widen the bounds."
    )
    circles: list[CircleResonance] = Field(
        description="The interest circles, the highest expected share rate first."
    )
    best_circles: list[str] = Field(description="The three best.")
    offended_circles: list[str] = Field(
        description="Circles that would surely share less of it than they usually do."
    )


class ScoresAsked(BaseModel):
    """One content, by its id or by its tags, and whom it is asked about."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"tags": ["yoga", "running"], "limit": 10}]},
    )

    content_id: Tag | None = Field(default=None, description="A content the run knows.")
    tags: list[Tag] = Field(
        default=[], max_length=50, description="Or what any other content is about."
    )
    author: Tag | None = Field(default=None, description="Who made it, with `tags`.")
    user_ids: list[UserIdText] = Field(
        default=[], max_length=1000, description="Whom to answer for; without them, the likeliest."
    )
    limit: int = Field(default=100, ge=0, le=1000, description="How many of the likeliest.")
    purpose: str = Field(
        default=PURPOSE, max_length=200, description="Nobody who refused it is answered for."
    )


class Reason(BaseModel):
    """Something that speaks for a share, or against it."""

    reason: Literal["own_shares", "circle", "content", "tags", "tastes", "activity", "ties"] = (
        Field(
            description="The user's own past shares, their circle's, those of the content and its "
            "author, what its tags are worth to everybody, whether the user consumes them, how "
            "active and how tied the user is."
        )
    )
    log_odds: float = Field(description="What it adds to the log-odds of a share.")


class ContentScore(BaseModel):
    """How likely one user is to share the content."""

    user_id: str = Field(description="The user.")
    share_probability: Estimated = Field(description="Probability of a share, if they see it now.")
    basis: str = Field(
        description="`model`, `pooled`, `base_rate` or `none`; a new user or content is named."
    )
    reasons: list[Reason] = Field(
        description="Why, the strongest first; with `base_log_odds` they sum to the log-odds."
    )


class ContentScoreAnswer(Answer):
    """Who is likely to share a content, the likeliest first, or in the order asked."""

    basis: str = Field(description="How the run answers: `model`, `pooled`, `base_rate`, `none`.")
    content_id: str | None = Field(description="The content asked about; null for one by tags.")
    eligible_for: str = Field(description="The purpose everyone answered for allows.")
    unknown_tags: list[str] = Field(
        description="Tags that are not among those circles are made of; they tell nothing."
    )
    base_log_odds: float | None = Field(
        description="Log-odds of a usual exposure; null where no model was learned."
    )
    users: list[ContentScore] = Field(description="The users.")
    missing: list[str] = Field(description="Ids nobody has, or who refuse the purpose.")
