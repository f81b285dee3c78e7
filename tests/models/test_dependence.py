"""Bundles of tags are found, and counted once, where circles do not explain them."""

import numpy as np
import pytest
from scipy import sparse

from benchmarks.judges import agreement, overlap_f1
from benchmarks.shapes import SHAPES
from models import discovery
from models.circles import CircleClusterer
from models.dependence import companions
from models.explanation import explain
from models.profiles import TagProfiles, assign
from models.rows import Rows

WIDTH = 5
"""Tags of a bundle in the shape `bundled_tags`."""


@pytest.fixture(scope="module")
def population():
    """People who show three of the five tags of whatever they take up."""
    return SHAPES["bundled_tags"](6_000, 7)


@pytest.fixture(scope="module")
def clusterer(population):
    """Circles found with bundles heeded."""
    return CircleClusterer().fit(population.X)


def test_only_tags_of_one_bundle_are_echoes(clusterer):
    """Tags of one circle are drawn apart from each other; those of a bundle are not."""
    echoes = clusterer.model_.echoes

    is_bundled = echoes.owners // WIDTH == echoes.columns // WIDTH
    assert len(is_bundled) > 5_000
    assert is_bundled.mean() > 0.99


def test_bundles_that_count_once_place_people_better(population, clusterer, monkeypatch):
    """Nearly as well as whoever sees the bundles; counted apart they place nearly everybody."""
    monkeypatch.setattr(discovery, "heeding", lambda profiles, people, min_share: profiles)
    apart = CircleClusterer().fit(population.X)
    known = agreement(population.truth, population.oracle)

    def figures(fit):
        inside = (fit.memberships(population.X) > 0).astype(float)
        return agreement(population.truth, fit.labels_), overlap_f1(population.memberships, inside)

    agrees, overlaps = figures(clusterer)
    agreed, overlapped = figures(apart)
    assert agrees > 0.9 * known
    assert agrees > agreed + 0.04
    assert overlaps > overlapped + 0.15
    assert np.mean(apart.labels_ < 0) < 0.03 < 0.07 < np.mean(clusterer.labels_ < 0)


def test_every_way_of_placing_heeds_them(population, clusterer):
    """The fit, one person alone, a reloaded model and the explanation agree."""
    rng = np.random.default_rng(0)
    model = TagProfiles.from_arrays(clusterer.model_.to_arrays())
    assert (clusterer.predict(population.X) == clusterer.labels_).all()
    X = sparse.csr_array(population.X)
    for person in rng.choice(X.shape[0], 40, replace=False):
        alone = assign(model, X[[person]])
        told = explain(model, X[[person]])
        assert alone.labels[0] == clusterer.labels_[person]
        assert told.contributions.sum() == pytest.approx(told.log_odds, abs=1e-9)
        assert told.log_odds + told.prior_log_odds == pytest.approx(alone.margins[0], abs=1e-9)


def test_a_model_that_knows_of_no_echoes_can_be_read(clusterer):
    """Arrays without them mean none."""
    arrays = clusterer.model_.to_arrays()
    plain = {name: array for name, array in arrays.items() if not name.startswith("echo")}

    assert not len(TagProfiles.from_arrays(plain).echoes.columns)


@pytest.mark.parametrize("shape", ["power_law", "topics_8", "overlapping", "taste_blobs"])
def test_where_circles_explain_all_nothing_is_an_echo(shape):
    """Tags drawn independently are left alone."""
    model = CircleClusterer().fit(SHAPES[shape](4_000, 1).X).model_

    assert model.n_circles
    assert not len(model.echo_tags)


def test_circles_that_are_bundles_stay():
    """Where all that people share is a handful of tags, that handful is the circle."""
    rng = np.random.default_rng(3)
    circle = rng.integers(0, 8, 4_000)
    X = np.zeros((4_000, 64))
    for tag in range(4):
        X[np.arange(4_000), 4 * circle + tag] = rng.random(4_000) < 0.9
    X[:, 32:] = rng.random((4_000, 32)) < 0.05

    fitted = CircleClusterer().fit(X)

    assert fitted.n_circles_ == 8
    assert agreement(circle, fitted.labels_) > 0.95


def test_companions_are_counted_as_pairs():
    """Each pair once, with how many people have both; rare ones are left out."""
    X = np.zeros((40, 5))
    X[:20, :2] = 1.0
    X[20:29, 2:4] = 1.0
    X[:, 4] = 1.0

    pairs = companions(Rows.of(X))

    found = dict(zip(zip(pairs.lower, pairs.upper, strict=True), pairs.both, strict=True))
    assert found == {(0, 1): 20, (0, 4): 20, (1, 4): 20}
