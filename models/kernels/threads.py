"""Pieces of the rows, worked on side by side and handed back in order.

Where the pieces begin depends on the rows alone and every piece has results of its own, so the
number of threads does not show in them.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import numba
import numpy as np

from models.rows import Rows

CELLS_AT_ONCE = 100_000
"""Entries and rows of a piece: small enough for the processor's cache, large enough to matter."""

Result = TypeVar("Result")
Task = TypeVar("Task")


def over_pieces(rows: Rows, work: Callable[[int, Rows], Result]) -> list[Result]:
    """Return `work(first row, piece)` of each piece, in order.

    As many threads as numba may use: `NUMBA_NUM_THREADS`, else one a processor.
    """
    spans = list(pairwise(cuts(rows)))
    return side_by_side(lambda span: work(span[0], rows.part(*span)), spans)


def side_by_side(work: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
    """Return `work` of each task, in order."""
    threads = min(numba.get_num_threads(), len(tasks))
    if threads <= 1:
        return [work(task) for task in tasks]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, tasks))


def cuts(rows: Rows) -> list[int]:
    """Return where pieces begin, and where the last one ends."""
    cells = rows.starts + np.arange(rows.n_rows + 1)
    wanted = np.arange(0, cells[-1], CELLS_AT_ONCE)
    bounds: list[int] = np.unique([*np.searchsorted(cells, wanted), rows.n_rows]).tolist()
    return bounds
