"""Shares as whole billionths: half the room of doubles, and no more digits than anybody reads."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Parts = npt.NDArray[np.uint32]

WHOLE = 1_000_000_000
UNKNOWN = 0xFFFF_FFFF


def to_parts(shares: FloatArray) -> Parts:
    """Shares as the nearest billionths; NaN is `UNKNOWN`.

    Raises
    ------
    ValueError
        When a share is not in [0, 1].
    """
    wrong = shares[(shares < 0) | (shares > 1)]
    if wrong.size:
        raise ValueError(f"a share lies in [0, 1], got {wrong[0]}")
    return np.where(np.isnan(shares), UNKNOWN, np.rint(shares * WHOLE)).astype(np.uint32)


def to_shares(parts: Parts) -> FloatArray:
    """Billionths as shares; `UNKNOWN` is NaN."""
    return np.where(parts == UNKNOWN, np.nan, parts / WHOLE)


def share(parts: int) -> float | None:
    """One share, None for `UNKNOWN`."""
    return None if parts == UNKNOWN else parts / WHOLE
