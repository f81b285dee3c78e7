"""Teaching, judging and the crowd's rate."""

from dataclasses import replace

import numpy as np
import pytest

from models.evidence import COUNTS, FEATURES
from segmentation.propensity import Lessons, baselines, judge, split_by_time, teach
from segmentation.sharescores import crowd_estimate

N = 12_000


def lessons(*, rate, signal, n=N, seed=0):
    """Exposures in time order whose share rate follows one feature as strongly as `signal`."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, len(FEATURES)))
    shared = (rng.random(n) < rate * np.exp(signal * X[:, 0] - signal**2 / 2)).astype(float)
    return Lessons(
        X=X,
        shared=shared,
        moment=np.arange(n),
        person=rng.integers(n // 6, size=n),
        item=rng.integers(50, size=n),
        counts={name: np.zeros(n) for name in COUNTS},
    )


def judged(taught):
    """The verdict, everybody in one circle."""
    return judge(taught, circles=np.zeros(N, dtype=np.int64), seed=0)


def test_the_split_goes_by_time_and_parts_no_moment():
    """Exposures of one moment fall on one side of every border."""
    split = split_by_time(np.sort(np.random.default_rng(0).integers(10, size=1_000)))

    assert split_by_time(np.arange(100)).test == 80
    assert split_by_time(np.zeros(100, dtype=np.int64)).test == 0
    assert 0 < split.calibration < split.test < 1_000


def test_a_real_signal_is_used():
    """A feature that tells sharers apart makes the model the basis, with its figures."""
    verdict = judged(lessons(rate=0.05, signal=1.0))

    assert verdict.basis == "model"
    assert verdict.facts["test"]["rce"] > 0
    assert verdict.facts["test"]["ece"] <= 0.02
    assert set(verdict.facts["baselines"]) == {
        "base_rate",
        "user_rate",
        "content_rate",
        "pooled",
    }
    assert list(verdict.facts["circles"]) == ["0"]


def test_noise_is_not_sold_as_knowledge():
    """When no feature tells anything the model passes by luck alone: one time in twenty."""
    verdicts = [judged(lessons(rate=0.05, signal=0.0, seed=seed)) for seed in range(12)]

    refused = [verdict for verdict in verdicts if verdict.basis == "base_rate"]
    assert len(refused) >= 10
    assert all("no better than the crowd's rate" in verdict.statement for verdict in refused)


def test_pooled_rates_stand_in_where_shares_are_too_few_for_trees():
    """Evidence that tells sharers apart is used as it stands, and the statement says so."""
    taught = lessons(rate=0.012, signal=0.0)
    pooled = taught.X[:, FEATURES.index("all_lifts")].copy()
    rng = np.random.default_rng(3)
    taught.X[:] = 0.0
    taught.X[:, FEATURES.index("all_lifts")] = 0.7 * pooled
    shared = (rng.random(N) < 0.004 * np.exp(0.7 * pooled)).astype(float)

    verdict = judged(replace(taught, shared=shared))
    model = teach(replace(taught, shared=shared), "pooled", seed=0)

    assert verdict.facts["gain_score"] > 0
    assert model.trees.n_trees == 0
    assert np.corrcoef(model.margin(taught.X), pooled)[0, 1] > 0.999


def test_few_shares_teach_nothing():
    """The statement says how many shares there were."""
    verdict = judged(lessons(rate=0.0004, signal=0.0))

    assert verdict.basis == "base_rate"
    assert "too few to learn from" in verdict.statement


def test_rows_add_up_over_the_split():
    """Every exposure and every share is in exactly one part."""
    taught = lessons(rate=0.05, signal=1.0)

    parts = judged(taught).facts["split"].values()

    assert sum(part["rows"] for part in parts) == N
    assert sum(part["shares"] for part in parts) == taught.shared.sum()


def test_baselines_know_only_what_came_before():
    """Without any past counts every baseline is the base rate."""
    taught = lessons(rate=0.05, signal=0.0)

    rates = baselines(taught, split_by_time(taught.moment), 0.05)

    assert all(np.allclose(rate, 0.05) for rate in rates.values())


@pytest.mark.parametrize(("exposures", "high"), [(0, 1.0), (100, 0.05), (100_000, 0.0001)])
def test_the_crowds_rate_is_as_sure_as_its_exposures(exposures, high):
    """No share among nothing says nothing; among many it says nearly never."""
    crowd = crowd_estimate(0, exposures=exposures, people=3)

    assert crowd.low[0] <= crowd.probability[0] <= crowd.high[0]
    assert crowd.high[0] <= high
    assert crowd.high[0] > high / 10
