"""How kernels are compiled: for one set of types, kept on disk, without the interpreter's lock."""

from collections.abc import Callable
from typing import Any, TypeAlias

from numba import njit, types

Loop: TypeAlias = Callable[..., None]


def read(kind: Any) -> Any:  # noqa: ANN401 - numba has no types
    """The type of an array that is read only, such as one mapped from a file."""
    return types.Array(kind, 1, "C", readonly=True)


REAL, WHOLE, REALS_OUT = types.float64, types.int64, types.float64[::1]
REALS, PLACES = read(types.float64), read(types.int64)
COLUMNS, SHORTS, COUNTS = read(types.int32), read(types.uint16), read(types.uint32)
KEYS = read(types.uint64)
PLACES_OUT, COLUMNS_OUT, SHORTS_OUT = types.int64[::1], types.int32[::1], types.uint16[::1]
COUNTS_OUT, KEYS_OUT = types.uint32[::1], types.uint64[::1]


def kernel(*arguments: Any) -> Callable[[Loop], Loop]:  # noqa: ANN401 - numba has no types
    """Compile a function of these arguments that returns nothing, at once or from the disk.

    Nothing is reordered (no `fastmath`), so results do not depend on the processor.
    """
    compiled: Callable[[Loop], Loop] = njit(types.void(*arguments), cache=True, nogil=True)
    return compiled
