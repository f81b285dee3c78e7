"""What goes in and out about contents; every field says what it is."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

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
