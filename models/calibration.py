"""Make log-odds honest on later data without changing their order."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize, special

from models.shrinkage import FloatArray

SLOPE_DOUBT = 0.5  # how far, in natural log, slopes are believed to lie from 1 before data speak
LEVEL_DOUBT = 5.0


@dataclass(frozen=True)
class BetaCalibration:
    """logit(q) = level + above * ln(p) - below * ln(1 - p), with `above` and `below` > 0.

    Both slopes are positive, so a larger p always gives a larger q. `covariance` (3, 3) is the
    doubt about (ln above, ln below, level) that the calibration rows leave.

    References
    ----------
    Kull, Silva Filho & Flach (2017), "Beta calibration", equation 5.
    """

    above: float
    below: float
    level: float
    covariance: FloatArray

    def log_odds(self, margin: FloatArray) -> FloatArray:
        """Return calibrated log-odds of uncalibrated ones, shape (n,)."""
        weights = np.array([self.above, self.below])
        return np.asarray(self.level + slopes(margin) @ weights, dtype=np.float64)

    def doubt(self, margin: FloatArray) -> FloatArray:
        """Return the variance of the calibrated log-odds, shape (n,)."""
        gradient = gradients(margin, self.above, self.below)
        return np.asarray(((gradient @ self.covariance) * gradient).sum(axis=1), dtype=np.float64)


def identity() -> BetaCalibration:
    """Return the calibration that changes nothing and doubts nothing."""
    return BetaCalibration(above=1.0, below=1.0, level=0.0, covariance=np.zeros((3, 3)))


def fit_calibration(margin: FloatArray, *, outcomes: FloatArray) -> BetaCalibration:
    """Fit slopes and level by maximum a posteriori; few outcomes leave them near identity.

    Parameters
    ----------
    margin : ndarray of shape (n,)
        Log-odds of a model that has not seen these rows.
    outcomes : ndarray of shape (n,), of 0 and 1
    """
    found = optimize.minimize(
        _loss, np.zeros(3), args=(margin, outcomes), jac=True, method="L-BFGS-B"
    )
    above, below = np.exp(found.x[:2])
    return BetaCalibration(
        above=float(above),
        below=float(below),
        level=float(found.x[2]),
        covariance=_covariance(margin, found.x),
    )


def levelled(
    calibration: BetaCalibration, margin: FloatArray, *, outcomes: FloatArray
) -> BetaCalibration:
    """Return the curve at the level at which these rows have, on average, the rate they have.

    Parameters
    ----------
    margin : ndarray of shape (n,)
        Log-odds of a model of about the same order, such as one taught on more rows.
    outcomes : ndarray of shape (n,), of 0 and 1 and both
    """
    log_odds, rate = calibration.log_odds(margin), outcomes.mean()
    farthest = float(np.abs(log_odds).max() + np.abs(special.logit(rate)))
    shift = optimize.brentq(
        lambda by: special.expit(log_odds + by).mean() - rate, -farthest, farthest
    )
    return replace(calibration, level=calibration.level + float(shift))


def slopes(margin: FloatArray) -> FloatArray:
    """Return ln(p) and -ln(1 - p) of log-odds, without overflow, shape (n, 2)."""
    return np.column_stack([-np.logaddexp(0, -margin), np.logaddexp(0, margin)])


def gradients(margin: FloatArray, above: float, below: float) -> FloatArray:
    """Return the change of log-odds with (ln above, ln below, level), shape (n, 3)."""
    return np.column_stack([slopes(margin) * [above, below], np.ones_like(margin)])


def _loss(x: FloatArray, margin: FloatArray, outcomes: FloatArray) -> tuple[float, FloatArray]:
    gradient = gradients(margin, *np.exp(x[:2]))
    log_odds = x[2] + gradient[:, 0] + gradient[:, 1]
    fit = np.logaddexp(0, log_odds).sum() - (outcomes * log_odds).sum()
    slope = (special.expit(log_odds) - outcomes) @ gradient
    return fit + 0.5 * (_precision() * x**2).sum(), slope + _precision() * x


def _covariance(margin: FloatArray, x: FloatArray) -> FloatArray:
    gradient = gradients(margin, *np.exp(x[:2]))
    rate = special.expit(x[2] + gradient[:, 0] + gradient[:, 1])
    information = (gradient * (rate * (1 - rate))[:, None]).T @ gradient
    return np.asarray(np.linalg.inv(information + np.diag(_precision())), dtype=np.float64)


def _precision() -> FloatArray:
    return np.array([SLOPE_DOUBT, SLOPE_DOUBT, LEVEL_DOUBT]) ** -2.0
