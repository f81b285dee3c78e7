"""What would make a difference, checked by making it."""

import numpy as np
import pytest
from scipy import sparse

from models.circles import CircleClusterer
from models.counterfactual import bringing_tags, counterfactual


@pytest.fixture(scope="module")
def fitted(planted):
    """Circles of planted people, and the people."""
    X = planted(users=1500, circles=4).X
    return CircleClusterer().fit(X), X


def changed(row, *, removed=(), added=()):
    """The person with some tags taken away or given."""
    other = row.toarray().ravel()
    other[list(removed)] = 0.0
    other[list(added)] = 1.0
    return sparse.csr_array(other[None])


def test_taking_the_named_tags_away_does_change_the_circle(fitted):
    """For every answer to a thousand people, by placing them anew."""
    model, X = fitted
    placed = np.flatnonzero(model.labels_ >= 0)[:1000]
    assert len(placed) == 1000

    for user in placed:
        found = counterfactual(model.model_, X[[user]])
        (after,) = model.predict(changed(X[[user]], removed=found.removed))
        assert found.circle == model.labels_[user]
        assert after == found.instead
        assert found.removed.size
        assert after != found.circle


def test_no_single_tag_does_what_a_smallest_pair_does(fitted):
    """Where the answer is two tags, every one alone was of no avail."""
    model, X = fitted
    users = np.flatnonzero(model.labels_ >= 0)[:200]
    pairs = [user for user in users if counterfactual(model.model_, X[[user]]).removed.size == 2]
    assert pairs

    for user in pairs[:5]:
        tags = X[[user]].indices
        alone = [model.predict(changed(X[[user]], removed=[tag]))[0] for tag in tags]
        assert set(alone) == {model.labels_[user]}


def test_who_is_in_no_circle_has_nothing_to_lose(fitted):
    """The answer is empty and keeps them out."""
    model, X = fitted
    outsider = np.flatnonzero(model.labels_ < 0)[0]

    found = counterfactual(model.model_, X[[outsider]])

    assert (found.circle, found.instead, found.removed.size) == (-1, -1, 0)


def test_a_bringing_tag_does_bring_them(fitted):
    """Each tag named for an outsider, given once, puts them into the circle."""
    model, X = fitted
    answers = 0
    for user in np.flatnonzero(model.labels_ < 0)[:40]:
        weight = float(np.median(X[[user]].data))
        for tag in bringing_tags(model.model_, X[[user]], 0)[:3]:
            row = changed(X[[user]], added=[tag])
            row[0, tag] = weight
            answers += 1
            assert model.predict(row)[0] == 0
    assert answers


def test_one_person_at_a_time(fitted):
    """Two rows are refused with their number."""
    model, X = fitted

    with pytest.raises(ValueError, match="`x` must be one row, got 2"):
        counterfactual(model.model_, X[:2])
