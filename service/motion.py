"""What goes in and out about the flywheel; every field says what it is."""

from pydantic import BaseModel, ConfigDict, Field

from service.schemas import Answer, Share


class StageMotion(BaseModel):
    """One stage of the loop."""

    stage: str = Field(description="engage, acquire, nurture, retain or advocate.")
    people: int = Field(description="People whose highest stage this is.")
    share: Share = Field(description="Their share of all people.")
    speed: float | None = Field(description="Share advancing in 30 days; null when not known.")
    friction: float | None = Field(description="Share lost or falling back; null when not known.")


class Transitions(BaseModel):
    """How people moved between stages; a row for each of `before`, a column for each of `after`."""

    against: str = Field(description="What `before` is: the run before, or one window earlier.")
    before: list[str] = Field(description="Stages people came from; the last is `newcomer`.")
    after: list[str] = Field(description="Stages people went to; the last is `gone`.")
    counts: list[list[int]] = Field(description="People by move.")
    shares: list[list[float]] = Field(description="The same, each row adding up to 1.")


class MeasuredRates(BaseModel):
    """What a projection starts from, as measured; null when not known."""

    engaged: float | None = Field(description="People active in the last window.")
    advocacy: float | None = Field(description="Share of the engaged who advocate.")
    referrals: float | None = Field(description="New people an advocate brings in a window.")
    persistence: float | None = Field(description="Share of the engaged who stay engaged.")


class MeasuredProjection(BaseModel):
    """Where the measured rates lead, turn by turn."""

    rotation_days: float = Field(description="Days a turn takes.")
    level: float = Field(description="How likely the truth lies between `low` and `high`.")
    expected: list[float] = Field(description="Engaged people after each turn.")
    low: list[float] = Field(description="Lower bounds.")
    high: list[float] = Field(description="Upper bounds.")


class FlywheelBasis(BaseModel):
    """What the figures rest on."""

    window_days: float | None = Field(description="Length of a window; null without times.")
    windows: str = Field(description="How windows were cut.")
    acts: str = Field(description="What counts as more than looking.")


class FlywheelAnswer(Answer):
    """Stages, speed, friction, weight and momentum of the loop."""

    stages: list[StageMotion] = Field(description="The five stages, first to last.")
    speed: float | None = Field(description="Share of people advancing a stage in 30 days.")
    friction: float | None = Field(description="Share of people lost or falling back.")
    weight: float = Field(description="Retained and advocates, by value, as a share of all value.")
    momentum: float | None = Field(description="Weight times speed.")
    k_factor: float | None = Field(description="New people each person brings; null when unknown.")
    rates: MeasuredRates = Field(description="Measured rates.")
    projection: MeasuredProjection | None = Field(description="Null when a rate is not known.")
    transitions: Transitions = Field(description="Moves between stages.")
    mappings: dict[str, dict[str, str]] = Field(
        description="The same stages in the words of AIPL, 5A and the adoption ladder."
    )
    basis: FlywheelBasis = Field(description="The window and the acts behind the figures.")


class RatesGiven(BaseModel):
    """Rates to turn the flywheel with; the live run's own stand in for those left out."""

    model_config = ConfigDict(extra="forbid", strict=True)

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
    rotations: int = Field(default=5, ge=1, le=120, description="Turns to project.")


class Rates(BaseModel):
    """The rates a projection was made with."""

    engaged: float = Field(description="Engaged users at the start.")
    advocacy: float = Field(description="Share of active users who advocate each rotation.")
    referrals: float = Field(description="Newcomers each advocate brings.")
    persistence: float = Field(description="Share of active users who stay active.")


class Projection(Answer):
    """Engaged users after each turn of the flywheel."""

    rates: Rates = Field(description="The rates used, given or measured.")
    engaged: list[float] = Field(description="Engaged users after each rotation.")
