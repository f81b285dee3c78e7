"""A fitted sharing model as arrays: what the run and every later question predict with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from models.calibration import BetaCalibration, fit_calibration
from models.linear import Linear
from models.shrinkage import FloatArray, IntArray, rate_interval, relative_spread, spread_left
from models.trees import Trees, no_trees


@dataclass(frozen=True)
class Estimate:
    """Probabilities with the bounds that hold the true ones, each of shape (n,)."""

    probability: FloatArray
    low: FloatArray
    high: FloatArray

    def columns(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return probability, low and high."""
        return self.probability, self.low, self.high


@dataclass(frozen=True, eq=False)
class ShareModel:
    """Raw log-odds, the curve that makes them honest, and what they leave in doubt.

    Raw log-odds are those of the linear part plus `tree_share` times those of the trees: a model
    of few shares has no tree and reads the column of pooled evidence alone.

    Attributes
    ----------
    trees : Trees
    linear : Linear
    calibration : BetaCalibration
        From raw log-odds to honest ones, strictly rising.
    spread : ndarray of shape (n_group_columns,)
        Variance of rates between groups the columns do not tell, over the squared rate.
    base_rate : float
        Share rate of all rows learned from.
    tree_share : float
        What the trees' log-odds are multiplied by.
    """

    trees: Trees
    linear: Linear
    calibration: BetaCalibration
    spread: FloatArray
    base_rate: float
    tree_share: float

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Read back what `to_arrays` gave."""
        above, below, level = arrays["curve"].tolist()
        return cls(
            trees=Trees.from_arrays(arrays),
            linear=Linear.from_arrays(arrays),
            calibration=BetaCalibration(above, below, level, arrays["curve_covariance"]),
            spread=arrays["spread"],
            base_rate=float(arrays["base_rate"][0]),
            tree_share=float(arrays["tree_share"][0]),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything under its name, fit to be kept without pickle."""
        curve = self.calibration
        return (
            self.trees.to_arrays()
            | self.linear.to_arrays()
            | {
                "curve": np.array([curve.above, curve.below, curve.level]),
                "curve_covariance": curve.covariance,
                "spread": self.spread,
                "base_rate": np.array([self.base_rate]),
                "tree_share": np.array([self.tree_share]),
            }
        )

    def probability(self, X: FloatArray) -> FloatArray:
        """Return the probability of a share, shape (n,)."""
        return self._rate(self.margin(X))

    def log_odds(self, X: FloatArray) -> FloatArray:
        """Return the log-odds of a share, shape (n,)."""
        return self.calibration.log_odds(self.margin(X))

    def margin(self, X: FloatArray) -> FloatArray:
        """Return raw log-odds, shape (n,)."""
        linear = self.linear.log_odds(X)
        return linear + self.tree_share * self.trees.log_odds(X) if self.tree_share else linear

    def estimate(self, X: FloatArray, *, shares: FloatArray | None, level: float) -> Estimate:
        """Return probabilities with bounds that hold the true ones about `level` of the time.

        Two doubts add up: that of the calibration curve, and that of what is particular to each
        group, which starts as `spread` and falls with every share seen.

        Parameters
        ----------
        X : ndarray of shape (n, n_features)
        shares : ndarray of shape (n, n_group_columns) or None
            Past shares of each row's groups; None means none yet.
        level : float
            In (0, 1).
        """
        margin = self.margin(X)
        rate = self._rate(margin)
        past = np.zeros((rate.size, 1)) if shares is None else shares
        own = spread_left(self.spread, shares=past).sum(axis=1)
        return bounded(rate, relative_variance=self._doubt(margin, rate) + own, level=level)

    def average(self, X: FloatArray, *, each: int, shares: FloatArray, level: float) -> Estimate:
        """Return one estimate for every `each` rows on end: their mean probability.

        Only the first group column is taken as common to those rows; what is particular to one
        row evens out.
        """
        margin = self.margin(X)
        rates = self._rate(margin)
        doubts = self._doubt(margin, rates).reshape(-1, each)
        own = spread_left(self.spread[0], shares=shares)
        mean = rates.reshape(-1, each).mean(axis=1)
        return bounded(mean, relative_variance=doubts.mean(axis=1) + own, level=level)

    def _rate(self, margin: FloatArray) -> FloatArray:
        return np.asarray(special.expit(self.calibration.log_odds(margin)), dtype=np.float64)

    def _doubt(self, margin: FloatArray, rate: FloatArray) -> FloatArray:
        return self.calibration.doubt(margin) * (1 - rate) ** 2


def pooled_model(
    X: FloatArray, *, outcomes: FloatArray, groups: IntArray, column: int
) -> ShareModel:
    """Fit the model of few shares: pooled evidence as it stands, calibrated on all rows.

    The evidence of a row was counted before it and needs no fitting, so no row is kept apart.
    """
    base_rate = float(outcomes.mean())
    linear = Linear.of_column(column, X.shape[1], intercept=float(special.logit(base_rate)))
    margin = linear.log_odds(X)
    spreads = [relative_spread(outcomes, groups=each) for each in groups.T]
    return ShareModel(
        trees=no_trees(0.0),
        linear=linear,
        calibration=fit_calibration(margin, outcomes=outcomes),
        spread=np.array(spreads, dtype=np.float64),
        base_rate=base_rate,
        tree_share=0.0,
    )


def bounded(rate: FloatArray, *, relative_variance: FloatArray, level: float) -> Estimate:
    """Return rates with the bounds that fit so much doubt."""
    bounds = rate_interval(rate, relative_variance=relative_variance, level=level)
    return Estimate(probability=rate, low=bounds.low, high=bounds.high)
