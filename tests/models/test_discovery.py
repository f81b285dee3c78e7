"""How many circles there are, and what kind."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import adjusted_mutual_info_score

from models.circles import CircleClusterer


@pytest.fixture(scope="module")
def avoiding():
    """Groups that like every tag a little more or a little less: no tag marks a group."""
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 3, 1500)
    taste = np.exp(rng.normal(0.0, 0.9, (3, 80)))
    shares = taste / taste.sum(axis=1, keepdims=True)
    counts = np.stack([rng.multinomial(25, shares[group]) for group in groups])
    return sparse.csr_array(counts.astype(float)), groups


def test_profiles_hold_every_tag_where_no_tag_marks_a_circle(avoiding):
    """What people leave out tells them apart as well."""
    X, groups = avoiding

    model = CircleClusterer().fit(X)

    assert model.n_circles_ == 3
    assert model.model_.crowd_prior > 0.0
    assert adjusted_mutual_info_score(groups, model.labels_) > 0.9


def test_signatures_hold_few_tags_where_tags_mark_circles(four_circles):
    """They are shorter, and say more."""
    model = CircleClusterer().fit(four_circles.X).model_

    assert model.crowd_prior == 0.0
    assert len(model.tags) < 0.5 * model.n_circles * model.n_tags


def test_the_same_circles_are_asked_for_and_found(planted):
    """Asked for as many as there are, the engine finds those it finds unasked."""
    people = planted(circles=8, users=4000, seed=4)

    free, asked = CircleClusterer().fit(people.X), CircleClusterer(8).fit(people.X)

    assert free.n_circles_ == asked.n_circles_ == 8
    assert adjusted_mutual_info_score(free.labels_, asked.labels_) > 0.9
