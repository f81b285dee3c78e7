"""What goes in and out about growing outward; every field says what it is."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from segmentation.config import Facet
from service.audiences import AudienceAsked
from service.placements import Tag, Weight
from service.schemas import Answer

UserIdText = Annotated[str, Field(max_length=1024)]
Limit = Annotated[int, Query(ge=0, le=10_000, description="How many people to list.")]
Budget = Annotated[int, Query(ge=1, le=50, description="How many people can be asked.")]
FewPeople = Annotated[int, Query(ge=1, le=50, description="How many people to list.")]
Partners = Annotated[int, Query(ge=1, le=1000, description="How many circles to list.")]
Bridges = Annotated[
    int, Query(ge=0, le=100, description="How many people of both sides to list for each.")
]
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
    closeness: float = Field(
        description="How far from the crowd's mean to the middle seed they are, 0 to 1."
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
    """People about as close to the seeds as each other; nobody is in two rings."""

    ring: str = Field(description="`core` (the seeds), `interest`, `broad`.")
    people: int = Field(description="How many people it holds.")
    least_closeness: float | None = Field(
        description="Closeness of the furthest; null for the core and an empty ring."
    )
    mean_closeness: float | None = Field(description="Mean closeness; null likewise.")
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


class CrossoverAsked(AudienceAsked):
    """A partner's people: a list of ids, weighed tags, a filter, or a saved audience."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"filter": 'tag:"yoga"', "limit": 5}]},
    )

    user_ids: list[UserIdText] = Field(
        default=[], max_length=50_000, description="User ids of the partner."
    )
    tags: dict[Tag, Weight] = Field(
        default={},
        max_length=1000,
        description="What the partner stands for: tags and their weights.",
    )
    limit: int = Field(default=20, ge=1, le=1000, description="How many circles to list.")
    bridges: int = Field(
        default=5, ge=0, le=100, description="How many people of both sides to list for each."
    )


class Bridge(BaseModel):
    """Somebody who belongs to both sides."""

    user_id: str = Field(description="The user.")
    strength: float = Field(description="How surely they belong to the circle listed, 0 to 1.")
    influence: float | None = Field(description="How far their shares carry.")


class Match(BaseModel):
    """What one side offers the other; not the same the other way round."""

    shared: int | None = Field(description="People of both; null when they are too few to say.")
    lift: float | None = Field(description="That over what chance would give; null likewise.")
    lift_low: float | None = Field(description="Lower end of its 95 % interval.")
    lift_high: float | None = Field(description="Upper end of its 95 % interval.")
    new_reach: int | None = Field(
        description="People who would be new; null when they are too few to say."
    )
    fit: float | None = Field(
        description="Mean closeness of the new people to the side asked for, 0 to 1; null when "
        "nobody is new or they are too few to say."
    )
    score: float | None = Field(
        description="How nearly the new people are those worth reaching, 0 to 1: 0 when none fits "
        "or none is new; null when too few to say."
    )


class CirclePartner(Match):
    """What a circle offers the side asked for."""

    circle_id: str = Field(description="The circle.")
    facet: Facet = Field(description="Its facet.")
    name: str = Field(description="Its name.")
    bridges: list[Bridge] = Field(
        description="People of both sides, the surest first; empty without the scope `members`."
    )


class CircleTaker(CirclePartner):
    """What a circle offers a partner, and what the partner offers it."""

    offered: Match | None = Field(
        description="What the partner offers the circle; null but for the best circles."
    )


class CircleCrossover(Answer):
    """What every other circle offers the people of one, best first."""

    circle_id: str = Field(description="The circle asked for.")
    eligible_for: str | None = Field(description="The purpose everyone spoken of allows.")
    approximate: bool = Field(description="Whether the figures are blurred.")
    partners: list[CirclePartner] = Field(description="The other circles.")


class PartnerCrossover(Answer):
    """What every circle offers a partner's people, best first."""

    eligible_for: str | None = Field(description="The purpose everyone spoken of allows.")
    people: int = Field(description="The partner's people whom the run knows.")
    unknown: int = Field(description="Ids of the partner nobody in the run has: new to everyone.")
    circles: list[CircleTaker] = Field(description="The circles.")


class CircleLookalikes(LookalikeAnswer):
    """Look-alikes of a circle's members."""

    circle_id: str = Field(description="The circle.")
