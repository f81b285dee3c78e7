"""How kernels are compiled: for one set of types, kept on disk, without the interpreter's lock."""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, TypeAlias, TypeVar

from numba import njit, types
from numba.extending import register_jitable

from models import exponentials, scrambling

Loop: TypeAlias = Callable[..., None]
CALLED = ("exponentials", "scrambling", "strengths", "tagtable", "weights")
"""Other files whose functions and constants kernels use."""
Inner = TypeVar("Inner", bound=Callable[..., Any])


def read(kind: Any, dimensions: int = 1) -> Any:  # noqa: ANN401 - numba has no types
    """The type of an array that is read only, such as one mapped from a file."""
    return types.Array(kind, dimensions, "C", readonly=True)


REAL, WHOLE, REALS_OUT = types.float64, types.int64, types.float64[::1]
REALS, PLACES, TABLE = read(types.float64), read(types.int64), read(types.float64, 2)
COLUMNS, SHORTS, COUNTS = read(types.int32), read(types.uint16), read(types.uint32)
KEY, KEYS = types.uint64, read(types.uint64)
PLACES_OUT, COLUMNS_OUT, SHORTS_OUT = types.int64[::1], types.int32[::1], types.uint16[::1]
COUNTS_OUT, KEYS_OUT = types.uint32[::1], types.uint64[::1]
FLAGS, FLAGS_OUT = read(types.boolean), types.boolean[::1]
TABLE_OUT, COLUMN_TABLE_OUT = types.float64[:, ::1], types.int32[:, ::1]
SINGLE_TABLE, SINGLE_TABLE_OUT = read(types.float32, 2), types.float32[:, ::1]
PLACE_TABLE_OUT = types.int64[:, ::1]

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
"""numpy's way with a division by 0 needs no branch, which would keep loops from being vectors."""

exp: Callable[..., Any] = register_jitable(exponentials.exp)
log: Callable[..., Any] = register_jitable(exponentials.log)
scrambled: Callable[..., Any] = register_jitable(scrambling.scrambled)
chance: Callable[..., Any] = register_jitable(scrambling.chance)


def kernel(*arguments: Any) -> Callable[[Loop], Loop]:  # noqa: ANN401 - numba has no types
    """Compile a function of these arguments that returns nothing, at once or from the disk.

    Nothing is reordered (no `fastmath`), so results do not depend on the processor.
    """

    def compile_(function: Loop) -> Loop:
        function.__qualname__ += f"_{sources_hash()}"  # numba's cache minds the kernel's file alone
        compiled: Loop = njit(types.void(*arguments), cache=True, **OPTIONS)(function)
        return compiled

    return compile_


def part(function: Inner) -> Inner:
    """Let kernels call a function; it becomes part of each of them."""
    inner: Inner = njit(function, forceinline=True, **OPTIONS)
    return inner


@cache
def sources_hash() -> str:
    """Fingerprint every file that ends up in compiled code, eight hexadecimal digits."""
    kernels = [file for file in files("models.kernels").iterdir() if file.name.endswith(".py")]
    called = [files("models") / f"{name}.py" for name in CALLED]
    sources = sorted([*kernels, *called], key=lambda source: source.name)
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:8]
