"""What is said of tiers: the catalogue, who holds which, and who changed."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.schemas import Answer, Benefit, Listing


class Tier(BaseModel):
    """A tier of the rights policy."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(description="Its name.")
    members: int | None = Field(
        description="How many users hold it; null without the scope `members` when they are fewer "
        "than the least audience."
    )
    benefits: list[Benefit] = Field(description="The rights that come with it.")


class TierList(Answer):
    """The tiers, the lowest first."""

    tiers: list[Tier] = Field(description="The tiers.")


class Assignment(BaseModel):
    """A user's tier."""

    user_id: str = Field(description="The user.")
    tier: str = Field(description="The tier held.")
    score: float | None = Field(description="The qualification score it rests on.")
    reason_codes: list[str] = Field(description="Why this tier, as codes.")
    since: datetime | None = Field(description="Since when it is held.")
    review_after: datetime | None = Field(description="Until when it cannot be lost.")


class AssignmentList(Listing):
    """Who holds which tier, by user id."""

    total: int = Field(description="Number of all assignments, over all pages.")
    assignments: list[Assignment] = Field(description="The assignments of this page.")
    next_since: str = Field(
        description="`since` with which `/v1/tiers/changes` goes on from these; the same on all "
        "pages of a list."
    )


class TierChange(BaseModel):
    """A user's move from one tier to another."""

    seq: int = Field(description="Its number in the ledger; later changes have higher ones.")
    user_id: str = Field(description="The user.")
    before: str | None = Field(description="The tier before; null for a newcomer.")
    after: str | None = Field(description="The tier after; null for one who left.")
    reason_codes: list[str] = Field(description="Why, as codes.")
    policy_version: str = Field(description="The policy it was decided by.")
    at: datetime = Field(description="When it took effect.")
    run_id: str | None = Field(description="The run that decided; null for a decision by hand.")
    author: str = Field(description="Who decided.")


class TierChangeFeed(Listing):
    """Changes of tier, the oldest first, and whom to forget."""

    next_since: str = Field(
        description="Send as `since` later for what follows the changes of this page."
    )
    changes: list[TierChange] = Field(description="The changes of this page.")
    members_erased: int = Field(description="How many people were erased since, on the last page.")
    erased: list[str] = Field(description="The SHA-256 of their ids, in hexadecimal.")
