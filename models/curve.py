"""How other numbers of circles would do: what they tell, whom they hold, whether they last.

Held-back tags say how many circles tell something more. Whether other people of the same kind
would form them is another question: where few would, a smaller number can be the better choice.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from models.foretelling import Trial
from models.profiles import TagProfiles, assign, observed
from models.rediscovery import LANDMARKS, Rediscovery, turned
from models.rows import FloatArray
from models.search import FEWEST_TRIED, LARGEST, STEP
from models.silhouette import sampled_silhouette
from models.stability import FIRM, Labels, best_jaccard, over_people, resample

RESAMPLES = 2
DOUBT = 0.05
"""By how much the stability of two resamples errs."""


@dataclass(frozen=True)
class Level:
    """Some people's circles at one number of them.

    Attributes
    ----------
    circles : int
        How many there are; fewer than asked for where some would be too small.
    told : float
        What they tell of a tag held back beyond what the crowd does, in bits.
    coverage, largest_share : float
        Part of the people who are in a circle, and who are in the largest one.
    silhouette : float or None
        As `models.silhouette` says it; None where fewer than two circles have people.
    stability : float or None
        Bootstrap Jaccard of the circle a person is in, on average; None without people.
    """

    circles: int
    told: float
    coverage: float
    largest_share: float
    silhouette: float | None
    stability: float | None

    @property
    def is_firm(self) -> bool:
        """Whether the circles may well last, and none of them is the crowd once more."""
        return (self.stability or 0.0) >= FIRM - DOUBT and self.largest_share <= LARGEST


def numbers_about(count: int) -> list[int]:
    """Return numbers of circles around one: half as many again, itself, halves down to two."""
    numbers = {round(STEP * count)}
    while count >= FEWEST_TRIED:
        numbers.add(count)
        count = round(count / 2)
    return sorted(number for number in numbers if number >= FEWEST_TRIED)


def curve(
    recipe: Rediscovery, X: sparse.csr_array, *, numbers: Iterable[int], seed: int
) -> list[Level]:
    """Find circles at each number among some people, and again in resamples of them.

    Parameters
    ----------
    recipe : Rediscovery
        How circles are found.
    X : csr_array of shape (n_users, n_tags)
        Raw weights of people with enough tags; of more than 8,000 a sample is taken.
    numbers : iterable of int
        How many circles to look for. Numbers that lead to the same one are told once.

    References
    ----------
    Hennig (2007), "Cluster-wise assessment of cluster stability"; Owen & Perry (2009),
    "Bi-cross-validation of the SVD and the nonnegative matrix factorization" for held-back tags.
    """
    some = sample(X, seed)
    rows, asked = observed(recipe.model, some), sorted(set(numbers))
    with threadpool_limits(1):
        search = recipe.search(rows, turned(recipe.space, rows), is_judged=True, seed=seed)
        found = {model.n_circles: model for model in recipe.of_numbers(search, asked)}
        counts = sorted(count for count in found if count >= FEWEST_TRIED)
        labels = [assign(found[count], some, max_circles=0).labels for count in counts]
        again = [found_again(recipe, some, counts, labels, seed + 1 + n) for n in range(RESAMPLES)]
        return [
            level_of(found[count], some, own, np.array(overlaps), search.judge.trial, seed=seed)
            for count, own, overlaps in zip(counts, labels, zip(*again, strict=True), strict=True)
        ]


def sample(X: sparse.csr_array, seed: int) -> sparse.csr_array:
    """Draw as many people as are needed, in the order of the table."""
    if X.shape[0] <= LANDMARKS:
        return X
    chosen = np.random.default_rng(seed).choice(X.shape[0], LANDMARKS, replace=False)
    return X[np.sort(chosen)]


def found_again(
    recipe: Rediscovery,
    X: sparse.csr_array,
    counts: Sequence[int],
    labels: Sequence[Labels],
    seed: int,
) -> list[FloatArray]:
    """Return the best overlap of each circle, level by level, with those of a resample."""
    drawn = X[resample(np.random.default_rng(seed), X.shape[0])]
    rows = observed(recipe.model, drawn)
    space = turned(recipe.space, rows)
    search = recipe.search(rows, space, is_judged=False, seed=seed)
    models = recipe.of_numbers(search, counts)
    return [
        best_jaccard(own, assign(model, X, max_circles=0).labels, count)
        for own, model, count in zip(labels, models, counts, strict=True)
    ]


def level_of(
    model: TagProfiles,
    X: sparse.csr_array,
    labels: Labels,
    overlaps: FloatArray,
    trial: Trial,
    *,
    seed: int,
) -> Level:
    """Say how circles do; `overlaps` are resamples x circles."""
    sizes = np.bincount(labels[labels >= 0], minlength=model.n_circles)
    return Level(
        circles=model.n_circles,
        told=trial.bits(model),
        coverage=float(np.mean(labels >= 0)),
        largest_share=float(sizes.max(initial=0) / max(len(labels), 1)),
        silhouette=sampled_silhouette(X, labels, seed=seed),
        stability=over_people(overlaps.mean(axis=0), sizes),
    )


def firm_numbers(levels: Sequence[Level], *, below: int, before: int | None = None) -> list[int]:
    """Return the firm numbers clearly below one, the largest first.

    The number there was `before` comes first while it is firm and tells about as much as the
    largest, lest runs swing between two.
    """
    most = round(below / STEP)
    firm = {
        level.circles: level
        for level in levels
        if level.is_firm and FEWEST_TRIED <= level.circles <= most
    }
    numbers = sorted(firm, reverse=True)
    stays = before in firm and firm[before].told >= firm[numbers[0]].told / STEP
    return sorted(numbers, key=lambda number: number != before) if stays else numbers


def stability_near(levels: Sequence[Level], number: int) -> float:
    """Return the stability at the number nearest to one in ratio; 0 below two circles."""
    if number < FEWEST_TRIED or not levels:
        return 0.0
    nearest = min(levels, key=lambda level: abs(math.log(level.circles / number)))
    return nearest.stability or 0.0
