"""The publish gate: what a run must hold before anyone is shown it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

LARGEST_SHARE = 0.6
WEAK = 0.6


@dataclass(frozen=True, kw_only=True)
class FacetQuality:
    """What the gate looks at in one facet.

    `largest_share` is of all people, `coverage` the share placed in a circle, `stability` the
    bootstrap Jaccard of each circle.
    """

    facet: str
    circles: int
    largest_share: float
    coverage: float
    stability: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing the gate saw; a blocking one keeps the run from being published."""

    name: str
    facet: str
    blocks: bool
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return asdict(self)


def inspect(facets: Sequence[FacetQuality]) -> list[Finding]:
    """Judge every facet; an empty answer means nothing to say against the run."""
    return [
        finding
        for facet in facets
        for judge in (degenerate, empty, weak)
        if (finding := judge(facet)) is not None
    ]


def degenerate(facet: FacetQuality) -> Finding | None:
    """One circle that holds nearly everyone tells nobody apart."""
    if facet.largest_share < LARGEST_SHARE:
        return None
    return Finding(
        name="degenerate",
        facet=facet.facet,
        blocks=True,
        message=f"The largest {facet.facet} circle holds {facet.largest_share:.0%} of all people; "
        f"below {LARGEST_SHARE:.0%} is asked. Look for a tag nearly everyone has.",
    )


def empty(facet: FacetQuality) -> Finding | None:
    """No circle is an honest answer, and people should hear it."""
    if facet.circles:
        return None
    return Finding(
        name="no_circles",
        facet=facet.facet,
        blocks=False,
        message=f"No {facet.facet} circle stands out from the crowd in this data.",
    )


def weak(facet: FacetQuality) -> Finding | None:
    """Circles that dissolve under resampling are counted, not hidden."""
    weak_circles = sum(stability < WEAK for stability in facet.stability)
    if not weak_circles:
        return None
    return Finding(
        name="weak_circles",
        facet=facet.facet,
        blocks=False,
        message=f"{weak_circles} of {facet.circles} {facet.facet} circles are weak "
        f"(stability below {WEAK:.2f}): treat them as hints.",
    )
