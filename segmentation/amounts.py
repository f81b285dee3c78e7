"""Amounts as whole parts of a decimal: half the room of doubles, and told alike everywhere.

How fine the parts are hangs on the largest amount of a snapshot: as fine as fits into 32 bits with
a sign, a billionth at most. Where not even `LEAST` would fit, amounts are kept as they are.
"""

from collections.abc import Callable, Mapping
from math import isfinite

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Decimals = npt.NDArray[np.int32]

AS_IT_IS = 0
"""The scale of amounts that are kept as doubles."""
NOTHING = -(1 << 31)
MOST = (1 << 31) - 1
FINEST = 1_000_000_000
LEAST: Mapping[str, int] = {"value": 100, "influence": 10_000, "score": 10_000}
"""Money is told to a cent at least, whatever the largest sum."""


def scale_of(name: str, amounts: FloatArray) -> int:
    """The largest power of ten whose parts hold all amounts in 32 bits, or `AS_IT_IS`."""
    largest = float(np.nanmax(np.abs(amounts), initial=0.0, where=~np.isnan(amounts)))
    scale = FINEST
    while scale >= LEAST[name]:
        if isfinite(largest) and np.rint(largest * scale) <= MOST:
            return scale
        scale //= 10
    return AS_IT_IS


def to_decimals(amounts: FloatArray, scale: int) -> FloatArray | Decimals:
    """Amounts as whole parts, `NOTHING` for NaN; as they are without a scale."""
    if scale == AS_IT_IS:
        return amounts
    parts = np.rint(amounts * scale)
    return np.where(np.isnan(parts), NOTHING, parts).astype(np.int32)


def to_amounts(parts: FloatArray | Decimals, scale: int) -> FloatArray:
    """Whole parts as amounts; `NOTHING` is NaN."""
    if scale == AS_IT_IS:
        return np.asarray(parts, dtype=np.float64)
    return np.where(parts == NOTHING, np.nan, parts / scale)


def rounded(name: str, amounts: FloatArray) -> FloatArray:
    """Amounts as they are told."""
    scale = scale_of(name, amounts)
    return to_amounts(to_decimals(amounts, scale), scale)


def teller(scale: int) -> Callable[[float], float | None]:
    """What tells one amount from its parts, None for nothing known."""
    if scale == AS_IT_IS:
        return known

    def told(parts: float) -> float | None:
        return None if parts == NOTHING else parts / scale

    return told


def known(amount: float) -> float | None:
    """A number, None for NaN."""
    return amount if amount == amount else None
