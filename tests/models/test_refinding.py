"""Circles found again: the way chosen, and what it shows."""

import numpy as np
import pytest

from models.circles import CircleClusterer
from models.rediscovery import Rediscovery
from models.refinding import CHOICE_PEOPLE, refound
from models.stability import bootstrap_jaccard, resample


@pytest.fixture(scope="module")
def fitted(four_circles):
    """A model of four planted circles."""
    return CircleClusterer().fit(four_circles.X)


def test_stability_is_that_of_the_way_chosen(four_circles, fitted):
    """Whether or not the first resample served the choice."""
    X, labels, model = four_circles.X, fitted.labels_, fitted.model_

    again = refound(model, X, labels, min_share=0.01, n_resamples=2, seed=0)

    plain = bootstrap_jaccard(X, labels, n_circles=4, fit=again.recipe.fit, n_resamples=2, seed=0)
    assert np.array_equal(again.stability.mean, plain.mean)
    assert again.recipe.way == "dense"


def test_where_the_first_way_fails_others_are_tried(four_circles, fitted):
    """Labels dealt out anew are found by none, and the way is the one chosen among some people."""
    X, model = four_circles.X, fitted.model_
    labels = np.random.default_rng(0).permutation(fitted.labels_)
    heard = []

    again = refound(
        model, X, labels, min_share=0.01, n_resamples=2, seed=0, begun=lambda: heard.append(1)
    )

    some = resample(np.random.default_rng(0), len(labels), most=CHOICE_PEOPLE)
    plain = Rediscovery.plain(model, X[some], min_share=0.01)
    chosen = plain.bettered(X[some], labels[some], seed=0)
    assert again.recipe.way == chosen.way
    assert again.stability.mean.max() < 0.6
    assert len(heard) == 2 + (chosen.way != "dense")


def test_groups_of_another_origin_are_measured_and_change_nothing_else(four_circles, fitted):
    """People drawn by lot are no circle, and those found stay as firm as they are."""
    X, labels, model = four_circles.X, fitted.labels_.copy(), fitted.model_
    lot = np.random.default_rng(0).permutation(np.flatnonzero(labels < 0))
    labels[lot[: len(lot) // 2]] = 4

    again = refound(model, X, labels, min_share=0.01, n_resamples=2, seed=0)

    assert again.stability.mean[4] < 0.6
    assert again.stability.mean[:4].min() > 0.85
