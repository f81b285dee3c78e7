"""How likely a share is, calibrated on later data, with the doubt that remains."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from models.calibration import BetaCalibration, fit_calibration, identity, levelled
from models.linear import FARTHEST, Linear
from models.reliability import cross_entropy
from models.sharemodel import Estimate, ShareModel
from models.shrinkage import FloatArray, IntArray, relative_spread
from models.trees import Trees

TREE_SHARE = 0.25
"""Weight of the trees' log-odds against the linear ones; on real and planted exposures the two
together beat either."""


@dataclass(frozen=True)
class Fitted:
    """Boosted trees, a linear part, and the curve that makes their log-odds together honest."""

    booster: HistGradientBoostingClassifier
    linear: Linear
    calibration: BetaCalibration


class SharePropensity(ClassifierMixin, BaseEstimator):
    """Probability of a share from what was known before the exposure.

    Boosted trees and logistic regression learn from the earlier rows, and their weighed log-odds
    count. The later rows choose how many trees to keep and calibrate what both say by a strictly
    rising curve, so calibration never changes who ranks above whom. Then both learn again, from all
    rows, and keep that curve, at the level of the later rows. Rows must come in time order.

    Parameters
    ----------
    max_iter : int, default=100
        The most trees tried. Must be > 0.
    learning_rate : float, default=0.1
        Weight of each tree. Must be > 0.
    max_leaf_nodes : int, default=8
        Leaves of a tree, at most 64.
    l2_regularization : float, default=10.0
        Pulls leaves with few shares toward no opinion.
    calibration_share : float, default=0.25
        Share of the rows, the last ones, kept for choosing and calibrating. In (0, 1).
    random_state : int, default=0
        Seed of the histogram borders on more than 200,000 rows.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The outcomes; the second is the share.
    n_iter_ : int
        How many trees were kept.
    booster_ : HistGradientBoostingClassifier
        The trees kept.
    linear_ : Linear
        The linear part, at its share.
    calibration_ : BetaCalibration
        From weighed log-odds to honest ones.
    base_rate_ : float
        Share of positive outcomes among all rows.
    spread_ : ndarray of shape (n_group_columns,)
        Variance of rates between the groups of each column of `groups`, over the squared rate.
    model_ : ShareModel
        All of these as arrays; every prediction is its.

    References
    ----------
    Kull, Silva Filho & Flach (2017), "Beta calibration".
    """

    def __init__(
        self,
        *,
        max_iter: int = 100,
        learning_rate: float = 0.1,
        max_leaf_nodes: int = 8,
        l2_regularization: float = 10.0,
        calibration_share: float = 0.25,
        random_state: int = 0,
    ) -> None:
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.l2_regularization = l2_regularization
        self.calibration_share = calibration_share
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, *, groups: IntArray | None = None) -> Self:
        """Learn from rows in time order.

        Parameters
        ----------
        X : array of shape (n, n_features)
            NaN means unknown.
        y : array of shape (n,)
            Two classes; the larger is the share.
        groups : ndarray of shape (n, n_group_columns) or None
            What rows have in common beyond X, such as the user and the content, as integers.
        """
        rows, target = validate_data(self, X, y, ensure_all_finite="allow-nan")
        require_share(calibration_share=self.calibration_share)
        self.classes_ = two_classes(target)
        outcomes = (target == self.classes_[1]).astype(np.float64)
        self.base_rate_ = float(outcomes.mean())
        with threadpool_limits(1):  # as fast as two on these sizes, and never waits for a busy core
            fitted = self._fitted(rows, outcomes)
        self.booster_, self.linear_ = fitted.booster, fitted.linear
        self.calibration_ = fitted.calibration
        self.n_iter_ = int(self.booster_.n_iter_)
        columns = [] if groups is None else list(np.asarray(groups).T)
        spreads = [relative_spread(outcomes, groups=column) for column in columns]
        self.spread_ = np.array(spreads, dtype=np.float64)
        self.model_ = self._model(fitted, self.spread_, self.base_rate_)
        return self

    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Return the probability of each class, shape (n, 2)."""
        rows = self._rows(X)
        share = self.model_.probability(rows)
        return np.column_stack([1 - share, share])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the more probable class, shape (n,)."""
        is_share = self.predict_proba(X)[:, 1] > 0.5
        return np.asarray(self.classes_[is_share.astype(int)])

    def predict_interval(
        self, X: ArrayLike, *, level: float = 0.8, shares: FloatArray | None = None
    ) -> Estimate:
        """Return probabilities with bounds that hold the true ones about `level` of the time.

        Two doubts add up: that of the calibration curve, and that of what is particular to each
        group, which starts as `spread_` and falls with every share seen.

        Parameters
        ----------
        X : array of shape (n, n_features)
        level : float, default=0.8
            In (0, 1).
        shares : ndarray of shape (n, n_group_columns) or None
            Past shares of each row's groups; None means none yet.
        """
        require_share(level=level)
        rows = self._rows(X)
        return self.model_.estimate(rows, shares=shares, level=level)

    def predict_average(
        self, X: ArrayLike, *, each: int, shares: FloatArray, level: float = 0.8
    ) -> Estimate:
        """Return one estimate for every `each` rows on end: their mean probability.

        Only the first column of `groups` is taken as common to those rows; what is particular to
        one row evens out.

        Parameters
        ----------
        X : array of shape (n * each, n_features)
        each : int
            Rows of one group.
        shares : ndarray of shape (n,)
            Past shares of each group.
        level : float, default=0.8
            How often the bounds hold the true mean.
        """
        require_share(level=level)
        rows = self._rows(X)
        return self.model_.average(rows, each=each, shares=shares, level=level)

    def _fitted(self, X: FloatArray, outcomes: FloatArray) -> Fitted:
        n_early = X.shape[0] - int(np.ceil(X.shape[0] * self.calibration_share))
        early, late = outcomes[:n_early], outcomes[n_early:]
        if not (_has_both(early) and _has_both(late)):
            booster = self._booster(self.max_iter).fit(X, outcomes)
            return Fitted(booster, fit_linear(X, outcomes), identity())
        longest = self._booster(self.max_iter).fit(X[:n_early], early)
        n_trees = 1 + int(np.argmin(staged_losses(longest, X[n_early:], late)))
        booster = self._booster(n_trees).fit(X[:n_early], early)
        fitted = Fitted(booster, fit_linear(X[:n_early], early), identity())
        margin = self._model(fitted, np.zeros(0), 0.0).margin(X[n_early:])
        curve = fit_calibration(margin, outcomes=late)
        n_trees = round(n_trees * len(outcomes) / n_early)  # more rows bear more trees
        booster = self._booster(n_trees).fit(X, outcomes)
        fitted = Fitted(booster, fit_linear(X, outcomes), curve)
        margin = self._model(fitted, np.zeros(0), 0.0).margin(X[n_early:])
        return replace(fitted, calibration=levelled(curve, margin, outcomes=late))

    @staticmethod
    def _model(fitted: Fitted, spread: FloatArray, base_rate: float) -> ShareModel:
        return ShareModel(
            trees=Trees.of(fitted.booster),
            linear=fitted.linear,
            calibration=fitted.calibration,
            spread=spread,
            base_rate=base_rate,
            tree_share=TREE_SHARE,
        )

    def _booster(self, n_trees: int) -> HistGradientBoostingClassifier:
        return HistGradientBoostingClassifier(
            max_iter=n_trees,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.max_leaf_nodes,
            l2_regularization=self.l2_regularization,
            early_stopping=False,
            random_state=self.random_state,
        )

    def _rows(self, X: ArrayLike) -> FloatArray:
        check_is_fitted(self)
        rows = validate_data(self, X, ensure_all_finite="allow-nan", reset=False)
        return np.asarray(rows, dtype=np.float64)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags


def fit_linear(X: FloatArray, outcomes: FloatArray) -> Linear:
    """Fit logistic regression on standardised columns, at the share the trees leave it."""
    known = ~np.isnan(X)
    counts = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, X, 0.0).sum(axis=0) / counts
    apart = np.where(known, X - means, 0.0)
    deviations = np.sqrt((apart**2).sum(axis=0) / counts)
    deviations[deviations == 0] = 1.0
    Z = np.clip(apart / deviations, -FARTHEST, FARTHEST)
    found = LogisticRegression(max_iter=1000).fit(Z, outcomes)
    share = 1 - TREE_SHARE
    return Linear(share * float(found.intercept_[0]), share * found.coef_[0], means, deviations)


def staged_losses(
    booster: HistGradientBoostingClassifier, X: FloatArray, outcomes: FloatArray
) -> FloatArray:
    """Return the cross entropy on these rows after one, two, ... trees."""
    stages = booster.staged_decision_function(X)
    losses = [cross_entropy(outcomes, special.expit(stage.ravel())) for stage in stages]
    return np.array(losses, dtype=np.float64)


def require_share(**values: float) -> None:
    """Refuse a value outside the open interval from 0 to 1."""
    for name, value in values.items():
        if not 0 < value < 1:
            raise ValueError(f"`{name}` must be > 0 and < 1, got {value}.")


def two_classes(y: NDArray[Any]) -> NDArray[Any]:
    """Return the two sorted classes of `y`; refuse any other number."""
    check_classification_targets(y)
    classes = np.unique(y)
    if classes.size > 2:
        raise ValueError(
            "Only binary classification is supported. The type of the target is multiclass."
        )
    if classes.size < 2:
        raise ValueError(f"`y` must hold two classes, got one class: {classes[0]!r}.")
    return classes


def _has_both(outcomes: FloatArray) -> bool:
    return bool(0 < outcomes.sum() < outcomes.size)
