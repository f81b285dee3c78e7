"""The publish gate: what a run must hold before anyone is shown it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.stability import FIRM, over_people
from segmentation.config import GatesConfig

ABOUT = 0.75
"""As little as this share of what was asked, or as much more, is still about as many."""


@dataclass(frozen=True, kw_only=True)
class FacetQuality:
    """What the gate looks at in one facet.

    `largest_share` is the largest circle's part of the people who could be placed, `coverage` the
    part of all people who are in a circle, `placeable` how many could be; `stability` is the
    bootstrap Jaccard of each circle, NaN when not measured, and `sizes` its primary members.
    `asked` is about how many circles somebody wanted; None left it to the data. `fell` is how
    firm the circles found were, over their people, where they were let go as chance.
    """

    facet: str
    circles: int
    placeable: int
    largest_share: float
    coverage: float
    stability: tuple[float, ...]
    sizes: tuple[int, ...]
    asked: int | None = None
    fell: float | None = None

    @property
    def firmness(self) -> float | None:
        """Stability of the circle a person in a circle is in, on average; None when unmeasured."""
        return over_people(np.array(self.stability), np.array(self.sizes, dtype=np.int64))


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


def inspect(facets: Sequence[FacetQuality], gates: GatesConfig) -> list[Finding]:
    """Judge every facet; an empty answer means nothing to say against the run."""
    found = [
        finding
        for facet in facets
        for judge in (degenerate, empty, other, thin, chance, weak)
        if (finding := judge(facet, gates)) is not None
    ]
    return [*found, *nothing_held(facets, gates)]


def nothing_held(facets: Sequence[FacetQuality], gates: GatesConfig) -> list[Finding]:
    """Where all circles found were chance, in every facet, a run has nothing to show."""
    if any(facet.circles for facet in facets):
        return []
    return [
        unstable(facet, facet.fell, gates)
        for facet in facets
        if facet.fell is not None and facet.fell < gates.min_stability
    ]


def degenerate(facet: FacetQuality, gates: GatesConfig) -> Finding | None:
    """One circle that holds nearly everyone tells nobody apart."""
    if facet.largest_share < gates.max_largest_share:
        return None
    return Finding(
        name="degenerate",
        facet=facet.facet,
        blocks=True,
        message=f"The largest {facet.facet} circle holds {facet.largest_share:.0%} of the people "
        f"who could be placed; below {gates.max_largest_share:.0%} is asked "
        "(`gates.max_largest_share`). Look for a tag nearly everyone has.",
    )


def empty(facet: FacetQuality, gates: GatesConfig) -> Finding | None:
    """No circle is an honest answer, and people should hear it."""
    if facet.circles:
        return None
    return Finding(
        name="no_circles",
        facet=facet.facet,
        blocks=False,
        message=f"No {facet.facet} circle{why_none(facet)}",
    )


def why_none(facet: FacetQuality) -> str:
    """Why there is no circle, as the end of a sentence."""
    if not facet.placeable:
        return ": nobody has enough tags and consents to be placed."
    if facet.fell is None:
        return " stands out from the crowd in this data."
    return (
        f" stays: other people of the same kind would not form those found (stability "
        f"{facet.fell:.2f}), so they are chance."
    )


def other(facet: FacetQuality, gates: GatesConfig) -> Finding | None:
    """Not about as many circles as were asked, which whoever asked must hear."""
    if facet.asked is None or not facet.circles:
        return None
    if ABOUT <= facet.circles / facet.asked <= 1 / ABOUT:
        return None
    return Finding(
        name="count",
        facet=facet.facet,
        blocks=False,
        message=f"Asked for about {facet.asked} {facet.facet} circles, found {facet.circles}: "
        "no other number near it holds in this data. `coterie circles curve` shows how others do.",
    )


def thin(facet: FacetQuality, gates: GatesConfig) -> Finding | None:
    """Fewer people in circles than whoever asked can use."""
    if not facet.placeable or facet.coverage >= gates.min_coverage:
        return None
    return Finding(
        name="coverage",
        facet=facet.facet,
        blocks=True,
        message=f"{facet.coverage:.1%} of the people are in {facet.facet} circles; at least "
        f"{gates.min_coverage:.1%} is asked (`gates.min_coverage`). `circles.coverage` places "
        "more, at the price of weaker circles.",
    )


def chance(facet: FacetQuality, gates: GatesConfig) -> Finding | None:
    """Circles that other people of the same kind would not form are chance."""
    firmness = facet.firmness
    if firmness is None or firmness >= gates.min_stability:
        return None
    return unstable(facet, firmness, gates)


def unstable(facet: FacetQuality, firmness: float, gates: GatesConfig) -> Finding:
    """Circles too weak to be shown."""
    return Finding(
        name="stability",
        facet=facet.facet,
        blocks=True,
        message=f"The {facet.facet} circles have a mean stability of {firmness:.2f} over their "
        f"people; at least {gates.min_stability:.2f} is asked (`gates.min_stability`). Ask for "
        "fewer circles, or give more data.",
    )


def weak(facet: FacetQuality, gates: GatesConfig) -> Finding | None:
    """Circles that dissolve under resampling are counted, not hidden."""
    weak_circles = sum(stability < FIRM for stability in facet.stability)
    if not weak_circles:
        return None
    return Finding(
        name="weak_circles",
        facet=facet.facet,
        blocks=False,
        message=f"{weak_circles} of {facet.circles} {facet.facet} circles are weak "
        f"(stability below {FIRM:.2f}): treat them as hints.",
    )
