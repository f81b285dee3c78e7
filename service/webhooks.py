"""What goes in and out about receivers of webhooks; every field says what it is."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

WebhookId = Annotated[str, Path(description="A receiver, such as `hook-0a1b2c3d4e5f6071`.")]


class WebhookAsked(BaseModel):
    """A receiver to take on."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"url": "https://shop.example/hooks/tiers", "purpose": "email"}]
        },
    )

    url: str = Field(
        min_length=1,
        max_length=2000,
        description="Where messages are posted: `https` and a host of the open internet.",
    )
    purpose: str | None = Field(
        default=None,
        max_length=200,
        description="Who refused this purpose is not told of; who refused every one never is.",
    )


class RotateAsked(BaseModel):
    """How to change over to a new secret."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"hours": 24}]}
    )

    hours: float = Field(
        default=24.0, ge=0, le=720, description="How long messages are signed by both secrets."
    )


class RedeliverAsked(BaseModel):
    """What to send again beside what is dead."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"after": 1200}]}
    )

    after: int | None = Field(
        default=None, ge=0, le=2**53, description="Everything after this entry of the ledger."
    )


class Live(BaseModel):
    """An answer about what stands beside the runs; it names the one that is live."""

    run_id: str | None = Field(description="The run that is live; null before the first.")


class Webhook(BaseModel):
    """A receiver of tier changes."""

    endpoint_id: str = Field(description="Its id.")
    url: str = Field(description="Where messages are posted.")
    purpose: str | None = Field(description="Who refused it is not told of.")
    seq: int = Field(description="The entry of the ledger it was told up to, or is being told.")
    created: datetime = Field(description="When it was taken on.")
    by: str = Field(description="By whom.")
    delivered: int = Field(description="How many messages it took.")
    pending: int = Field(description="How many wait for it.")
    dead: int = Field(description="How many it did not take, however often they were sent.")
    failures: int = Field(description="How often in a row it did not answer; 0 when all is well.")
    retry_at: datetime | None = Field(description="Until when it is left alone.")
    ended: datetime | None = Field(description="When it said that it is gone; else null.")


class WebhookAnswer(Live, Webhook):
    """One receiver."""


class WebhookSecret(WebhookAnswer):
    """A receiver with its secret, which is shown this once."""

    secret: str = Field(description="What messages are signed by; it is not shown again.")


class WebhookList(Live):
    """Every receiver, the oldest first."""

    webhooks: list[Webhook] = Field(description="The receivers.")


class WaitingMessage(BaseModel):
    """A message that was not taken yet."""

    seq: int = Field(description="The entry of the ledger it tells.")
    user_id: str = Field(description="Whom it is about.")
    state: Literal["pending", "dead"] = Field(description="Whether it is sent again by itself.")
    attempts: int = Field(description="How often it was sent.")
    next_try: datetime = Field(description="When it is sent next, while it is pending.")
    status: int | None = Field(description="What the receiver answered; null when it did not.")
    detail: str = Field(description="Why it was not taken, in words.")


class MessageList(Live):
    """Messages that were not taken, by their entry in the ledger."""

    messages: list[WaitingMessage] = Field(description="The messages of this page.")
    next_after: int | None = Field(
        description="Send as `after` for the next page; null at the end."
    )


class Redelivered(Live):
    """What is sent again."""

    endpoint_id: str = Field(description="The receiver.")
    revived: int = Field(description="How many dead messages wait to be sent again.")


class WebhookRemoved(Live):
    """A receiver that is told no more."""

    removed: str = Field(description="Its id.")
