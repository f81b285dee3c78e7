"""Effects of counts, beside what can be worked out exactly."""

import numpy as np
import pytest
from scipy import sparse, special, stats

from models.effects import Counts, Precision, expected, fit_effects, misfit, settled


def counted(seed=0, *, n=3_000, spreads=(1.0, 0.3, 0.8), sizes=(1, 12, 200), exposures=40.0):
    """Counts made of an intercept, one of a few effects and three of many, all planted."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(3), sizes)
    effects = rng.normal(0, np.sqrt(np.array(spreads)[group]))
    effects[0] = -3.0
    rows = np.repeat(np.arange(n), 5)
    columns = np.column_stack([
        np.zeros(n, dtype=int),
        1 + rng.integers(0, sizes[1], n),
        1 + sizes[1] + rng.integers(0, sizes[2], (n, 3)),
    ])  # fmt: skip
    matrix = sparse.csr_array((np.ones(5 * n), (rows, columns.ravel())), (n, len(group)))
    shown = rng.poisson(exposures, n).astype(float)
    shares = rng.binomial(shown.astype(int), special.expit(matrix @ effects)).astype(float)
    return Counts(matrix, group, shown, shares), effects


START = np.array([25.0, 0.25, 0.25])


def inverse(counts, prior, weights):
    """The covariance of effects, written down."""
    dense = counts.matrix.toarray()
    return np.linalg.inv(dense.T @ (weights[:, None] * dense) + np.diag(prior))


def test_planted_effects_lie_where_they_are_said_to():
    """Over some worlds departures are as large as the variances say."""
    squares = []
    for seed in range(5):
        counts, effects = counted(seed, n=1_500)
        found = fit_effects(counts, START)
        z = (effects - found.mean) / np.sqrt(found.variance)
        squares.append(np.mean(z[counts.group == 2] ** 2))

    assert np.mean(squares) == pytest.approx(1, abs=0.2)


def test_how_large_effects_are_is_found_though_few_shares_tell():
    """Of two shares an effect, the variance of the group is found within a quarter."""
    counts, _ = counted(1, n=1_500, sizes=(1, 4, 1_200), spreads=(1.0, 0.1, 1.0), exposures=10.0)

    found = fit_effects(counts, START)

    assert found.spreads[2] == pytest.approx(1.0, rel=0.25)


def test_variances_are_those_of_the_whole_covariance():
    """An effect is as unsure as the inverse of the whole matrix says, not of its diagonal."""
    counts, _ = counted(2, n=600)
    found = fit_effects(counts, START)
    blur = np.mean((counts.matrix @ found.draws) ** 2, axis=1)
    weights = expected(counts, found.mean, blur)[1]

    exact = np.diag(inverse(counts, 1 / found.spreads[counts.group], weights))
    alone = 1 / (
        counts.matrix.multiply(counts.matrix).T @ weights + 1 / found.spreads[counts.group]
    )

    many = counts.group == 2
    assert found.variance[many].sum() == pytest.approx(exact[many].sum(), rel=0.05)
    assert found.variance == pytest.approx(exact, rel=0.5)
    assert alone[~many].sum() < 0.2 * exact[~many].sum()


def test_draws_have_the_covariance():
    """Many draws vary as effects do, and together as effects do."""
    counts, _ = counted(3, n=300, sizes=(1, 3, 8))
    prior = 1 / np.array([25.0, 0.25, 0.5])[counts.group]
    weights = np.random.default_rng(0).uniform(0.5, 2, len(counts.shares))
    doubt = Precision.of(counts, prior, weights)
    still = np.zeros(len(prior))

    draws = np.array([doubt.drawn(number, still) for number in range(4_000)])

    exact = inverse(counts, prior, weights)
    size = np.sqrt(np.outer(np.diag(exact), np.diag(exact)))
    assert np.abs(draws.T @ draws / 4_000 - exact).max() < 0.1 * size.max()
    assert np.abs((draws.T @ draws / 4_000 - exact) / size).max() < 0.1


def test_two_effects_only_seen_together_are_unsure_together():
    """Their sum is sure, each alone is not."""
    rng = np.random.default_rng(4)
    ones = np.ones((400, 3))
    shares = rng.binomial(500, 0.05, 400).astype(float)
    counts = Counts(sparse.csr_array(ones), np.array([0, 1, 1]), np.full(400, 500.0), shares)

    found = fit_effects(counts, np.array([1e-3, 0.5]), rounds=1)

    both = found.draws[1] + found.draws[2]
    assert found.variance[1:] == pytest.approx([0.25, 0.25], rel=0.4)
    assert np.var(both) < 0.02


def test_the_mean_is_that_of_what_the_data_leave_open():
    """Of an effect never shared the mean lies below the most believable one, as integrals say."""
    counts = Counts(
        sparse.csr_array(np.array([[1.0, 1.0], [1.0, 0.0]])),
        np.array([0, 1]), np.array([30.0, 1e6]), np.array([0.0, 5e4]),
    )  # fmt: skip
    grid = np.linspace(-12, 6, 4_001)
    odds = special.logit(0.05) + grid
    weight = stats.norm.pdf(grid) * (1 - special.expit(odds)) ** 30
    exact = grid @ weight / weight.sum()

    believable = settled(counts, np.array([0.04, 1.0]), np.zeros(2), np.array([-3.0, 0.0]))[1]
    found = fit_effects(counts, np.array([25.0, 1.0]), rounds=6)

    assert exact < believable - 0.05
    assert abs(found.mean[1] - exact) < abs(believable - exact) / 2


def test_steps_that_lead_astray_are_halved():
    """From a start far off the best explanation is found all the same."""
    counts, _ = counted(5, n=500)
    prior, calm = 1 / START[counts.group], np.zeros(500)
    far = np.full(len(prior), 1.5)

    near = settled(counts, prior, calm, np.zeros(len(prior)))
    found = settled(counts, prior, calm, far)

    best, other = (misfit(counts, prior, calm, mean) for mean in (near, found))
    assert other == pytest.approx(best, abs=0.5)


def test_the_same_counts_give_the_same_bytes():
    """Draws are seeded by their numbers alone."""
    counts, _ = counted(6, n=300)

    one, other = (fit_effects(counts, START, rounds=3) for _ in range(2))

    assert one.mean.tobytes() == other.mean.tobytes()
    assert one.draws.tobytes() == other.draws.tobytes()
