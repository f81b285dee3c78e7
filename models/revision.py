"""A second look at circles just found: cut the double, bring back the remembered, heed wishes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from models.circles import covering
from models.discovery import EM_PEOPLE
from models.division import divided
from models.guidance import Guided, Wish, guided
from models.landmarks import Canon, draw
from models.observations import damped_rows
from models.profiles import TagProfiles, assign_observed
from models.rows import FloatArray, Matrix, Rows
from models.trimming import only
from models.warmth import warmed


def revised(
    model: TagProfiles,
    X: Matrix,
    *,
    seeds: FloatArray,
    fewest: float,
    cut: bool = True,
    wishes: Sequence[Wish] = (),
    known: FloatArray | None = None,
    coverage: float | None = None,
    seed: int = 0,
) -> Guided:
    """Return fitted profiles after a second look at the people they were fitted on.

    Parameters
    ----------
    model : TagProfiles
        As `CircleClusterer` fitted it on `X`.
    X : matrix of shape (n_users, n_tags)
        Raw weights.
    seeds : ndarray of shape (n_seeds, n_tags)
        Signatures for a warm start; no row for a cold one.
    fewest : float
        People a circle must hold, unless it was asked for.
    cut : bool, default=True
        Whether circles that are two may be cut apart.
    wishes : sequence of Wish
        What people ask of the circles.
    known : ndarray of shape (n_known, n_tags), default=seeds
        Signatures of the circles wishes may speak of.
    coverage : float, default=None
        Share of the people to place, as the estimator was asked for.
    """
    observed = damped_rows(Rows.of(X), unit=model.unit)
    people = observed.take(draw(Canon.of(observed), EM_PEOPLE, seed=seed + 2))
    min_share = fewest / max(observed.n_rows, 1)
    with threadpool_limits(1):
        found = replace(model, offset=0.0)
        found = divided(found, people, min_share=min_share) if cut else found
        found = warmed(found, seeds, people, min_share=min_share)
        asked = guided(
            found,
            people,
            wishes,
            known=seeds if known is None else known,
            fewest=min_share * people.n_rows,
        )
    answer = in_order(asked, observed, fewest)
    if coverage is None:
        return answer
    offset = covering(answer.profiles, observed, coverage)
    return replace(answer, profiles=replace(answer.profiles, offset=offset))


def in_order(asked: Guided, observed: Rows, fewest: float) -> Guided:
    """Number circles from the largest down; those too small go, unless they were asked for."""
    while True:
        profiles, is_asked = asked.profiles, np.array([key != "" for key in asked.keys], dtype=bool)
        labels = assign_observed(profiles, observed, max_circles=0).labels
        people = np.bincount(labels[labels >= 0], minlength=profiles.n_circles)
        order = np.argsort(-people, kind="stable")
        kept = order[(people[order] >= fewest) | is_asked[order]]
        keys = tuple(asked.keys[circle] for circle in kept)
        asked = replace(asked, profiles=only(profiles, kept), keys=keys)
        if len(kept) == len(order):
            return asked
