"""Shares as whole billionths: half the room of doubles, and no more digits than anybody reads."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Parts = npt.NDArray[np.uint32]

WHOLE = 1_000_000_000
UNKNOWN = 0xFFFF_FFFF
CLOSE = 1e-4  # so near to the next whole number, a number of billionths is that one


def to_parts(shares: FloatArray) -> Parts:
    """Shares as the nearest billionths; NaN is `UNKNOWN`.

    Raises
    ------
    ValueError
        When a share is not in [0, 1].
    """
    parts = np.rint(shares * WHOLE)
    wrong = shares[(parts < 0) | (parts > WHOLE)]
    if wrong.size:
        raise ValueError(f"lies in [0, 1], got {wrong[0]}")
    return np.where(np.isnan(shares), UNKNOWN, parts).astype(np.uint32)


def to_parts_of_one(shares: FloatArray) -> Parts:
    """Shares as billionths they hold in full: what adds up to at most 1 goes on doing so."""
    return to_parts(np.floor(shares * WHOLE + CLOSE) / WHOLE)


def to_shares(parts: Parts) -> FloatArray:
    """Billionths as shares; `UNKNOWN` is NaN."""
    return np.where(parts == UNKNOWN, np.nan, parts / WHOLE)


def share(parts: int) -> float | None:
    """One share, None for `UNKNOWN`."""
    return None if parts == UNKNOWN else parts / WHOLE
