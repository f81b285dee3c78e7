"""How the rates of single windows differ from what those before them led to expect."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.flows import ADVOCATES, LEVELS, QUIET, Flows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SERIES = ("stay", "revive", "climb", "arrive", "refer")
ALPHA = 0.7
"""How much of a surprise is lasting (simple exponential smoothing)."""
LASTING = 0.8
"""How much less each window further back says of a drift."""
USUAL, USUAL_COUNT = 0.1, 2.0
"""A surprise (in log-odds) known from elsewhere, and for how many windows it counts."""


@dataclass(frozen=True)
class Unrest:
    """How single windows differ from those before, in log-odds and logs.

    `drift` by series, and `surprises` beyond it, windows x series.
    """

    drift: FloatArray
    surprises: FloatArray


def unrest_of(flows: Flows) -> Unrest:
    """Learn from each series how its rates drift and how far single windows go astray."""
    found = [astray(values, variance) for values, variance in series_of(flows)]
    return Unrest(
        drift=np.array([drift for drift, _ in found]),
        surprises=np.column_stack([surprises for _, surprises in found]),
    )


def series_of(flows: Flows) -> list[tuple[FloatArray, FloatArray]]:
    """Return each of `SERIES` in log-odds or logs, and its sampling variance, by window."""
    active, quiet = flows.moves[:, QUIET:], flows.moves[:, :QUIET]
    higher = np.triu(np.ones((LEVELS, LEVELS)), k=1)[QUIET:]
    organic = np.maximum(flows.entered.sum(axis=1) - flows.referred, 0.0)
    advocates = flows.moves[:, ADVOCATES].sum(axis=1)
    return [
        log_odds(active[:, :, QUIET:].sum(axis=(1, 2)), active.sum(axis=(1, 2))),
        log_odds(quiet[:, :, QUIET:].sum(axis=(1, 2)), quiet.sum(axis=(1, 2))),
        log_odds((active * higher).sum(axis=(1, 2)), active.sum(axis=(1, 2))),
        log_rate(organic, np.ones(len(organic))),
        log_rate(flows.referred, advocates),
    ]


def log_odds(part: FloatArray, whole: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return log-odds of part in whole, and their sampling variance."""
    hit, miss = part + 0.5, whole - part + 0.5
    return np.log(hit / miss), 1 / hit + 1 / miss


def log_rate(count: FloatArray, among: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the log of a rate, and its sampling variance."""
    return np.log((count + 0.5) / (among + 0.5)), 1 / (count + 0.5)


def astray(values: FloatArray, variance: FloatArray) -> tuple[float, FloatArray]:
    """Return the drift of one series and the one-step errors of exponential smoothing beyond it.

    What chance among so few people explains is taken off. The usual surprise counts for some
    windows beside those seen, so that a short history does not pass for a calm one.
    """
    level, errors = values[0], [0.0]
    for value in values[1:]:
        errors.append(value - level)
        level += ALPHA * (value - level)
    found = np.array(errors[1:] or errors)
    recency = LASTING ** np.arange(len(found))[::-1]
    drift = float(recency @ found / (recency.sum() + USUAL_COUNT))
    found = found - drift
    seen = float(np.mean(found**2))
    beyond = len(found) * max(seen - float(np.mean(variance)), 0.0)
    size = np.sqrt((beyond + USUAL_COUNT * USUAL**2) / (len(found) + USUAL_COUNT))
    return drift, found * size / np.sqrt(seen) if seen else np.full(len(found), size)
