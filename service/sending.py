"""What goes in and out about events sent over HTTP; every field says what it is."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from segmentation.events import REASONS
from service.schemas import Answer

MOST_EVENTS = 10_000
CODES = ", ".join(f"`{code}` ({meaning})" for code, meaning in REASONS.items())


class EventSent(BaseModel):
    """One event as files have it; what cannot be used is told by its row, whatever its type."""

    model_config = ConfigDict(extra="ignore")

    user_id: JsonValue = Field(default=None, description="Who.", examples=["user-1"])
    ts: JsonValue = Field(
        default=None,
        description="When, such as 2026-11-01T02:00:00Z; without a zone it means UTC.",
        examples=["2026-11-01T02:00:00Z"],
    )
    channel: JsonValue = Field(default=None, description="Where.", examples=["browse"])
    tag: JsonValue = Field(default=None, description="What it was about.", examples=["yoga"])
    value: JsonValue = Field(default=None, description="How much of it; 1 when absent.")
    content_id: JsonValue = Field(default=None, description="Which content, if any.")


class EventsSent(BaseModel):
    """Events to take in."""

    model_config = ConfigDict(extra="forbid")

    events: list[EventSent] = Field(
        min_length=1, max_length=MOST_EVENTS, description="The events; rows are counted from 1."
    )


class BadEvent(BaseModel):
    """An event that cannot be used."""

    row: int = Field(description="Its place in what was sent, from 1.")
    reason: str = Field(description=f"Why: {CODES}.")


class EventsTaken(Answer):
    """What became of the events sent: each is either taken or in quarantine."""

    taken: int = Field(description="How many were taken; the next run or update reads them.")
    quarantine: list[BadEvent] = Field(description="The others, which are kept nowhere.")
    waiting_through: int = Field(
        description="Number of the last event ever taken; a run tells up to which it has read."
    )
