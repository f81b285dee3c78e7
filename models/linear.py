"""A linear part of log-odds as plain arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.shrinkage import FloatArray

FARTHEST = 4.0
"""Standard deviations from the mean beyond which a value says no more."""


@dataclass(frozen=True, eq=False)
class Linear:
    """intercept + sum of weights times standardised columns; an unknown value counts as the mean.

    Attributes
    ----------
    intercept : float
    weights, means, deviations : ndarray of shape (n_features,)
        Deviations are > 0.
    """

    intercept: float
    weights: FloatArray
    means: FloatArray
    deviations: FloatArray

    @classmethod
    def of_column(cls, column: int, n_features: int, *, intercept: float) -> Self:
        """Add one column as it stands."""
        weights = np.zeros(n_features)
        weights[column] = 1e6  # so that no value of the column is too far out
        return cls(intercept, weights, np.zeros(n_features), np.full(n_features, 1e6))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Read back what `to_arrays` gave."""
        intercept, *rows = arrays["linear"]
        return cls(float(intercept[0]), *rows)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as one array, fit to be kept without pickle."""
        first = np.full_like(self.weights, self.intercept)
        return {"linear": np.array([first, self.weights, self.means, self.deviations])}

    def log_odds(self, X: FloatArray) -> FloatArray:
        """Return the log-odds of each row, shape (n,)."""
        total = np.full(X.shape[0], self.intercept)
        for at in np.flatnonzero(self.weights):
            apart = (X[:, at] - self.means[at]) / self.deviations[at]
            total += self.weights[at] * np.nan_to_num(np.clip(apart, -FARTHEST, FARTHEST))
        return total
