"""Circles that stay: those found where they are firm, fewer where only fewer are."""

import numpy as np
import pytest
from scipy import sparse

from segmentation.circling import find_circles
from segmentation.config import CirclesConfig
from segmentation.settling import settle
from segmentation.tags import FacetMatrix

CONFIG = CirclesConfig(resamples=3)


def shores(*, width: float, islands: int = 4, tags: int = 30, users: int = 2000) -> FacetMatrix:
    """People round the shores of islands, whose tastes reach so wide along them."""
    rng = np.random.default_rng(0)
    island, place = rng.integers(0, islands, users), rng.random(users) * tags
    tastes = np.rint(place[:, None] + rng.normal(0, width, (users, 12))).astype(int) % tags
    columns = (island[:, None] * tags + tastes).ravel()
    matrix = sparse.csr_array(
        (np.ones(columns.size), (np.repeat(np.arange(users), 12), columns)),
        shape=(users, islands * tags),
    )
    matrix.sum_duplicates()
    names = [f"tag {number:03d}" for number in range(islands * tags)]
    return FacetMatrix(matrix, names, np.full(users, "", dtype="<U16"), ())


def settled(facet, *, config=CONFIG, asked=False, before=0, begun=lambda: None):
    """Find and test circles as a run does."""

    def about(count=None):
        return find_circles(facet, config, name="interest", seed=0, about=count)

    found = about(13) if asked else about()
    answer = settle(
        found, facet, config, about=about, asked=asked, before=before, seed=0, begun=begun
    )
    return found, answer


@pytest.fixture(scope="module")
def wide():
    """Shores cut into stretches, at other places among other people."""
    return shores(width=6.0)


def test_islands_stay_where_stretches_of_shore_are_weak(wide):
    """One circle an island, far firmer; the curve and what was found are told."""
    found, answer = settled(wide)

    assert answer.found == found.model.n_circles > 8
    assert answer.circles.model.n_circles == 4
    assert answer.stability.mean.min() > 0.9
    assert answer.found in [level.circles for level in answer.curve]
    assert np.bincount(answer.circles.labels).max() < 0.3 * 2000


def test_a_number_asked_for_stays(wide):
    """However weak its circles."""
    found, answer = settled(wide, asked=True)

    assert answer.circles is found
    assert answer.curve


def test_firm_circles_stay(wide):
    """Where a taste reaches less far along the shore."""
    found, answer = settled(shores(width=4.0))

    assert answer.circles is found
    assert answer.found == found.model.n_circles


def test_each_refit_is_heard_of(wide):
    """Those of the circles found and those of the fewer ones."""
    heard = []
    settled(wide, begun=lambda: heard.append(1))

    assert len(heard) == 2 * CONFIG.resamples


def test_nothing_is_measured_without_resamples(wide):
    """No curve, and every circle's stability unknown."""
    found, answer = settled(wide, config=CirclesConfig(resamples=0))

    assert answer.circles is found
    assert len(answer.stability.mean) == answer.found
    assert np.isnan(answer.stability.mean).all()
    assert answer.curve == []


def test_without_circles_there_is_nothing_to_settle():
    """Nobody has enough tags."""
    nobody = FacetMatrix(sparse.csr_array((3, 0)), [], np.array(["too_few_tags"] * 3), ())
    _, answer = settled(nobody)

    assert answer.found == 0
    assert answer.curve == []
