"""Arrays whose memory is taken page by page as it is written, and can be given back in parts."""

import mmap
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS


@dataclass(frozen=True, eq=False)
class PagedArray:
    """A one-dimensional array filled in its order, larger than what will be written if need be.

    Memory of `numpy.empty` asks for huge pages, which a machine in use must first sweep together:
    six times the cost of ordinary ones where it was measured.
    """

    array: npt.NDArray[Any]
    _memory: mmap.mmap

    @classmethod
    def of(cls, size: int, kind: npt.DTypeLike) -> Self:
        """Reserve so many numbers."""
        memory = mmap.mmap(-1, max(size, 1) * np.dtype(kind).itemsize, flags=PRIVATE)
        return cls(np.frombuffer(memory, dtype=kind)[:size], memory)

    def release(self, first: int, last: int) -> None:
        """Forget what lies from `first` up to `last`, where whole pages lie between them."""
        width = self.array.itemsize
        begin, end = -(-first * width // mmap.PAGESIZE), last * width // mmap.PAGESIZE
        if end > begin and hasattr(mmap, "MADV_DONTNEED"):
            start = begin * mmap.PAGESIZE
            self._memory.madvise(mmap.MADV_DONTNEED, start, (end - begin) * mmap.PAGESIZE)
