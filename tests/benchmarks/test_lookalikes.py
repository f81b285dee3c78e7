"""Hidden halves: cut fairly, and found by whoever looks at the right thing."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from benchmarks import lookalikes
from benchmarks.lookalikes import METHODS, Circles, judged, read


def tastes(seed=0):
    """Two tastes of 200 people each among 1,600 with none."""
    rng = np.random.default_rng(seed)
    X = np.zeros((2_000, 120))
    for person in range(2_000):
        own = rng.integers(0, 20, 8) + 20 * (person // 200) if person < 400 else []
        X[person, np.concatenate([own, rng.integers(40, 120, 6)]).astype(int)] = 1.0
    return Circles("two tastes", sparse.csr_array(X), [np.arange(200), np.arange(200, 400)])


def test_whoever_looks_at_tags_finds_the_hidden_half():
    """All but popularity, which does better than chance here, for members have more tags."""
    found = judged(tastes(), 0, 100, seed=1)

    assert min(found[name].recall for name in METHODS if name != "popularity") > 0.8
    assert found["popularity"].recall < 0.6
    assert found["Coterie"].lift > 3.0


def test_seeds_are_no_candidates(monkeypatch):
    """A method that gives seeds the best scores gains nothing by it."""

    def seeds_alone(X, seeds, seed):
        scores = np.zeros(X.shape[0])
        scores[seeds] = 1.0
        return scores

    monkeypatch.setattr(lookalikes, "METHODS", {"seeds": seeds_alone})
    blank = Circles("blank", tastes().X, [np.sort(np.random.default_rng(0).choice(2_000, 200))])

    assert judged(blank, 0, None, seed=0)["seeds"].lift < 2.0


def test_fans_are_looked_for_without_their_tag(tmp_path):
    """The tag that made somebody a fan is not in the data methods get."""
    rng = np.random.default_rng(1)
    user = np.repeat(np.arange(3_000), 5)
    tag = rng.integers(0, 20, len(user))
    events = pd.DataFrame({"user_id": user.astype(str), "ts": None, "channel": "browse",
                           "tag": [f"t{at:02d}" for at in tag], "value": 1.0})  # fmt: skip
    kept = (tag > 1) | (rng.random(len(tag)) < 0.3)
    events[kept].to_parquet(tmp_path / "events.parquet")

    found = read(tmp_path)

    assert found.given_away
    for circle, column in enumerate(found.given_away):
        holders = np.flatnonzero(found.X[:, [column]].toarray().ravel())
        assert np.array_equal(found.members[circle], holders)
        assert found.without(circle).shape[1] == found.X.shape[1] - 1
        assert found.without(circle).nnz == found.X.nnz - len(holders)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_scores_everyone(method):
    """Each person one number that is not missing."""
    X = tastes().X

    scores = METHODS[method](X, np.arange(50), 0)

    assert scores.shape == (2_000,)
    assert not np.isnan(scores).any()
