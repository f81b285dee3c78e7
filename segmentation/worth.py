"""What people are expected to spend, forecast from their purchases and tested on later ones."""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.reach import LEVEL
from segmentation.backtest import held_out, one_more, windows_before
from segmentation.config import ChannelsConfig
from segmentation.engine import Engine
from segmentation.forecasting import Past, foretold, lesson_of

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Worth:
    """Expected value by person with its 80 % interval (NaN: none is known), and on what basis."""

    expected: FloatArray
    low: FloatArray
    high: FloatArray
    report: dict[str, Any]


def spend_worth(
    engine: Engine, channels: ChannelsConfig, tables: Path, *, as_of: datetime, horizon_days: float
) -> Worth:
    """Expect everyone's net spend over the horizon; who never bought is expected to spend 0."""
    past = Past(engine, channels, tables, as_of, horizon_days)
    now, last, before = (past.look(back) for back in range(3))
    lesson = lesson_of(last, horizon_days=horizon_days)
    found = foretold(now, lesson)
    windows = windows_before(past)
    report = {
        "basis": "spend",
        "horizon_days": horizon_days,
        "model": "BG/NBD with credible baskets",
        "level": LEVEL,
        "reach": lesson.reach,
        "corrected": lesson.correction is not None,
        "held_out": held_out(last, before, horizon_days=horizon_days),
        "windows": [asdict(window) for window in windows],
        "one_window": one_more(windows, expected=float(found.expected.sum())),
    }
    bought = now.purchases.bought
    return Worth(
        expected=placed(found.expected, bought),
        low=placed(found.low, bought),
        high=placed(found.high, bought),
        report=report,
    )


def placed(values: FloatArray, rows: NDArray[np.bool_]) -> FloatArray:
    """Put the values of some at their rows, and 0 at the others."""
    column = np.zeros(len(rows))
    column[rows] = values
    return column
