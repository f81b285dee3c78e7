"""Spend foretold from what was known at a moment, by what the horizon before that taught."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.buyers import Correction, corrected, learn_correction
from models.purchases import Record, fit_buying, forecast_spend
from models.reach import LEVEL, Forecast, reach_of, reaching
from segmentation.config import ChannelsConfig
from segmentation.engine import Engine
from segmentation.spending import Purchases, purchases_at, spent_between

FloatArray = NDArray[np.float64]
FEWEST = 50
"""Customers of whom something can be learned."""
HORIZONS = 2
"""How much history that takes; in less, most habits are as new as the record."""


@dataclass(frozen=True)
class Look:
    """What was known at a moment of those who had bought, and what the model makes of it.

    `came` is what everyone spent in the horizon after it, once that is over.
    """

    purchases: Purchases
    record: Record
    model: Forecast
    came: FloatArray | None

    @property
    def spent(self) -> FloatArray:
        """What those who had bought spent in the horizon after; of none that is over, nothing."""
        return np.zeros(0) if self.came is None else self.came[self.purchases.bought]


@dataclass(frozen=True)
class Lesson:
    """What one horizon taught for the next: who buys, and how far intervals must reach."""

    correction: Correction | None = None
    reach: float = LEVEL


@dataclass(frozen=True)
class Past:
    """Where purchases are read, and how long a horizon is."""

    engine: Engine
    channels: ChannelsConfig
    tables: Path
    as_of: datetime
    horizon_days: float

    def look(self, back: int) -> Look:
        """Look at what was known so many horizons ago."""
        horizon = timedelta(days=self.horizon_days)
        moment = self.as_of - back * horizon
        where = (self.engine, self.channels, self.tables)
        purchases = purchases_at(*where, moment=moment)
        record = purchases.record
        came = spent_between(*where, after=moment, until=moment + horizon) if back else None
        return Look(
            purchases=purchases,
            record=record,
            model=modelled(record, horizon_days=self.horizon_days),
            came=came,
        )


def modelled(record: Record, *, horizon_days: float) -> Forecast:
    """Forecast by the model alone."""
    if not len(record.repeats):
        return Forecast(*(np.zeros(0) for _ in range(8)))
    return forecast_spend(record, fit_buying(record), horizon_days=horizon_days)


def lesson_of(look: Look, *, horizon_days: float) -> Lesson:
    """Learn from a horizon that is over; of few customers, or of a short history, nothing."""
    spent = look.spent
    if len(spent) < FEWEST:
        return Lesson()
    if look.record.age_days.max() < HORIZONS * horizon_days:
        return Lesson(reach=reach_of(look.model, spent))
    correction = learn_correction(look.record, look.model, bought=spent > 0)
    return Lesson(correction, reach_of(corrected(look.record, look.model, correction), spent))


def foretold(look: Look, lesson: Lesson) -> Forecast:
    """Foretell the horizon after a look."""
    found = look.model
    if lesson.correction is not None:
        found = corrected(look.record, found, lesson.correction)
    return reaching(found, lesson.reach)
