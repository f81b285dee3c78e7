"""How circles are best found again, and how stable that shows them to be."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.profiles import TagProfiles
from models.rediscovery import NEARLY_ALL, Rediscovery
from models.rows import FloatArray
from models.stability import Labels, Resamples, Stability, resample, summary

CHOICE_PEOPLE = 10_000
"""People among whom the way of finding circles again is chosen."""


@dataclass(frozen=True, eq=False)
class Refound:
    """The stability of circles, and the recipe that found them again."""

    stability: Stability
    recipe: Rediscovery


def refound(
    model: TagProfiles,
    X: sparse.csr_array,
    labels: Labels,
    *,
    min_share: float,
    n_resamples: int,
    seed: int,
    asked: bool = False,
    begun: Callable[[], None] = lambda: None,
) -> Refound:
    """Find circles again among resampled people, the way of it chosen before.

    Where the first way finds nearly all of them in the first resample, no other is tried.

    Parameters
    ----------
    model : TagProfiles
        The circles to find again.
    X : csr_array of shape (n_users, n_tags)
        Raw weights.
    labels : ndarray of shape (n_users,)
        The circle of each person, -1 for none. Numbers beyond the model's circles stand for
        groups of another origin, which are measured and do not count in the choice.
    min_share : float
        Least share of the people a circle may hold.
    n_resamples : int
        At least 1.
    asked : bool
        Whether the number of circles was asked for and does not come from the data.
    begun : callable
        Hears each time that circles are about to be found again.
    """
    n_circles = max(int(labels.max(initial=-1)) + 1, model.n_circles)
    resamples = Resamples.of(X, labels, n_circles=n_circles, seed=seed)

    def overlaps(recipe: Rediscovery, number: int) -> FloatArray:
        begun()
        return resamples.overlaps(recipe.fit, number)

    some = resample(np.random.default_rng(seed), len(labels), most=CHOICE_PEOPLE)
    recipe, found = Rediscovery.plain(model, X[some], min_share=min_share), []
    if not asked:
        found = [overlaps(recipe, 0)]
    if asked or np.nansum(found[0][: model.n_circles]) < NEARLY_ALL * model.n_circles:
        known = np.where(labels[some] < model.n_circles, labels[some], -1).astype(np.int32)
        plain, recipe = recipe, recipe.bettered(X[some], known, seed=seed, asked=asked)
        found = found if recipe.way == plain.way else []
    found += [overlaps(recipe, number) for number in range(len(found), n_resamples)]
    return Refound(summary(np.array(found)), recipe)
