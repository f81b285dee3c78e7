"""The loop behind `models.layers`: rows of two sums laid together."""

import numpy as np

from models.kernels.compiler import (
    COLUMNS,
    COLUMNS_OUT,
    COUNTS,
    COUNTS_OUT,
    PLACES,
    PLACES_OUT,
    SHORTS,
    SHORTS_OUT,
    kernel,
)
from models.kernels.radix import write

NOWHERE = -1


@kernel(
    PLACES, PLACES, COLUMNS, SHORTS, COUNTS,
    PLACES, PLACES, COLUMNS, SHORTS, COUNTS,
    PLACES_OUT, COLUMNS_OUT, SHORTS_OUT, COUNTS_OUT,
)  # fmt: skip
def merge(
    rows, starts, tags, windows, amounts,
    other_rows, other_starts, other_tags, other_windows, other_amounts,
    out_starts, out_tags, out_windows, out_amounts,
):  # fmt: skip
    """Write the sum of rows and other rows, each `NOWHERE` when there is none."""
    written = 0
    out_starts[0] = 0
    for i in range(len(rows)):
        a, a_end, b, b_end = 0, 0, 0, 0
        if rows[i] != NOWHERE:
            a, a_end = starts[rows[i]], starts[rows[i] + 1]
        if other_rows[i] != NOWHERE:
            b, b_end = other_starts[other_rows[i]], other_starts[other_rows[i] + 1]
        while a < a_end or b < b_end:
            key, total = np.int64(1) << 62, np.int64(0)
            if a < a_end:
                key = np.int64(tags[a]) << 16 | np.int64(windows[a])
            if b < b_end:
                key = min(key, np.int64(other_tags[b]) << 16 | np.int64(other_windows[b]))
            while a < a_end and np.int64(tags[a]) << 16 | np.int64(windows[a]) == key:
                total += np.int64(amounts[a])
                a += 1
            while b < b_end and np.int64(other_tags[b]) << 16 | np.int64(other_windows[b]) == key:
                total += np.int64(other_amounts[b])
                b += 1
            tag, window = np.int32(key >> 16), np.uint16(key & 0xFFFF)
            written = write(tag, window, total, written, out_tags, out_windows, out_amounts)
        out_starts[i + 1] = written
