"""Why an answer is what it is."""

import numpy as np
import pytest
from scipy import special

from models.evidence import FEATURES, put_together, taken_apart
from models.propensity import SharePropensity
from models.reasons import REASONS, reasons_of, usual_log_odds


@pytest.fixture(scope="module")
def taught():
    """Features in which lifts add up as counts make them, and a model with trees and line."""
    rng = np.random.default_rng(0)
    X = put_together(rng.normal(size=(4_000, len(FEATURES))))
    X[rng.random(X.shape[0]) < 0.1, FEATURES.index("recency_days")] = np.nan
    at = {name: X[:, column] for column, name in enumerate(FEATURES)}
    odds = -2 + at["user_lift"] + (at["tag_lift"] > 0) * (at["tag_match"] > 0)
    y = rng.random(X.shape[0]) < special.expit(odds)
    return X, SharePropensity().fit(X, y).model_


def test_reasons_sum_to_the_answer(taught):
    """Base and parts are the calibrated log-odds, trees and unknown values included."""
    X, model = taught

    found = reasons_of(model, X[:500])

    assert found.base + found.parts.sum(axis=1) == pytest.approx(model.log_odds(X[:500]))
    assert found.base == usual_log_odds(model)


def test_what_is_as_usual_is_no_reason(taught):
    """A group whose numbers are those of a usual exposure adds nothing."""
    X, model = taught
    parts = taken_apart(X[:50])
    ties = FEATURES.index("ties")
    parts[:, ties] = model.linear.means[ties]

    found = reasons_of(model, put_together(parts))

    assert found.parts[:, list(REASONS).index("ties")] == pytest.approx(0.0, abs=1e-12)


def test_two_that_only_matter_together_share_what_they_add(taught):
    """Tags and tastes add nothing alone: each gets a part, the rest next to none."""
    _, model = taught
    parts = taken_apart(model.linear.means[None, :])
    for name in ("tag_lift", "tag_match"):
        parts[0, FEATURES.index(name)] = 1.5

    found = dict(zip(REASONS, reasons_of(model, put_together(parts)).parts[0], strict=True))

    assert min(found["tags"], found["tastes"]) > 0.2
    assert abs(found["own_shares"]) < 0.05


def test_every_feature_is_of_one_reason():
    """None is told twice; the sum of the lifts, which says nothing of its own, in none."""
    told = [name for names in REASONS.values() for name in names]

    assert len(told) == len(set(told))
    assert set(told) == set(FEATURES) - {"all_lifts"}


def test_parts_bring_the_features_back(taught):
    """Taking apart and putting together changes nothing."""
    X, _ = taught

    assert put_together(taken_apart(X)) == pytest.approx(X, nan_ok=True)


def test_nobody_has_no_reason(taught):
    """No rows, no parts."""
    X, model = taught

    assert reasons_of(model, X[:0]).parts.shape == (0, len(REASONS))
