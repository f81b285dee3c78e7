"""The memory of a process that serves: its threads share one pool of it.

The C library gives each thread a pool of its own, and each keeps for good the most it ever held.
"""

import ctypes
import os
from contextlib import suppress

GIVEN = "MALLOC_ARENA_MAX"
M_ARENA_MAX = -8


def share_pool() -> None:
    """Let threads that begin from now on share a pool, unless the environment says how many.

    Where the C library is not GNU's it does nothing.
    """
    if GIVEN in os.environ:
        return
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
