"""What goes in and out about the flywheel; every field says what it is."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from segmentation.config import Facet
from service.schemas import Answer, Listing, Share

Mapping = Literal["flywheel", "aipl", "5a", "adoption"]


class StageMotion(BaseModel):
    """One stage of the loop, or one rung of another model."""

    stage: str = Field(description="engage, acquire, nurture, retain, advocate; or the rung.")
    people: int | None = Field(description="People whose highest it is; null when too few to say.")
    share: Share | None = Field(description="Their share of all people of the group.")
    before: int | None = Field(description="People there one window earlier; null without times.")
    active_before: int | None = Field(description="Those of them who were active then.")
    speed: float | None = Field(description="Share advancing in 30 days; null when not known.")
    friction: float | None = Field(description="Share lost or falling back; null when not known.")


class Transitions(BaseModel):
    """How people moved between stages; a row for each of `before`, a column for each of `after`."""

    against: str = Field(description="What `before` is: the run before, or one window earlier.")
    before: list[str] = Field(description="Stages people came from; the last is `newcomer`.")
    after: list[str] = Field(description="Stages people went to; the last is `gone`.")
    counts: list[list[int | None]] = Field(description="People by move; null when too few to say.")
    shares: list[list[float | None]] = Field(
        description="The same as shares, each row adding up to 1 where all of it may be told."
    )


class Invitations(BaseModel):
    """What invitations brought."""

    sent: int | None = Field(description="Invitations sent; null when too few to say.")
    accepted: int | None = Field(description="Newcomers who came of them so far.")
    answered: float | None = Field(
        description="Newcomers an invitation brings in the end, the young ones allowed for."
    )


class MeasuredRates(BaseModel):
    """What turns the loop, as measured in the last window; null when not known."""

    engaged: float | None = Field(description="People active in the last window.")
    advocacy: float | None = Field(description="Share of the engaged who advocate.")
    referrals: float | None = Field(description="New people an advocate brings in a window.")
    persistence: float | None = Field(description="Share of the engaged who stay engaged.")


class Course(BaseModel):
    """A figure turn by turn, the first being now; null when too few to say."""

    expected: list[float | None] = Field(description="As expected.")
    low: list[float | None] = Field(description="Lower bounds.")
    high: list[float | None] = Field(description="Upper bounds.")


class Tested(BaseModel):
    """How projections of windows that are over came true."""

    figures: int = Field(description="Figures foretold from the windows before them.")
    inside: int = Field(description="How many of them lay in their band.")


class MeasuredProjection(BaseModel):
    """Where the measured rates lead, turn by turn."""

    rotation_days: float = Field(description="Days a turn takes.")
    level: float = Field(description="How likely the truth lies between `low` and `high`.")
    engaged: Course = Field(description="Everyone active now, and all newcomers since.")
    active: Course = Field(description="People active in each window.")
    advocates: Course = Field(description="Those of them who advocate.")
    tested: Tested = Field(description="How such projections came true before.")


class FlywheelBasis(BaseModel):
    """What the figures rest on."""

    window_days: float | None = Field(description="Length of a window; null without times.")
    windows: str = Field(description="How windows were cut.")
    acts: str = Field(description="What counts as more than looking.")


class Window(BaseModel):
    """One window of the past, as seen now."""

    ends: str = Field(description="When it ended.")
    people: int | None = Field(description="People known by then; null when too few to say.")
    active: int | None = Field(description="People active in it.")
    newcomers: int | None = Field(description="People seen for the first time.")
    stages: list[int | None] = Field(description="People by stage at its end, first to last.")
    speed: float | None = Field(description="Share advancing in 30 days.")
    friction: float | None = Field(description="Share of the active lost or falling back.")


class TrendPoint(BaseModel):
    """The loop as one run measured it."""

    run_id: str = Field(description="The run.")
    as_of: str | None = Field(description="The moment it describes; null without times.")
    people: int | None = Field(description="People it knew; null when too few to say.")
    active: int | None = Field(description="People active in its last window.")
    stages: dict[str, int | None] = Field(description="People by stage.")
    speed: float | None = Field(description="Share advancing in 30 days.")
    friction: float | None = Field(description="Share of the active lost or falling back.")
    weight: float | None = Field(description="Share of all value with retained and advocates.")
    momentum: float | None = Field(description="Weight times speed.")
    k_factor: float | None = Field(description="New people each person brings.")
    cycle_days: float | None = Field(description="Days from an invitation to its acceptance.")


class GroupMotion(BaseModel):
    """How a group of people moves through the stages."""

    people: int | None = Field(description="People of the group; null when too few to say.")
    stages: list[StageMotion] = Field(description="The stages, first to last.")
    speed: float | None = Field(description="Share of people advancing a stage in 30 days.")
    friction: float | None = Field(description="Share of the active lost or falling back.")
    weight: float | None = Field(
        description="Retained and advocates, by value, as a share of all value."
    )
    momentum: float | None = Field(description="Weight times speed.")
    k_factor: float | None = Field(description="New people each person brings; null when unknown.")
    cycle_days: float | None = Field(
        description="Days from an invitation to its acceptance, the young ones allowed for."
    )
    invitations: Invitations | None = Field(description="What invitations brought.")


class CircleMotion(GroupMotion):
    """How the people of a circle (by their primary one) move through the stages."""

    circle_id: str = Field(description="The circle.")
    facet: Facet = Field(description="Its facet.")
    name: str = Field(description="Its name.")


class CircleMotions(Listing):
    """The flywheel by circle."""

    approximate: bool = Field(description="Whether figures are blurred, for want of `members`.")
    circles: list[CircleMotion] = Field(description="The circles, by facet, the largest first.")


class FlywheelAnswer(Answer, GroupMotion):
    """Stages, speed, friction, weight and momentum of the loop."""

    mapping: Mapping = Field(description="The model whose rungs `stages` are.")
    approximate: bool = Field(description="Whether figures are blurred, for want of `members`.")
    rates: MeasuredRates = Field(description="Measured rates.")
    projection: MeasuredProjection | None = Field(description="Null without times.")
    transitions: Transitions = Field(description="Moves between stages.")
    windows: list[Window] = Field(description="The windows of the history, the oldest first.")
    trend: list[TrendPoint] = Field(description="The loop from run to run, the oldest first.")
    mappings: dict[str, dict[str, str]] = Field(
        description="Where each state stands in AIPL, 5A and on the adoption ladder."
    )
    basis: FlywheelBasis = Field(description="The window and the acts behind the figures.")


class RatesGiven(BaseModel):
    """Rates to turn the flywheel with; the live run's own stand in for those left out.

    Of `engaged`, `advocacy`, `referrals` and `persistence` alone the formula of the literature is
    reckoned; otherwise the wheel learned from the run's windows turns, with bands.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {"engaged": 100, "advocacy": 0.1, "referrals": 1, "persistence": 1, "rotations": 5},
                {"friction": 0.2, "rotations": 6},
            ]
        },
    )

    engaged: float | None = Field(
        default=None, ge=0, le=1e12, description="Engaged users at the start."
    )
    advocacy: Share | None = Field(default=None, description="Share of active users who advocate.")
    referrals: float | None = Field(
        default=None, ge=0, le=1e6, description="Newcomers an advocate brings."
    )
    persistence: Share | None = Field(
        default=None, description="Share of active users who stay active."
    )
    friction: Share | None = Field(
        default=None, description="Share of active users lost or falling back in a turn."
    )
    speed: Share | None = Field(default=None, description="Share advancing a stage in 30 days.")
    weight: Share | None = Field(
        default=None, description="Share of all value with retained users and advocates."
    )
    revival: Share | None = Field(
        default=None, description="Share of quiet users who come back in a turn."
    )
    arrivals: float | None = Field(
        default=None, ge=0, le=1e9, description="Newcomers a turn nobody brings."
    )
    rotations: int = Field(default=5, ge=1, le=120, description="Turns to project.")


class Rates(BaseModel):
    """The rates a projection was made with; null for those it did not need."""

    engaged: float | None = Field(default=None, description="Engaged users at the start.")
    advocacy: float | None = Field(default=None, description="Share who advocate each rotation.")
    referrals: float | None = Field(default=None, description="Newcomers each advocate brings.")
    persistence: float | None = Field(default=None, description="Share who stay active.")
    friction: float | None = Field(default=None, description="Share lost or falling back.")
    speed: float | None = Field(default=None, description="Share advancing in 30 days.")
    weight: float | None = Field(default=None, description="Value with retained and advocates.")
    revival: float | None = Field(default=None, description="Share of the quiet who come back.")
    arrivals: float | None = Field(default=None, description="Newcomers nobody brings.")


class Projection(Answer):
    """Engaged users after each turn of the flywheel."""

    rates: Rates = Field(description="The rates used, given or measured.")
    engaged: list[float | None] = Field(
        description="Engaged users after each rotation; null when too few to say."
    )
    low: list[float | None] | None = Field(description="Lower bounds; null where rates are given.")
    high: list[float | None] | None = Field(description="Upper bounds.")
    active: Course | None = Field(description="Users active in each rotation.")
    advocates: Course | None = Field(description="Those of them who advocate.")
    rotation_days: float | None = Field(description="Days a turn takes, where they are known.")
