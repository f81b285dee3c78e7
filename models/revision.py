"""A second look at circles just found: cut the double, bring back the remembered, heed wishes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from models.circles import covering
from models.division import divided
from models.guidance import Guided, Wish, guided
from models.landmarks import Canon, draw
from models.leftovers import with_leftovers
from models.observations import damped_rows, heeded_rows
from models.profiles import TagProfiles, assign_observed
from models.recutting import recut
from models.remnants import Past, remnants
from models.rows import BoolArray, FloatArray, IntArray, Matrix, Rows
from models.search import EM_PEOPLE
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
    past: Past | None = None,
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
    past : Past, default=None
        What is known of these people from before, where some time lies between: it is looked for
        what is new, circles in the tags that no circle of a person's explains and circles that
        became two, and circles that only silent people hold up go.
    """
    damped = damped_rows(Rows.of(X), unit=model.unit, relative=model.relative)
    observed = heeded_rows(damped, model.echoes)
    people = observed.take(draw(Canon.of(observed), EM_PEOPLE, seed=seed + 2))
    min_share = fewest / max(observed.n_rows, 1)
    with threadpool_limits(1):
        found = replace(model, offset=0.0)
        found = divided(found, people, min_share=min_share) if cut else found
        if past is not None:
            found = with_leftovers(found, people, min_share=min_share, seed=seed)
        found = warmed(found, seeds, people, min_share=min_share)
        if len(seeds):
            anew = cut and past is not None
            found = recut(found, people, seeds, min_share=min_share, anew=anew)
        asked = guided(
            found,
            people,
            wishes,
            known=seeds if known is None else known,
            fewest=min_share * people.n_rows,
        )
    answer = in_order(asked, observed, fewest)
    answer = answer if past is None else in_order(living(answer, observed, past), observed, fewest)
    if coverage is None:
        return answer
    offset = covering(answer.profiles, observed, coverage)
    return replace(answer, profiles=replace(answer.profiles, offset=offset))


def living(asked: Guided, observed: Rows, past: Past) -> Guided:
    """Return circles without those left of earlier ones, unless they were asked for."""
    count = asked.profiles.n_circles
    labels = assign_observed(asked.profiles, observed, max_circles=0).labels.astype(np.int64)
    is_gone = np.isin(np.arange(count), remnants(past, labels, count=count))
    return chosen(asked, np.flatnonzero(~is_gone | is_asked_for(asked)))


def in_order(asked: Guided, observed: Rows, fewest: float) -> Guided:
    """Number circles from the largest down; those too small go, unless they were asked for."""
    while True:
        count = asked.profiles.n_circles
        labels = assign_observed(asked.profiles, observed, max_circles=0).labels
        people = np.bincount(labels[labels >= 0], minlength=count)
        order = np.argsort(-people, kind="stable")
        asked = chosen(asked, order[(people[order] >= fewest) | is_asked_for(asked)[order]])
        if asked.profiles.n_circles == count:
            return asked


def is_asked_for(asked: Guided) -> BoolArray:
    """Whether people wished for each circle."""
    return np.array([key != "" for key in asked.keys], dtype=bool)


def chosen(asked: Guided, circles: IntArray) -> Guided:
    """Return some circles in the order given."""
    keys = tuple(asked.keys[circle] for circle in circles)
    return replace(asked, profiles=only(asked.profiles, circles), keys=keys)
