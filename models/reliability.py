"""How good probabilities are: ranking, calibration, and gain over knowing nothing."""

from dataclasses import asdict, dataclass

import numpy as np
from sklearn import metrics

from models.shrinkage import FloatArray, IntArray

FLOOR = 1e-9


@dataclass(frozen=True)
class Reliability:
    """Predicted against observed in bins of about equal mass, ordered by prediction."""

    predicted: FloatArray
    observed: FloatArray
    rows: IntArray

    @property
    def error(self) -> float:
        """Expected calibration error: the mean gap, weighted by rows."""
        return float(np.average(np.abs(self.predicted - self.observed), weights=self.rows))


@dataclass(frozen=True)
class Quality:
    """The figures of one set of probabilities on one set of outcomes; None where undefined.

    `lift` is the share rate among the best tenth over the overall rate. `rce` is relative
    cross entropy in percent: how much better than always saying `base_rate`, at most 100.
    """

    rows: int
    positives: int
    auc: float | None
    pr_auc: float | None
    brier: float
    log_loss: float
    ece: float
    lift: float | None
    rce: float | None

    def to_dict(self) -> dict[str, float | int | None]:
        """Return the figures by name."""
        return asdict(self)


def quality(outcomes: FloatArray, *, probabilities: FloatArray, base_rate: float) -> Quality:
    """Judge probabilities on outcomes; `base_rate` is the rate known before these rows."""
    has_both = 0 < outcomes.sum() < outcomes.size
    loss = cross_entropy(outcomes, probabilities)
    naive = cross_entropy(outcomes, np.full(outcomes.size, base_rate))
    return Quality(
        rows=int(outcomes.size),
        positives=int(outcomes.sum()),
        auc=float(metrics.roc_auc_score(outcomes, probabilities)) if has_both else None,
        pr_auc=float(metrics.average_precision_score(outcomes, probabilities))
        if has_both
        else None,
        brier=float(np.mean((probabilities - outcomes) ** 2)),
        log_loss=loss,
        ece=reliability(outcomes, probabilities=probabilities).error,
        lift=lift(outcomes, probabilities=probabilities) if has_both else None,
        rce=100 * (1 - loss / naive) if has_both else None,
    )


def gain_score(outcomes: FloatArray, *, probabilities: FloatArray, base_rate: float) -> float:
    """Return by how many standard errors probabilities beat `base_rate` in log-likelihood.

    Below about 1.6 the gain may well be luck. 0 when nothing differs.
    """
    gains = log_loss_rows(outcomes, np.full(outcomes.size, base_rate)) - log_loss_rows(
        outcomes, probabilities
    )
    error = gains.std() / np.sqrt(gains.size)
    return float(gains.mean() / error) if error > 0 else 0.0


def reliability(
    outcomes: FloatArray, *, probabilities: FloatArray, n_bins: int = 10
) -> Reliability:
    """Bin rows by prediction; equal predictions are never torn apart."""
    edges = np.unique(np.quantile(probabilities, np.arange(1, n_bins) / n_bins))
    _, index = np.unique(np.searchsorted(edges, probabilities, side="right"), return_inverse=True)
    rows = np.bincount(index)
    return Reliability(
        predicted=np.bincount(index, weights=probabilities) / rows,
        observed=np.bincount(index, weights=outcomes) / rows,
        rows=rows.astype(np.int64),
    )


def lift(outcomes: FloatArray, *, probabilities: FloatArray, share: float = 0.1) -> float:
    """Return the rate among the best `share` of rows over the overall rate.

    Rows tied at the border count in part, so a constant prediction has lift 1.
    """
    wanted = share * outcomes.size
    values, index = np.unique(-probabilities, return_inverse=True)
    rows = np.bincount(index, minlength=values.size)
    taken = np.clip(wanted - (np.cumsum(rows) - rows), 0, rows)
    positives = np.bincount(index, weights=outcomes, minlength=values.size)
    return float((positives * taken / rows).sum() / wanted / outcomes.mean())


def cross_entropy(outcomes: FloatArray, probabilities: FloatArray) -> float:
    """Return the mean negative log-likelihood in nats."""
    return float(log_loss_rows(outcomes, probabilities).mean())


def log_loss_rows(outcomes: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Return each row's negative log-likelihood in nats, shape (n,)."""
    p = np.clip(probabilities, FLOOR, 1 - FLOOR)
    return np.asarray(-(outcomes * np.log(p) + (1 - outcomes) * np.log1p(-p)), dtype=np.float64)
