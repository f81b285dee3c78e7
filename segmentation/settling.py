"""From circles as they were found to those that stay: tested, and fewer where that is firmer."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from scipy import sparse

from models.circles import FEWEST_PEOPLE
from models.curve import Level, curve, firm_numbers, numbers_about, stability_near
from models.rediscovery import Rediscovery
from models.refinding import refound
from models.search import LARGEST
from models.stability import (
    FIRM,
    MOST_PEOPLE,
    Labels,
    Stability,
    over_people,
    summary,
)
from segmentation.circling import FacetCircles, keeping
from segmentation.config import CirclesConfig
from segmentation.parents import families
from segmentation.tags import FacetMatrix

CHANCE = 0.1
"""Stability below which circles are no more than chance."""
Begun = Callable[[], None]
"""Hears each time that circles are about to be found again."""


@dataclass(frozen=True, eq=False)
class Firmness:
    """How firm circles are: each of them, and the one a person is in on average.

    `recipe` finds them again. Without circles or resamples nothing is measured.
    """

    stability: Stability
    over_people: float | None = None
    recipe: Rediscovery | None = None

    @classmethod
    def of(
        cls,
        circles: FacetCircles,
        facet: FacetMatrix,
        config: CirclesConfig,
        *,
        asked: bool,
        seed: int,
        begun: Begun,
    ) -> Self:
        """Find circles again among resampled people.

        `asked` says that their number was asked for and does not come from the data.
        """
        count, (X, labels) = circles.model.n_circles, placeable(facet, circles)
        if not count or not config.resamples:
            return cls(summary(np.full((0, count), np.nan)))
        fewest = FEWEST_PEOPLE / min(len(labels), MOST_PEOPLE)
        again = refound(
            circles.model,
            X,
            labels,
            min_share=max(config.min_circle_share, fewest),
            n_resamples=config.resamples,
            seed=seed,
            asked=asked,
            begun=begun,
        )
        sizes = np.bincount(labels[labels >= 0], minlength=count)
        return cls(again.stability, over_people(again.stability.mean, sizes), again.recipe)

    def is_above(self, least: float | None) -> bool:
        """Whether the circle a person is in is firmer than that on average."""
        return (self.over_people or 0.0) > (least or 0.0)


Test = Callable[[FacetCircles], Firmness]


@dataclass(frozen=True, eq=False)
class Settled:
    """The circles that stay, how firm each is, how many were `found` and how others would do.

    `fell` is how firm circles were, over their people, of which some were let go as chance.
    """

    circles: FacetCircles
    firmness: Firmness
    found: int
    curve: list[Level] = field(default_factory=list)
    fell: float | None = None

    def with_circles(self, circles: FacetCircles, tested: Test) -> Self:
        """Return the same with other circles, tested."""
        return replace(self, circles=circles, firmness=tested(circles))


def settle(
    found: FacetCircles,
    facet: FacetMatrix,
    config: CirclesConfig,
    *,
    about: Callable[[int], FacetCircles],
    asked: bool,
    before: int,
    seed: int,
    begun: Begun,
) -> Settled:
    """Test circles; where people are in weak ones, find fewer if those are firmer and no crowd.

    `about` finds about so many circles of the same people; a number that was `asked` for stays.
    So do circles in firm families, for these are the fewer ones. `before` is how many circles
    the run before had. What is chance all the same goes, unless a number or a coverage was asked.
    """

    def tested(circles: FacetCircles, *, asked: bool = True) -> Firmness:
        return Firmness.of(circles, facet, config, asked=asked, seed=seed, begun=begun)

    firmness = tested(found, asked=asked)
    circles, recipe = found.model.n_circles, firmness.recipe
    if recipe is None:
        return Settled(found, firmness, circles)
    above = int(families(found, facet).max()) + 1
    numbers = [*numbers_about(circles), *(number for number in (before, above) if number > 1)]
    levels = curve(recipe, placeable(facet, found)[0], numbers=numbers, seed=seed)
    as_found = Settled(found, firmness, circles, levels)
    is_firm = max(firmness.over_people or 0.0, stability_near(levels, above)) >= FIRM
    if asked or is_firm:
        return as_found
    numbers = firm_numbers(levels, below=circles, before=before)
    tries = (as_found.with_circles(about(number), tested) for number in numbers)
    firmer = next((fewer for fewer in tries if is_better(fewer, firmness, facet)), as_found)
    if config.coverage != "auto" or firmer.firmness.is_above(CHANCE):
        return firmer
    return without_chance(firmer, facet, config, tested)


def without_chance(
    settled: Settled, facet: FacetMatrix, config: CirclesConfig, tested: Test
) -> Settled:
    """Let circles go that other people of the same kind would not form.

    Firm ones among them stay, if they are more than chance without the others as well, and those
    somebody wished for.
    """
    circles, stability = settled.circles, settled.firmness.stability.mean
    is_wished = np.array([key != "" for key in circles.keys or [""] * len(stability)])
    for staying in ((stability >= FIRM) | is_wished, is_wished):
        left = keeping(circles, np.flatnonzero(staying), facet, config)
        answer = settled.with_circles(left, tested)
        if answer.firmness.is_above(CHANCE):
            break
    return replace(answer, fell=settled.firmness.over_people)


def is_better(fewer: Settled, found: Firmness, facet: FacetMatrix) -> bool:
    """Whether fewer circles are firmer than those found, and none is the crowd once more."""
    labels = placeable(facet, fewer.circles)[1]
    largest = np.bincount(labels + 1)[1:].max(initial=0)
    return fewer.firmness.is_above(found.over_people) and largest <= LARGEST * len(labels)


def placeable(facet: FacetMatrix, circles: FacetCircles) -> tuple[sparse.csr_array, Labels]:
    """The people who may and can be placed, and the circle of each."""
    eligible = np.flatnonzero(facet.reasons == "")
    return facet.matrix[eligible], circles.labels[eligible]
