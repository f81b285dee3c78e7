"""The simulated time: one long first period, then shorter ones up to `as_of`."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

DAY = 86_400_000_000  # microseconds
FIRST_DAYS = 90
LATER_DAYS = 30


@dataclass(frozen=True)
class Period:
    """A span of time in UTC microseconds, end excluded; `number` counts from 1."""

    number: int
    start: int
    end: int

    @property
    def days(self) -> int:
        """Its length."""
        return (self.end - self.start) // DAY

    @property
    def ends_at(self) -> datetime:
        """Its end as a time of the clock."""
        return datetime.fromtimestamp(self.end // 1_000_000, UTC)

    def has_begun(self, ts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Mark what began in this period; the first one has everything before it too."""
        return (ts < self.end) & ((ts >= self.start) | (self.number == 1))


def timeline(as_of: datetime, periods: int) -> tuple[Period, ...]:
    """Lay the periods one after another so that the last one ends at `as_of`."""
    aware = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    end = round(aware.timestamp()) * 1_000_000
    first_end = end - (periods - 1) * LATER_DAYS * DAY
    spans = [Period(1, first_end - FIRST_DAYS * DAY, first_end)]
    for number in range(2, periods + 1):
        start = spans[-1].end
        spans.append(Period(number, start, start + LATER_DAYS * DAY))
    return tuple(spans)
