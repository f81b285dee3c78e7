"""From circles as they were found to those that stay: tested, and fewer where that is firmer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy import sparse

from models.circles import FEWEST_PEOPLE
from models.curve import Level, curve, firm_number, numbers_about, stability_near
from models.rediscovery import Rediscovery
from models.stability import (
    FIRM,
    MOST_PEOPLE,
    Labels,
    Stability,
    bootstrap_jaccard,
    over_people,
    resample,
    summary,
)
from segmentation.circling import FacetCircles
from segmentation.config import CirclesConfig
from segmentation.parents import families
from segmentation.tags import FacetMatrix

CHOICE_PEOPLE = 10_000
"""People among whom the way of finding circles again is chosen."""
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
        some = resample(np.random.default_rng(seed), len(labels), most=CHOICE_PEOPLE)
        fewest = FEWEST_PEOPLE / min(len(labels), MOST_PEOPLE)
        share = max(config.min_circle_share, fewest)
        recipe = Rediscovery.of(
            circles.model, X[some], labels[some], min_share=share, seed=seed, asked=asked
        )

        def fit(X: sparse.csr_array, again: int) -> Callable[[sparse.csr_array], Labels]:
            begun()
            return recipe.fit(X, again)

        stability = bootstrap_jaccard(
            X, labels, n_circles=count, fit=fit, n_resamples=config.resamples, seed=seed
        )
        sizes = np.bincount(labels[labels >= 0], minlength=count)
        return cls(stability, over_people(stability.mean, sizes), recipe)


@dataclass(frozen=True, eq=False)
class Settled:
    """The circles that stay, how firm each is, how many were `found` and how others would do."""

    circles: FacetCircles
    stability: Stability
    found: int
    curve: list[Level] = field(default_factory=list)


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
    """Test circles; where people are in weak ones, find fewer if those are firmer.

    `about` finds about so many circles of the same people; a number that was `asked` for stays.
    So do circles in firm families, for these are the fewer ones. `before` is how many circles
    the run before had.
    """
    firmness = Firmness.of(found, facet, config, asked=asked, seed=seed, begun=begun)
    circles, recipe = found.model.n_circles, firmness.recipe
    if recipe is None:
        return Settled(found, firmness.stability, circles)
    above = int(families(found, facet).max()) + 1
    numbers = [*numbers_about(circles), *(number for number in (before, above) if number > 1)]
    levels = curve(recipe, placeable(facet, found)[0], numbers=numbers, seed=seed)
    as_found = Settled(found, firmness.stability, circles, levels)
    number = firm_number(levels, below=circles, before=before)
    is_firm = max(firmness.over_people or 0.0, stability_near(levels, above)) >= FIRM
    if asked or is_firm or number is None:
        return as_found
    fewer = about(number)
    firmer = Firmness.of(fewer, facet, config, asked=True, seed=seed, begun=begun)
    if (firmer.over_people or 0.0) <= (firmness.over_people or 0.0):
        return as_found
    return Settled(fewer, firmer.stability, circles, levels)


def placeable(facet: FacetMatrix, circles: FacetCircles) -> tuple[sparse.csr_array, Labels]:
    """The people who may and can be placed, and the circle of each."""
    eligible = np.flatnonzero(facet.reasons == "")
    return facet.matrix[eligible], circles.labels[eligible]
