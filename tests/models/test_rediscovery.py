"""Circles found again: as a full fit on other people would find them."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from benchmarks.shapes import SHAPES
from models.circles import CircleClusterer
from models.foretelling import HeldBack
from models.landmarks import Canon
from models.rediscovery import WAYS, Rediscovery, sample_of, turned
from models.rows import Rows
from models.stability import bootstrap_jaccard
from models.tagspace import tag_space


@pytest.fixture(scope="module")
def fitted(four_circles):
    """A model of four planted circles."""
    return CircleClusterer().fit(four_circles.X)


@pytest.fixture(scope="module")
def recipe(four_circles, fitted):
    """What finds them again."""
    plain = Rediscovery.plain(fitted.model_, four_circles.X, min_share=0.01)
    return plain.bettered(four_circles.X, fitted.labels_, seed=0)


def test_planted_circles_are_firm_and_one_drawn_by_lot_is_not(four_circles, fitted, recipe):
    """Above 0.85 and below 0.60, and each as full refits say to within five hundredths."""
    labels = fitted.labels_.copy()
    lot = np.random.default_rng(0).permutation(np.flatnonzero(labels < 0))
    labels[lot[: len(lot) // 2]] = 4

    quick, cold = (
        bootstrap_jaccard(four_circles.X, labels, n_circles=5, fit=fit, n_resamples=4, seed=0)
        for fit in (recipe.fit, lambda X, seed: CircleClusterer(random_state=seed).fit(X).predict)
    )

    assert quick.mean[:4].min() > 0.85
    assert quick.mean[4] < 0.60
    assert np.abs(quick.mean - cold.mean).max() < 0.05


def test_circles_of_bundled_tags_are_as_firm_as_full_refits_say():
    """Bundles count once at a refit's end, as at a fit's; from the start they hide circles."""
    X = SHAPES["bundled_tags"](6_000, 7).X
    fitted = CircleClusterer().fit(X)
    plain = Rediscovery.plain(fitted.model_, X, min_share=0.0033)
    recipe = plain.bettered(X, fitted.labels_, seed=0)
    assert len(fitted.model_.echoes.columns)

    quick, cold = (
        bootstrap_jaccard(
            X, fitted.labels_, n_circles=fitted.n_circles_, fit=fit, n_resamples=3, seed=0
        )
        for fit in (recipe.fit, lambda X, seed: CircleClusterer(random_state=seed).fit(X).predict)
    )

    assert np.abs(quick.mean - cold.mean).max() < 0.20


def test_a_number_found_is_counted_anew_and_one_asked_for_is_kept(four_circles, fitted):
    """Where round groups made the circles."""
    model = CircleClusterer(3).fit(four_circles.X)
    plain = Rediscovery.plain(model.model_, four_circles.X, min_share=0.01)

    ways = [
        plain.bettered(four_circles.X, model.labels_, seed=0, asked=asked).way
        for asked in (True, False)
    ]

    assert ways[0] in ("rounded", "joined")
    assert ways[1] in ("counted", "dense")


def test_half_a_circle_is_not_firm(four_circles, fitted, recipe):
    """A circle cut in two at random is found again as one."""
    labels = fitted.labels_.copy()
    first = np.flatnonzero(labels == 0)
    labels[np.random.default_rng(1).permutation(first)[: len(first) // 2]] = 4

    found = bootstrap_jaccard(
        four_circles.X, labels, n_circles=5, fit=recipe.fit, n_resamples=2, seed=0
    )

    assert max(found.mean[0], found.mean[4]) < 0.60
    assert found.mean[1:4].min() > 0.85


def test_people_without_circles_have_none_again(four_circles, recipe):
    """Among people whose tags are dealt out anew nothing is found again."""
    X = four_circles.X.copy()
    X.indices = np.random.default_rng(2).permutation(X.indices)
    X.sum_duplicates()

    labels = recipe.fit(X, 1)(four_circles.X)

    assert (labels >= 0).mean() < 0.10


@pytest.mark.parametrize("way", WAYS)
def test_every_way_leads_to_circles_or_says_so(four_circles, fitted, recipe, way):
    """Dense and round groups find the four, also counted anew; merging has nothing to merge."""
    again = Rediscovery(fitted.model_, recipe.space, way, 0.01).fit(four_circles.X, 3)

    found = len(np.unique(again(four_circles.X)))

    assert found == (1 if way == "joined" else 5)


def test_a_space_turned_toward_the_same_people_stays(four_circles):
    """Its directions span what they spanned."""
    rows = Rows.of(four_circles.X)
    with threadpool_limits(1):
        space = tag_space(rows)

        again = turned(space, rows)

    spans = [np.linalg.qr(space.vectors)[0], np.linalg.qr(again.vectors)[0]]
    assert np.linalg.svd(spans[0].T @ spans[1])[1].min() > 0.95


def test_among_many_people_only_some_are_learned_from():
    """Twenty thousand of them, and six thousand landmarks, who have more tags than most."""
    rng = np.random.default_rng(0)
    held = rng.random((40_000, 30)) < rng.uniform(0.05, 0.6, (40_000, 1))
    rows = Rows.of(held.astype(float))
    space, canon = tag_space(rows.part(0, 5_000)), Canon.of(rows)

    sample = sample_of(rows, canon, space, HeldBack.nothing(), seed=0, rounds=False)

    assert sample.people.n_rows == 20_000
    assert sample.active.rows.n_rows == 6_000
    assert sample.active.rows.counts.mean() > 1.2 * rows.counts.mean()
    assert sample.broad is sample.active
