"""Who was erased from a snapshot after it was written: the one thing in it that changes.

A mapped file holds a count and a bit for each row. Erasing writes into it in place, so that every
process that has the snapshot open sees it with its next look.
"""

from pathlib import Path

import numpy as np

from segmentation.bitmaps import NOBODY, Places, bitmap_of
from segmentation.registry import mapped

FILE = "erased.npy"
HEAD = 8
SCRUBBED = "\0"
"""What the id of an erased person is made of."""


class Erased:
    """The rows of a snapshot whose people were erased."""

    def __init__(self, index: Path) -> None:
        self._bits = mapped(index / FILE)
        self._seen = b"\0" * HEAD
        self._rows = NOBODY

    @property
    def rows(self) -> Places:
        """The rows, as of now."""
        count = bytes(self._bits[:HEAD])
        if count != self._seen:
            bits = np.unpackbits(np.asarray(self._bits[HEAD:]), bitorder="little")
            self._rows, self._seen = bitmap_of(np.flatnonzero(bits)), count
        return self._rows


def save_nobody(index: Path, users: int) -> None:
    """Write the file for a snapshot nobody was erased from."""
    np.save(index / FILE, np.zeros(HEAD + (users + 7) // 8, dtype=np.uint8))


def mark(index: Path, row: int) -> None:
    """Mark a row as erased; the count is raised last, for it tells readers to look."""
    bits = np.load(index / FILE, mmap_mode="r+")
    bits[HEAD + row // 8] |= np.uint8(1 << (row % 8))
    bits[:HEAD].view("<u8")[0] += 1
    bits.flush()
