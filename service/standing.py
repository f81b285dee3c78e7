"""What goes in and out about one user's tier: set by hand, in force at a date, soon to be lost."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from segmentation.ledger import Change
from segmentation.reasonwords import in_words
from service.moments import Moment
from service.schemas import Answer, Benefit

At = Annotated[
    Moment | None, Query(description="The moment asked about, with its zone; now if absent.")
]


class TierAsked(BaseModel):
    """A tier to set by hand, or null to end what was set."""

    model_config = ConfigDict(extra="forbid")

    tier: str | None = Field(
        default=None, max_length=200, description="The tier; null or none ends a decision."
    )
    until: Moment | None = Field(
        default=None, description="Until when it holds; needed with a tier."
    )
    reason: str = Field(
        default="", max_length=2000, description="Why; needed with a tier, kept in the ledger."
    )


class LedgerEntry(BaseModel):
    """One change of a user's tier, as it was written down."""

    seq: int = Field(description="Its number in the ledger.")
    before: str | None = Field(description="The tier before; null for a newcomer.")
    after: str | None = Field(description="The tier after; null for one who left.")
    at: datetime = Field(description="When it took effect.")
    recorded: datetime = Field(description="When it was written.")
    reason_codes: list[str] = Field(description="Why, as codes.")
    reasons: list[str] = Field(description="Why, in words that can be read aloud.")
    policy_version: str = Field(description="The policy in force.")
    run_id: str | None = Field(description="The run that decided; null for a decision by hand.")
    author: str = Field(description="Who decided.")
    evidence: dict[str, JsonValue] = Field(description="Score, measures or the reason given.")


def entry_of(change: Change) -> dict[str, Any]:
    """A change as it is told."""
    return asdict(change) | {"reasons": in_words(change.reason_codes)}


class TierSet(Answer):
    """What a decision changed."""

    user_id: str = Field(description="The user.")
    entry: LedgerEntry = Field(description="The entry it left in the ledger.")


class Need(BaseModel):
    """Something a user lacks."""

    measure: str = Field(description="What is measured.")
    now: float | None = Field(description="How much there is; null when it is not known.")
    least: float = Field(description="How much is asked.")


class WayToStay(BaseModel):
    """One way to keep a tier."""

    way: str = Field(description="Its name in the policy; `score` for the score.")
    needs: list[Need] = Field(description="What is missing; nothing when only money is short.")


class Notice(BaseModel):
    """A tier that may soon be lost."""

    user_id: str = Field(description="The user.")
    tier: str = Field(description="The tier held.")
    review_after: datetime | None = Field(description="Until when it cannot be lost.")
    ways: list[WayToStay] = Field(description="Any one of them keeps it.")


class NoticeList(Answer):
    """Who may soon lose a tier, by user id."""

    notices: list[Notice] = Field(description="The notices of this page.")
    next_after: str | None = Field(
        description="Send as `after` for the next page; null at the end."
    )


class Standing(Answer):
    """The tier a user holds at a moment, what it gives that day, and how they came to it."""

    user_id: str = Field(description="The user.")
    at: datetime = Field(description="The moment asked about.")
    tier: str | None = Field(description="The tier in force; null for none.")
    benefits: list[Benefit] = Field(description="The rights in force that day.")
    notice: Notice | None = Field(description="The notice in force now; null for none.")
    history: list[LedgerEntry] = Field(description="Every change, the newest first.")
