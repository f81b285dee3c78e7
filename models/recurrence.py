"""What one more of a few like figures may be, such as next month's after some months'."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

FEWEST = 3
USUAL, USUAL_COUNT = 0.2, 2.0
"""A spread (in log-odds or logs) known from elsewhere, and for how many figures it counts."""


@dataclass(frozen=True)
class Band:
    """Where one more figure lies four times in five."""

    low: float
    high: float


def next_band(figures: Sequence[float], *, level: float = 0.8) -> Band | None:
    """Return the band of one more figure (Student's, in logs or log-odds); None of fewer than 3.

    The usual spread counts beside the one seen, so that a few alike do not pass for certainty.
    """
    count = len(figures)
    if count < FEWEST:
        return None
    centre = float(np.mean(figures))
    freedom = count - 1 + USUAL_COUNT
    seen = float(np.sum((np.asarray(figures) - centre) ** 2))
    spread = np.sqrt((seen + USUAL_COUNT * USUAL**2) / freedom * (1.0 + 1.0 / count))
    reach = float(student.ppf(0.5 + level / 2.0, freedom) * spread)
    return Band(centre - reach, centre + reach)
