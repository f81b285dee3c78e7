"""What goes in and out about audiences; every field says what it is."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from segmentation.delivery import DestinationName
from service.schemas import Answer, Listing

AudienceId = Annotated[
    str, Path(description="Id of a saved audience, such as `aud-0a1b2c3d4e5f`.", max_length=200)
]
Filter = Annotated[
    str,
    Field(
        max_length=20_000,
        description="Who is meant, in the language of AIP-160; empty means everyone.",
        examples=['circle = "interest-1" AND tier >= "silver"'],
    ),
]
Purpose = Annotated[
    str | None,
    Field(
        max_length=200,
        description="What it is for: whoever refused it is left out.",
        examples=["email"],
    ),
]
Name = Annotated[str, Field(min_length=1, max_length=200, description="A name for people.")]


class AudienceAsked(BaseModel):
    """Who is meant: by a filter, or by a saved audience."""

    model_config = ConfigDict(extra="forbid", strict=True)

    filter: Filter = ""
    audience_id: str | None = Field(
        default=None, max_length=200, description="A saved audience instead of a filter."
    )
    purpose: Purpose = None


class CountAsked(AudienceAsked):
    """Whom to count."""

    explain: bool = Field(default=False, description="Whether to count each part as well.")


class QueryAsked(AudienceAsked):
    """Whom to list, and from where on."""

    page_size: int = Field(default=100, ge=1, le=1000, description="People a page.")
    page_token: str | None = Field(
        default=None,
        max_length=2000,
        description="`next_page_token` of the page before; it stays with the run of the first.",
    )


class OverlapAsked(BaseModel):
    """Which audiences to lay over each other."""

    model_config = ConfigDict(extra="forbid", strict=True)

    filters: list[Filter] = Field(
        min_length=1,
        max_length=50,
        description="One to 50 filters.",
        examples=[['circle = "interest-1"', 'tier = "gold"']],
    )
    purpose: Purpose = None


class ExportAsked(AudienceAsked):
    """Whom to write out, how and whereto."""

    format: Literal["ndjson", "csv", "parquet"] = Field(
        default="ndjson", description="Form of the file."
    )
    mode: Literal["full", "delta", "mirror"] = Field(
        default="full",
        description="Everyone to be added; who came and left since a run; or everyone, and the "
        "destination forgets whoever is not there.",
    )
    since: str | None = Field(
        default=None,
        max_length=200,
        description="What a delta starts from: the `X-Run-Id` of an earlier file.",
    )
    hash_ids: bool = Field(default=False, description="Whether to give SHA-256 for the ids.")
    destination: DestinationName | None = Field(
        default=None,
        description="Where it goes; a destination has a least size, a purpose, and may want "
        "hashed ids.",
    )


class Part(BaseModel):
    """A part of a filter, and how many people it holds by itself."""

    kind: Literal["condition", "and", "or", "not", "everyone"] = Field(
        description="A condition, or what joins the parts."
    )
    text: str = Field(description="The part as a filter of its own.")
    count: int | None = Field(description="People; null when they are too few to say.")
    parts: list["Part"] = Field(description="What it joins.")


class Size(BaseModel):
    """How many people."""

    count: int | None = Field(description="People; null when they are too few to say.")
    low: int = Field(description="Lower end of the 95 % interval.")
    high: int = Field(description="Upper end of the 95 % interval.")
    exact: bool = Field(description="Whether it is the exact number.")
    approximate: bool = Field(
        description="Whether it is blurred, as for callers without the scope `members`."
    )


class AudienceCount(Answer, Size):
    """How many people a filter holds."""

    eligible_for: str | None = Field(description="The purpose all of them allow; null for none.")
    explanation: Part | None = Field(description="The parts with their counts, when asked for.")


class AudiencePage(Listing):
    """Who fulfils a filter, by primary circle, the likeliest to share first."""

    total: int = Field(description="Number of all, over all pages.")
    eligible_for: str | None = Field(description="The purpose all of them allow; null for none.")
    user_ids: list[str] = Field(description="The people of this page.")


class Overlap(Answer):
    """How many people two audiences have in common, for each pair."""

    eligible_for: str | None = Field(description="The purpose all of them allow; null for none.")
    approximate: bool = Field(description="Whether the figures are blurred.")
    counts: list[list[int | None]] = Field(
        description="Row and column in the order asked; the diagonal is each audience itself; "
        "null where people are too few to say."
    )


class AudienceDraft(BaseModel):
    """An audience to save."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Name
    filter: Filter
    purpose: Purpose = None


class AudienceChange(BaseModel):
    """What to change of a saved audience; what is left out stays."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Name | None = Field(default=None, description="Another name.")
    filter: Filter | None = Field(default=None, description="Another filter.")
    purpose: Purpose = None


class SavedAudience(BaseModel):
    """A saved audience."""

    audience_id: str = Field(description="Its permanent id.")
    name: str = Field(description="Its name for people.")
    filter: str = Field(description="Who is meant.")
    purpose: str | None = Field(description="What it is for.")
    owner: str = Field(description="Id of the key it was made with; it may change it.")
    version: int = Field(description="Goes up with each change; send it as `If-Match`.")
    created: datetime = Field(description="When it was made.")
    updated: datetime = Field(description="When it was last changed.")


class LastGood(BaseModel):
    """The last count that worked."""

    run_id: str = Field(description="The run it was made in.")
    version: int = Field(description="The version of the audience that was counted.")
    count: int | None = Field(description="People; null when they are too few to say.")
    at: datetime = Field(description="When it was made.")


class SavedAudienceAnswer(Answer, SavedAudience):
    """A saved audience and how many it holds now."""

    status: Literal["fresh", "stale"] = Field(
        description="`stale` when the live run cannot answer it: `last_good` then holds."
    )
    problem: str | None = Field(description="Why it is stale.")
    size: Size | None = Field(description="How many it holds in the live run; null when stale.")
    last_good: LastGood | None = Field(description="The last count that worked.")


class SavedAudienceList(Answer):
    """Saved audiences by id."""

    audiences: list[SavedAudience] = Field(description="The audiences of this page.")
    next_page_token: str | None = Field(description="Send as `page_token`; null at the end.")


class AudienceVersion(BaseModel):
    """What a saved audience was from a moment on."""

    version: int = Field(description="Its number.")
    name: str = Field(description="The name then.")
    filter: str = Field(description="The filter then.")
    purpose: str | None = Field(description="The purpose then.")
    by: str = Field(description="Id of the key that made it so.")
    at: datetime = Field(description="From when on.")


class AudienceVersions(Answer):
    """All versions of a saved audience, the latest first."""

    audience_id: str = Field(description="The audience.")
    versions: list[AudienceVersion] = Field(description="Its versions.")


class Removed(Answer):
    """Something is no more."""

    removed: str = Field(description="Its id.")
