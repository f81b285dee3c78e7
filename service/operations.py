"""What goes in and out about making runs and putting them live; every field says what it is."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from segmentation.config import Facet
from service.moments import Moment
from service.schemas import Answer

JobId = Annotated[
    str, Path(description="A queued run, such as `job-0a1b2c3d4e5f6071`.", max_length=200)
]
Reason = Annotated[str, Field(max_length=1000, description="Why; it is kept in the history.")]


class RunAsked(BaseModel):
    """A run to make; its inputs and settings are the worker's own."""

    model_config = ConfigDict(extra="forbid")

    as_of: Moment | None = Field(
        default=None, description="The moment it looks from; the latest event when absent."
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, strict=True, description="Seed of all draws.")
    circles: int | None = Field(
        default=None, ge=1, le=10_000, strict=True, description="About so many circles."
    )
    publish: bool = Field(
        default=True, strict=True, description="Whether it goes live when it passes the gate."
    )
    reason: Reason = Field(
        default="", max_length=1000, description="Publishes past a failed gate, and says why."
    )


class UpdateAsked(BaseModel):
    """An update to make: the events sent since the live run, folded in."""

    model_config = ConfigDict(extra="forbid", strict=True)

    publish: bool = Field(default=True, description="Whether it goes live.")


class JobAnswer(BaseModel):
    """A queued run or update."""

    model_config = ConfigDict(from_attributes=True)

    job_id: str = Field(description="Its id.")
    kind: Literal["run", "update"] = Field(
        description="A run of everything, or an update of the live run."
    )
    state: Literal["queued", "running", "succeeded", "failed", "cancelling", "cancelled"] = Field(
        description="Where it stands."
    )
    progress: float = Field(description="From 0 to 1, and never back.")
    detail: str = Field(description="The stage at work, or why it failed.")
    run_id: str | None = Field(description="The run it came to; null until it succeeds.")
    published: bool | None = Field(description="Whether that went live; null until it succeeds.")
    asked: dict[str, Any] = Field(description="What was asked.")
    by: str = Field(description="Id of the key that asked.")
    queued: datetime = Field(description="When it was asked for.")
    started: datetime | None = Field(description="When a worker took it.")
    ended: datetime | None = Field(description="When it was over.")


class PublishAsked(BaseModel):
    """How to put a run live."""

    model_config = ConfigDict(extra="forbid", strict=True)

    force: bool = Field(default=False, description="Whether to go past a failed gate.")
    reason: Reason = ""


class RollbackAsked(BaseModel):
    """Which run to go back to."""

    model_config = ConfigDict(extra="forbid", strict=True)

    run_id: str | None = Field(
        default=None, max_length=200, description="The run; the one live before when absent."
    )
    reason: Reason = ""


class WentLive(Answer):
    """The run that is live now."""

    before: str | None = Field(description="The run that was live until now.")


class TagShift(BaseModel):
    """A tag that more people have than before, or fewer, beyond the growth of all tags."""

    tag: str = Field(description="The tag.")
    before: float = Field(description="Share of people who had it.")
    after: float = Field(description="Share of people who have it.")
    growth: float = Field(description="Factor beside the usual tag.")
    q_value: float = Field(description="False discovery rate at which it is told.")


class SizeShift(BaseModel):
    """A circle that grew or shrank beside the others."""

    circle_id: str = Field(description="The circle.")
    before: float = Field(description="Its share of people before.")
    after: float = Field(description="Its share of people now.")
    growth: float = Field(description="Factor beside the usual circle.")
    q_value: float = Field(description="False discovery rate at which it is told.")


class CircleShift(BaseModel):
    """A circle that is about something else."""

    circle_id: str = Field(description="The circle.")
    cosine: float = Field(description="Likeness of its tags before and now; 1 is the same.")
    gained: list[str] = Field(description="Tags it gained most.")
    lost: list[str] = Field(description="Tags it lost most.")


class FacetDrift(BaseModel):
    """What shifted in one facet, the largest shift first; empty means that nothing surely did."""

    facet: Facet = Field(description="The facet.")
    tags: list[TagShift] = Field(description="Tags that shifted.")
    sizes: list[SizeShift] = Field(description="Circles whose size shifted.")
    circles: list[CircleShift] = Field(description="Circles that are about something else.")


class Alert(BaseModel):
    """Something of the drift that people should hear of."""

    name: Literal["tag_drift", "size_drift", "circle_drift"] = Field(description="What kind.")
    facet: str = Field(description="In which facet.")
    message: str = Field(description="It in words.")


class DriftAnswer(Answer):
    """What shifted from an earlier run to the one that `run_id` names."""

    before: str | None = Field(description="The earlier run; null when there is none to compare.")
    facets: list[FacetDrift] = Field(description="By facet.")
    alerts: list[Alert] = Field(description="What people should hear of; empty in a calm run.")


class CircleChanges(BaseModel):
    """The circles of a facet from one run to the next."""

    kept: list[str] = Field(description="In both.")
    born: list[str] = Field(description="In the later one alone.")
    retired: list[str] = Field(description="In the earlier one alone.")


class Comparison(Answer):
    """What changed from a run to a later one, which `run_id` names."""

    before: str = Field(description="The earlier run.")
    circles: dict[str, CircleChanges] = Field(description="By facet.")
    people_in_both: int = Field(description="People both runs know.")
    moved: dict[str, int] = Field(description="Of them, whose primary circle changed, by facet.")
    tier_changed: int = Field(description="Of them, whose tier changed.")
    stage_changed: int = Field(description="Of them, whose stage changed.")
    mean_propensity: list[float] = Field(description="Mean share propensity, before and after.")

    @classmethod
    def of(cls, facts: dict[str, Any]) -> "Comparison":
        """Read the facts of a comparison."""
        facets = [name.removesuffix("_kept") for name in facts if name.endswith("_kept")]
        changes = ("kept", "born", "retired")
        whole = ("people_in_both", "tier_changed", "stage_changed", "mean_propensity")
        return cls.model_validate(
            {name: facts[name] for name in whole}
            | {
                "run_id": facts["to"],
                "before": facts["from"],
                "circles": {
                    facet: {change: facts[f"{facet}_{change}"] for change in changes}
                    for facet in facets
                },
                "moved": {facet: facts[f"{facet}_moved"] for facet in facets},
            }
        )
