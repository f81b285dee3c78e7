"""Effects of a logistic model: the best normal account of them, doubts that hang together included.

Counts of shares among exposures have log-odds `matrix @ effects`; effects of one group are normal
about nothing with one variance. Of all normal distributions the one nearest to what the data leave
open is found (Opper & Archambeau 2009, "The variational Gaussian approximation revisited",
equations 8 and 9): where shares are few it lies lower than the most believable effects do, for
many low rates explain no share as well as one. Effects that were only seen together are unsure
together. Their covariance is too large to be written down, so draws from it stand for it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special
from scipy.sparse.linalg import LinearOperator, cg

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ROUNDS = 14
STEPS = 12
DRAWS = 32
HASTE = 1.5
"""Power of the change of a variance from one round to the next; above 2 it would swing."""
MOST_CHANGE = 3.0
LEAST_SPREAD = 1e-3
LEAST_TOLD = 1.0
ROUGHLY = 0.003
"""Relative error of a solved system; draws are few, steps are taken again."""
STILL = 0.02
"""Log-odds no count moves beyond in a last step."""
NODES = np.sqrt(3) * np.array([-1.0, 0.0, 1.0])
NODE_WEIGHTS = np.array([1.0, 4.0, 1.0]) / 6


@dataclass(frozen=True, eq=False)
class Counts:
    """Exposures and shares, and the effects each of them is made of.

    Attributes
    ----------
    matrix : csr_array of shape (n, n_effects)
        The first effect is of every count.
    group : ndarray of shape (n_effects,)
        Which variance an effect was drawn with.
    exposures, shares : ndarray of shape (n,)
    """

    matrix: sparse.csr_array
    group: IntArray
    exposures: FloatArray
    shares: FloatArray


@dataclass(frozen=True, eq=False)
class Effects:
    """What is known of effects.

    Attributes
    ----------
    mean, variance : ndarray of shape (n_effects,)
        Of each effect, whatever the others are.
    draws : ndarray of shape (n_effects, n_draws)
        Departures from the mean that belong together.
    spreads : ndarray of shape (n_groups,)
        How large the effects of a group are, as variances.
    """

    mean: FloatArray
    variance: FloatArray
    draws: FloatArray
    spreads: FloatArray


def fit_effects(
    counts: Counts, spreads: FloatArray, *, rounds: int = ROUNDS, n_draws: int = DRAWS
) -> Effects:
    """Find effects and their doubts, then how large each group's are, and again.

    MacKay (1992), "Bayesian interpolation", equation 4.11: a group's variance is the sum of its
    effects' squares over how many of them the data have told. A group that the data tell less than
    one effect of, such as one of a single effect, keeps the variance of `spreads`.
    """
    spreads, mean = spreads.copy(), np.zeros(counts.matrix.shape[1])
    rate = counts.shares.sum() / counts.exposures.sum()
    mean[0] = special.logit(np.clip(rate, 1e-6, 1 - 1e-6))
    blur, variance = np.zeros(len(counts.shares)), np.zeros_like(mean)
    draws = np.zeros((len(mean), n_draws))
    for _ in range(rounds):
        prior = 1 / spreads[counts.group]
        mean = settled(counts, prior, blur, mean)
        doubt = Precision.of(counts, prior, expected(counts, mean, blur)[1])
        draws = np.column_stack([doubt.drawn(at, start) for at, start in enumerate(draws.T)])
        variance = doubt.variance(draws)
        blur = np.mean((counts.matrix @ draws) ** 2, axis=1)
        spreads = relearned(spreads, counts.group, mean, variance)
    return Effects(mean, variance, draws, spreads)


def settled(counts: Counts, prior: FloatArray, blur: FloatArray, mean: FloatArray) -> FloatArray:
    """Move the mean by Newton's steps, halved where they lead astray, until none moves a count."""
    best = misfit(counts, prior, blur, mean)
    for _ in range(STEPS):
        shares, weights = expected(counts, mean, blur)
        slope = counts.matrix.T @ (counts.shares - shares) - prior * mean
        step = Precision.of(counts, prior, weights).solve(slope, np.zeros_like(mean))
        while (found := misfit(counts, prior, blur, mean + step)) > best + STILL:
            step /= 2
        mean, best = mean + step, found
        if np.abs(counts.matrix @ step).max() < STILL:
            break
    return mean


def expected(counts: Counts, mean: FloatArray, blur: FloatArray) -> FloatArray:
    """Return expected shares and their derivative by log-odds, shape (2, n).

    `blur` is the variance of each count's log-odds; the expectation over it is a Gauss-Hermite
    quadrature of three nodes.
    """
    odds, reach = counts.matrix @ mean, np.sqrt(blur)
    total = np.zeros((2, len(odds)))
    for node, weight in zip(NODES, NODE_WEIGHTS, strict=True):
        rate = special.expit(odds + node * reach)
        total += weight * counts.exposures * np.array([rate, rate * (1 - rate)])
    return total


def misfit(counts: Counts, prior: FloatArray, blur: FloatArray, mean: FloatArray) -> float:
    """Return what the mean costs: expected loss of the counts, and that of effects at all."""
    odds, reach = counts.matrix @ mean, np.sqrt(blur)
    loss = -counts.shares @ odds + 0.5 * prior @ mean**2
    for node, weight in zip(NODES, NODE_WEIGHTS, strict=True):
        loss += weight * counts.exposures @ np.logaddexp(0, odds + node * reach)
    return float(loss)


def relearned(
    spreads: FloatArray, group: IntArray, mean: FloatArray, variance: FloatArray
) -> FloatArray:
    """Return how large the effects of each group are by what is now known of them."""
    told = np.bincount(group, np.maximum(1 - variance / spreads[group], 0), len(spreads))
    square = np.bincount(group, mean**2, len(spreads))
    change = (square / np.maximum(told, LEAST_TOLD) / spreads) ** HASTE
    change[told <= LEAST_TOLD] = 1
    return np.maximum(spreads * np.clip(change, 1 / MOST_CHANGE, MOST_CHANGE), LEAST_SPREAD)


@dataclass(frozen=True, eq=False)
class Precision:
    """The inverse covariance of effects, `matrix' weights matrix + prior`, scaled to diagonal 1."""

    matrix: sparse.csr_array
    turned: sparse.csr_array
    prior: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, counts: Counts, prior: FloatArray, weights: FloatArray) -> "Precision":
        """Weigh the counts."""
        weighed = sparse.csr_array(sparse.diags_array(np.sqrt(weights)) @ counts.matrix)
        scale = 1 / np.sqrt(weighed.multiply(weighed).sum(axis=0) + prior)
        scaled = sparse.csr_array(weighed @ sparse.diags_array(scale))
        return cls(scaled, sparse.csr_array(scaled.T), prior * scale**2, scale)

    def times(self, x: FloatArray) -> FloatArray:
        """Multiply scaled effects, shape (n_effects,) or (n_effects, k)."""
        return np.asarray(self.turned @ (self.matrix @ x) + (self.prior * x.T).T)

    def solve(self, right: FloatArray, start: FloatArray) -> FloatArray:
        """Return the covariance times a vector, about, by conjugate gradients from `start`."""
        size = len(self.prior)
        operator = LinearOperator((size, size), matvec=self.times, dtype=np.float64)
        found, _ = cg(operator, right * self.scale, x0=start / self.scale, rtol=ROUGHLY)
        return np.asarray(found * self.scale)

    def drawn(self, number: int, start: FloatArray) -> FloatArray:
        """Draw effects, the same for the same number but for the covariance.

        Papandreou & Yuille (2010), "Gaussian sampling by local perturbations": counts and prior
        are disturbed as far as they are unsure, and the effects that explain them are a draw.
        """
        rng = np.random.default_rng(number)
        of_counts = self.turned @ rng.standard_normal(self.matrix.shape[0])
        of_prior = np.sqrt(self.prior) * rng.standard_normal(len(self.prior))
        return self.solve((of_counts + of_prior) / self.scale, start)

    def variance(self, draws: FloatArray) -> FloatArray:
        """Return the variance of each effect: given all others, and that of what they say of it.

        Siden, Lindgren, Bolin & Villani (2018), "Efficient covariance approximations for large
        sparse precision matrices", equation 6.
        """
        scaled = (draws.T / self.scale).T
        said = self.times(scaled) - scaled
        return np.asarray((1 + np.mean(said**2, axis=1)) * self.scale**2)
