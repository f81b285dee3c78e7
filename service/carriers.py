"""What goes out about carrying outward: ambassadors, creators, referrals."""

from typing import Literal

from pydantic import BaseModel, Field

from service.schemas import Answer


class Ambassador(BaseModel):
    """Somebody to start from."""

    rank: int = Field(description="1 is the first to ask.")
    user_id: str = Field(description="The user.")
    circle_id: str = Field(description="The circle they are to reach.")
    gain: float = Field(description="Members expected to be reached beyond those before.")
    reach: float = Field(description="Members expected to be reached with all before, together.")


class CircleAmbassadors(Answer):
    """Whom of a circle to start from, best first."""

    circle_id: str = Field(description="The circle.")
    eligible_for: str | None = Field(description="The purpose everyone listed allows.")
    members: int = Field(description="How many people the circle has.")
    basis: Literal["shares", "weighted_cascade", "none"] = Field(
        description="What the chances of ties come from: contents that went along them, a model "
        "that needs no evidence, or there are no ties."
    )
    guarantee: float | None = Field(
        description="At least so much of the best possible choice's reach, surely; null without "
        "ties."
    )
    ambassadors: list[Ambassador] = Field(description="Whom to ask, the first one first.")


class Voice(BaseModel):
    """How many people of a circle create, and how much."""

    creators: int = Field(description="Members who made something or answered.")
    share_of_members: float = Field(description="Their share of the members.")
    works: int = Field(description="Things members made.")
    comments: int = Field(description="Answers members gave.")


class Creator(BaseModel):
    """Somebody who makes things, and does not only pass them on."""

    rank: int = Field(description="1 made most.")
    user_id: str = Field(description="The user.")
    works: int = Field(description="Things they made, their own contents included.")
    comments: int = Field(description="Answers they gave.")
    echoes: int = Field(description="How often somebody else passed on a content of theirs.")


class CircleCreators(Answer):
    """Who of a circle creates, who made most first."""

    circle_id: str = Field(description="The circle.")
    eligible_for: str | None = Field(description="The purpose everyone listed allows.")
    voice: Voice = Field(description="How many members create, and how much.")
    creators: list[Creator] = Field(description="The people.")


class Referring(BaseModel):
    """What people bring within the horizon of their own first act."""

    people: int | None = Field(description="People watched; null when they are too few to say.")
    referrals: int | None = Field(description="Whom they brought; null likewise.")
    k: float | None = Field(
        description="Expected referrals a person, judged at each age by those who reached it; "
        "null when nobody was watched for the whole horizon, or they are too few to say."
    )
    k_low: float | None = Field(description="Lower end of the 95 % interval.")
    k_high: float | None = Field(description="Upper end of the 95 % interval.")
    plain: float | None = Field(
        description="Referrals over people, however short they were watched; never above `k`."
    )
    cycle_days: float | None = Field(
        description="Median age at which a person brings somebody; null when nobody did."
    )


class ReferralTree(BaseModel):
    """Who descends from whom, summed up."""

    roots: int = Field(description="People who brought somebody and came by themselves.")
    referred: int = Field(description="People who were brought.")
    generations: list[int] = Field(
        description="People so many referrals away from their root, the roots first."
    )
    largest: int = Field(description="People in the largest tree.")


class ReferralAnswer(Answer):
    """K and cycle time, of everyone, by circle and by tier."""

    approximate: bool = Field(description="Whether the figures are blurred.")
    horizon_days: float | None = Field(
        description="The age up to which referrals count; null when the run kept none."
    )
    overall: Referring | None = Field(description="Everyone; null when the run kept none.")
    circles: dict[str, Referring] = Field(description="The members of each circle, by its id.")
    tiers: dict[str, Referring] = Field(description="The holders of each tier, by its name.")
    tree: ReferralTree | None = Field(description="Null without the scope `members`.")
