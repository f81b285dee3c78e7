"""What goes in and out about circles decided by hand; every field says what it is."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from segmentation.rulings import LONGEST_NAME, LONGEST_REASON

Why = Annotated[str, Field(max_length=LONGEST_REASON, description="Why; it is kept with it.")]
LiveRun = Annotated[
    str | None, Field(description="The live run; null before the first is published.")
]
CircleName = Annotated[str, Field(max_length=200, description="A circle of the live run.")]


class Decided(BaseModel):
    """Why a circle is decided of."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: Why = ""


class RenameAsked(Decided):
    """A name for a circle."""

    name: str = Field(
        min_length=1,
        max_length=LONGEST_NAME,
        description="What people call it; no other circle has it.",
        examples=["Sunday runners"],
    )


class MergeAsked(Decided):
    """Circles to make one of."""

    circles: list[CircleName] = Field(
        min_length=2,
        max_length=100,
        description="Of one facet; the first keeps its id.",
        examples=[["interest-1", "interest-2"]],
    )


class CircleDecision(BaseModel):
    """A decision about circles; every later run heeds it."""

    number: int = Field(description="Counts up; the highest is undone first.")
    kind: Literal["rename", "merge", "split", "retire"] = Field(description="What was decided.")
    circles: list[str] = Field(
        description="The circles: of a merger the first stays, of a split the second is the id "
        "its other half will have."
    )
    name: str | None = Field(description="The name given; null but for `rename`.")
    reason: str = Field(description="Why.")
    made_in: str = Field(description="The run that was live when it was made.")
    at: AwareDatetime = Field(description="When it was made.")


class DecisionAnswer(BaseModel):
    """A decision that was made, or taken back; it shows from the next run on."""

    run_id: LiveRun
    decision: CircleDecision = Field(description="It.")


class DecisionList(BaseModel):
    """The decisions in force, the earliest first."""

    run_id: LiveRun
    decisions: list[CircleDecision] = Field(description="They.")
