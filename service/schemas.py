"""What goes in and out over HTTP; every field says what it is."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from segmentation.config import Facet

CircleId = Annotated[
    str, Path(description="Permanent id of a circle, such as `interest-17`.", max_length=200)
]
UserId = Annotated[str, Path(description="Id of a user, as it stands in the events.")]
RunId = Annotated[
    str, Path(description="A run, such as `20261101T020000Z-1f6a90c2`.", max_length=200)
]
Share = Annotated[float, Field(ge=0, le=1)]


class Answer(BaseModel):
    """Every answer names the run it was read from."""

    run_id: str = Field(description="The run this was read from.")


class Listing(Answer):
    """A page of a list."""

    next_page_token: str | None = Field(
        description="Send as `page_token` for the next page of the same run; null at the end."
    )


class TopTag(BaseModel):
    """A tag that tells a circle from the crowd."""

    tag: str = Field(description="The tag.")
    lift: float = Field(description="How many times more common it is here than among everyone.")
    share: float | None = Field(default=None, description="Share of the members who have it.")
    q_value: float | None = Field(
        default=None, description="Significance, corrected for all circles and tags asked about."
    )


class Circle(BaseModel):
    """A circle: people whose tags one profile explains."""

    circle_id: str = Field(description="Permanent id, kept across runs and never reused.")
    facet: Facet = Field(description="The way of looking at people it belongs to.")
    name: str = Field(description="Its distinctive tags in people's words.")
    parent_id: str | None = Field(description="The broader circle it lies in, if any.")
    children: list[str] = Field(
        description="The narrower circles it is made of, largest first; empty for most."
    )
    size: int | None = Field(
        description="Number of its members, of a parent those of its children; null without the "
        "scope `members` when they are fewer than the least audience."
    )
    share_of_users: float | None = Field(
        description="Its members as a share of all users; null when `size` is."
    )
    stability: float | None = Field(
        description="Mean Jaccard similarity with itself over resampled data, 0 to 1."
    )
    stability_low: float | None = Field(description="Lower end of the stability's 95 % interval.")
    stability_high: float | None = Field(description="Upper end of the stability's 95 % interval.")
    share_propensity: float | None = Field(
        description="Mean probability that a member shares what they see."
    )
    top_tags: list[TopTag] = Field(description="Its most distinctive tags, strongest first.")
    status: str = Field(description="Whether it is active, and what the run found doubtful.")
    first_run: str = Field(description="The run it was born in.")


class CircleAnswer(Answer, Circle):
    """One circle of the live run."""


class CircleList(Listing):
    """Circles by facet, the largest first."""

    circles: list[Circle] = Field(description="The circles of this page.")


class Member(BaseModel):
    """A user in a circle."""

    user_id: str = Field(description="The user.")
    strength: float = Field(description="How surely they belong, 0 to 1.")
    rank: int = Field(description="1 when it is their primary circle of the facet.")


class MemberList(Listing):
    """Members of a circle, the strongest first."""

    circle_id: str = Field(description="The circle.")
    total: int = Field(description="Number of all its members, over all pages.")
    members_erased: int = Field(
        description="Members erased since the run; the circle's other figures still count them."
    )
    members: list[Member] = Field(description="The members of this page.")


class LineageEvent(BaseModel):
    """What happened to a circle in one run."""

    run_id: str = Field(description="The run it happened in.")
    event: Literal["born", "continued", "grown", "shrunk", "split", "merged", "retired"] = Field(
        description="What happened."
    )
    from_ids: list[str] = Field(description="The circles of the run before that it came from.")
    overlap: float | None = Field(description="How much of it is in those, 0 to 1.")


class CirclePoint(BaseModel):
    """A circle in one run."""

    run_id: str = Field(description="The run.")
    as_of: str | None = Field(description="The moment the run describes, UTC.")
    name: str = Field(description="What it was called.")
    size: int | None = Field(
        description="How many people were in it; null without the scope `members` when they are "
        "fewer than the least audience."
    )
    share_of_users: float | None = Field(
        description="Its part of everyone, 0 to 1; null where its size is."
    )
    share_propensity: float | None = Field(description="How likely its members shared, 0 to 1.")


class CircleHistory(Answer):
    """A circle's life over the runs still kept, the latest first."""

    circle_id: str = Field(description="The circle.")
    events: list[LineageEvent] = Field(description="What happened, the latest first.")
    series: list[CirclePoint] = Field(description="How it stood in each run, the latest first.")


class Membership(BaseModel):
    """A circle a user is in."""

    circle_id: str = Field(description="The circle.")
    facet: Facet = Field(description="Its facet.")
    name: str = Field(description="Its name.")
    strength: float = Field(description="How surely the user belongs, 0 to 1.")
    rank: int = Field(description="1 when it is the user's primary circle of the facet.")


class Reasons(BaseModel):
    """Why a user is in no circle of a facet."""

    interest: str | None = Field(description="Reason code, null when in an interest circle.")
    lifestyle: str | None = Field(description="Reason code, null when in a lifestyle circle.")


class Propensity(BaseModel):
    """How likely a user shares what they see."""

    estimate: float | None = Field(description="Probability; null when nothing was learnt.")
    low: float | None = Field(description="Lower end of its interval.")
    high: float | None = Field(description="Upper end of its interval.")


class Benefit(BaseModel):
    """A right that comes with a tier."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(description="What it is.")
    kind: Literal["material", "spiritual"] = Field(description="Goods, or recognition.")


class UserTier(BaseModel):
    """A user's tier and the rights that come with it."""

    tier: str = Field(description="Name of the tier.")
    since: datetime | None = Field(description="Since when it is held.")
    review_after: datetime | None = Field(description="Until when it cannot be lost.")
    score: float | None = Field(description="The qualification score it rests on.")
    reason_codes: list[str] = Field(description="Why this tier, as codes.")
    benefits: list[Benefit] = Field(
        description="Its rights; dated ones hold between `starts` and `ends`."
    )


class UserStage(BaseModel):
    """Where a user stands in the flywheel."""

    stage: str | None = Field(description="engage, acquire, nurture, retain or advocate.")
    previous_stage: str | None = Field(description="The stage before.")
    since: datetime | None = Field(description="When it was first seen.")


class User(BaseModel):
    """Everything a run knows of a user."""

    user_id: str = Field(description="The user.")
    circles: list[Membership] = Field(description="Their circles, the primary one first.")
    reasons: Reasons = Field(description="Why a facet has no circle for them.")
    share_propensity: Propensity = Field(description="How likely they share.")
    social_currency: float | None = Field(description="What their shares are worth to others.")
    influence: float | None = Field(description="How far their shares carry.")
    value: float | None = Field(description="What they are worth within the horizon.")
    stickiness: float | None = Field(description="Probability that they come back within it.")
    tier: UserTier | None = Field(description="Their tier and rights; null when they hold none.")
    lifecycle: UserStage = Field(description="Their stage.")
    eligible_for: list[str] = Field(
        description="Purposes they may be asked for, of those that anybody refused."
    )
    refuses: list[str] = Field(description="Purposes they refused; `*` is every purpose.")


class UserAnswer(Answer, User):
    """One user of the live run."""


class UserIds(BaseModel):
    """The users to look up."""

    user_ids: list[Annotated[str, Field(max_length=1024)]] = Field(
        min_length=1, max_length=1000, description="One to 1000 user ids."
    )


class UserBatch(Answer):
    """Many users at once."""

    users: list[User] = Field(description="Those found, in the order asked for.")
    missing: list[str] = Field(description="Ids nobody has in this run.")


class ErasureAnswer(Answer):
    """What an erasure did."""

    runs: list[str] = Field(description="Kept runs that knew the person; they no longer do.")
    rows: int = Field(description="Rows removed from the database.")
    run_under_way: bool = Field(
        description="Whether a run was being made: it forgets the person when it is through."
    )


class AuditedCall(BaseModel):
    """One call made with a key."""

    number: int = Field(description="Its place in the log.")
    at: datetime = Field(description="When it ended.")
    key_id: str = Field(description="The key; empty for the keyless owner of the machine.")
    action: str = Field(description="Its method and the template of its path.")
    target: str | None = Field(description="What it was about, but never a person.")
    subject: str | None = Field(description="SHA-256 of the user asked for.")
    purpose: str | None = Field(description="What it was for, as the call or `X-Purpose` said.")
    people: int | None = Field(description="How many people it listed.")
    status: int = Field(description="How it ended.")
    request_id: str = Field(description="Its name in the server's log.")


class AuditedCalls(Listing):
    """Calls, the latest first."""

    calls: list[AuditedCall] = Field(description="The calls of this page.")


class Run(BaseModel):
    """A finished run whose snapshot is kept."""

    run_id: str = Field(description="The run.")
    live: bool = Field(description="Whether it answers now.")
    created: datetime = Field(description="When it ran.")
    as_of: datetime | None = Field(description="The moment it looks from; null without time.")
    previous: str | None = Field(description="The live run it continued.")
    policy_version: str | None = Field(description="The rights policy it applied.")
    rows: dict[str, int] = Field(description="Rows of each of its tables.")
    sent_through: int = Field(
        default=0, description="Number of the last event sent over HTTP that it has read."
    )


class RunAnswer(Run):
    """One run with what it reported."""

    report: dict[str, JsonValue] = Field(description="What the run measured of itself.")


class RunList(BaseModel):
    """The runs still kept, the newest first."""

    run_id: str | None = Field(description="The live run; null before the first is published.")
    runs: list[Run] = Field(description="The runs of this page.")
    next_page_token: str | None = Field(description="Send as `page_token`; null at the end.")


class Health(BaseModel):
    """The state of the server."""

    status: Literal["ok"] = Field(description="Always `ok`; anything else is a problem.")
    run_id: str | None = Field(description="The live run; null before the first is published.")
