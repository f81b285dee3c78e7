"""Calibrated share probability with honest bounds."""

import numpy as np
import pytest
from scipy import special
from sklearn.utils.estimator_checks import check_estimator
from threadpoolctl import threadpool_limits

from models.propensity import SharePropensity
from models.reliability import quality, reliability


def planted(n=30_000, seed=0, users=3_000):
    """Users with rates of their own see contents in time order; X knows only the content."""
    rng = np.random.default_rng(seed)
    user = rng.integers(users, size=n)
    X = rng.normal(size=(n, 3))
    own = rng.gamma(2.0, 0.5, users)
    probability = np.minimum(own[user] * special.expit(X[:, 0] - 3.2), 1.0)
    return X, probability, (rng.random(n) < probability).astype(int), user


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_follows_the_conventions_of_the_field():
    """The estimator passes scikit-learn's own checks."""
    check_estimator(SharePropensity())


def test_probabilities_are_calibrated_on_later_rows():
    """Expected calibration error on unseen rows is far below the bar of 0.02."""
    X, _, y, _ = planted()
    model = SharePropensity().fit(X[:20_000], y[:20_000])

    said = model.predict_proba(X[20_000:])[:, 1]

    assert reliability(y[20_000:] * 1.0, probabilities=said).error < 0.01
    assert quality(y[20_000:] * 1.0, probabilities=said, base_rate=y.mean()).rce > 0


def test_calibration_keeps_the_order():
    """Whoever the model ranks higher gets the strictly higher probability."""
    X, _, y, _ = planted(10_000)
    model = SharePropensity().fit(X, y)

    margin = np.unique(model.model_.margin(X))
    said = special.expit(model.calibration_.log_odds(margin))

    assert np.all(np.diff(said) > 0)


def test_bounds_hold_the_planted_probability_as_often_as_said():
    """What is particular to a user is in the bounds though no column tells it."""
    held = []
    for seed in range(4):
        X, probability, y, user = planted(seed=seed, users=1_000)
        model = SharePropensity().fit(X, y, groups=user[:, None])

        said = model.predict_interval(X, level=0.8)

        held.append((probability >= said.low) & (probability <= said.high))

    assert np.mean(held) == pytest.approx(0.8, abs=0.05)


def test_the_latest_rows_are_learned_from_as_well():
    """They choose and calibrate first; what they alone show is known afterwards."""
    X, _, y, _ = planted()
    is_late = np.arange(len(y)) >= 0.75 * len(y)
    X[:, 2] = np.where(is_late, X[:, 2], 0.0)
    y = np.where(is_late & (X[:, 2] > 1.5), 1, y)

    said = SharePropensity().fit(X, y).predict_proba(np.array([[0, 0, 0], [0, 0, 2.0]]))[:, 1]

    assert said[1] > 2 * said[0]


def test_bounds_of_an_average_hold_the_planted_average():
    """A user's mean over several contents lies within the bounds about 80 % of the time."""
    X, _, y, user = planted()
    model = SharePropensity().fit(X, y, groups=user[:, None])
    rng = np.random.default_rng(7)
    own, contents = rng.gamma(2.0, 0.5, 2_000), rng.normal(size=(4, 3))
    truth = own * special.expit(contents[:, 0] - 3.2).mean()

    said = model.predict_average(np.tile(contents, (2_000, 1)), each=4, shares=np.zeros(2_000))

    inside = (truth >= said.low) & (truth <= said.high)
    assert inside.mean() == pytest.approx(0.8, abs=0.05)


def test_shares_seen_narrow_the_bounds():
    """A user with many past shares is known better than a newcomer."""
    X, _, y, user = planted(10_000)
    model = SharePropensity().fit(X, y, groups=user[:, None])
    rows = np.zeros((2, 3))

    said = model.predict_interval(rows, shares=np.array([[0.0], [50.0]]))

    width = said.high - said.low
    assert width[1] < width[0] / 2


def test_threads_change_nothing():
    """One thread or two give the same probabilities to the last bit."""
    X, _, y, _ = planted(5_000)

    answers = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            answers.append(SharePropensity().fit(X, y).predict_proba(X))

    assert np.array_equal(*answers)


def test_three_classes_are_refused():
    """The message says what is supported."""
    with pytest.raises(ValueError, match="Only binary classification"):
        SharePropensity().fit(np.zeros((6, 1)), [0, 1, 2, 0, 1, 2])


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.5])
def test_the_calibration_share_must_leave_both_parts(bad):
    """The message names the parameter and the value it was given."""
    with pytest.raises(ValueError, match=rf"`calibration_share` must be > 0 and < 1, got {bad}"):
        SharePropensity(calibration_share=bad).fit(np.zeros((4, 1)), [0, 1, 0, 1])
