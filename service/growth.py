"""What goes in and out about growing outward; every field says what it is."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from segmentation.config import Facet
from service.audiences import AudienceAsked
from service.schemas import Answer

UserIdText = Annotated[str, Field(max_length=1024)]
Limit = Annotated[int, Query(ge=0, le=10_000, description="How many people to list.")]
ForPurpose = Annotated[
    str,
    Query(
        max_length=200,
        description="What it is for: whoever refused it teaches nothing and is not listed.",
    ),
]
ContactCost = Annotated[
    float | None,
    Query(ge=0, le=1e9, allow_inf_nan=False, description="What reaching one person costs."),
]


class LookalikesAsked(AudienceAsked):
    """Whom to find look-alikes of: a filter, a saved audience, or a list of ids."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"filter": 'circle = "interest-1"', "limit": 10}]},
    )

    user_ids: list[UserIdText] = Field(
        default=[], max_length=50_000, description="User ids instead of a filter."
    )
    limit: int = Field(default=100, ge=0, le=10_000, description="How many people to list.")
    contact_cost: float | None = Field(
        default=None,
        ge=0,
        le=1e9,
        allow_inf_nan=False,
        description="What reaching one person costs.",
    )


class Lookalike(BaseModel):
    """Somebody like the seeds."""

    user_id: str = Field(description="The user.")
    similarity: float = Field(
        description="The share of seeds that are less typical of them than this person, 0 to 1."
    )


class ReachPoint(BaseModel):
    """A point of the curve of similarity over reach."""

    people: int = Field(description="So many of the most alike are reached.")
    share: float = Field(description="Their share of all candidates.")
    similarity: float = Field(description="Similarity of the least alike among them.")
    lift: float = Field(
        description="How many times likelier one of them is to be like a seed than a candidate "
        "taken at random."
    )


class Joins(BaseModel):
    """How many people are expected to join, by those who did since the run before."""

    joins: float = Field(description="Expected number of people who join.")
    low: float = Field(description="Lower end of the 80 % band.")
    high: float = Field(description="Upper end of the 80 % band.")
    contacts_per_join: float = Field(description="People reached for each who joins.")


class Ring(BaseModel):
    """People about as like the seeds as each other; nobody is in two rings."""

    ring: str = Field(description="`core` (the seeds), `interest`, `broad`.")
    people: int = Field(description="How many people it holds.")
    least_similarity: float | None = Field(
        description="Similarity of the least alike; null for the core and an empty ring."
    )
    mean_similarity: float | None = Field(description="Mean similarity; null likewise.")
    expected_joins: Joins | None = Field(
        description="Who will join until the next run; null for the core and without a run before."
    )
    cost_per_join: float | None = Field(
        description="What each who joins costs; null without `contact_cost` or expectation."
    )


class TellingTag(BaseModel):
    """A tag that sets the seeds apart."""

    facet: Facet = Field(description="The facet it stands in.")
    tag: str = Field(description="The tag.")
    contribution: float = Field(
        description="What it adds to the mean seed's distance from the crowd, in standard "
        "deviations."
    )


class LookalikeAnswer(Answer):
    """Look-alikes of some seeds, the most alike first."""

    eligible_for: str | None = Field(description="The purpose everyone listed allows.")
    seeds: int = Field(description="People to start from; none of them is a look-alike.")
    seeds_unknown: int = Field(description="Ids of a list that nobody in the run has.")
    seeds_taught: int = Field(description="Seeds that allow the purpose: only they teach.")
    candidates: int = Field(description="People who could be look-alikes.")
    lookalikes: list[Lookalike] = Field(description="The most alike people.")
    curve: list[ReachPoint] = Field(description="Similarity over reach; it never rises.")
    rings: list[Ring] = Field(description="The rings around the seeds, from the core outward.")
    tags: list[TellingTag] = Field(description="The tags that set the seeds apart most.")


class CircleLookalikes(LookalikeAnswer):
    """Look-alikes of a circle's members."""

    circle_id: str = Field(description="The circle.")
