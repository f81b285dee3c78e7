"""Events in any order to sums in order: parked by their people, then added up part by part.

A radix partition: one pass over the stream puts each event where its person's part of the people
lies; then each part is small enough to be sorted in the processor's cache.
"""

import mmap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from models.kernels import radix
from models.kernels import windows as kernels
from models.kernels.windows import NO_TIME
from models.rows import IntArray
from models.windows import Placed, Sums, Tags

LOCAL_BITS = 12
KEY_BITS = 32
LEAST_LOCAL_BITS = 4

Result = TypeVar("Result")


class Partition:
    """Room for up to `n_events` events of `n_people` people and `n_tags` tags.

    Memory is taken as events come, 10 bytes each, and given back as parts are added up, once.

    Attributes
    ----------
    latest : ndarray of shape (n_people,)
        Time of each person's latest event; `NO_TIME` for none.
    """

    def __init__(self, *, n_people: int, n_tags: int, n_events: int) -> None:
        self._tag_bits = max(int(n_tags).bit_length(), 1)
        self._local_bits = min(LOCAL_BITS, KEY_BITS - self._tag_bits)
        if self._local_bits < LEAST_LOCAL_BITS:
            raise ValueError(f"`n_tags` must be below 2^28, got {n_tags}.")
        self._n_tags = n_tags
        self.latest = np.full(n_people, NO_TIME, np.int64)
        self.n_parts = -(-n_people // (1 << self._local_bits))
        blocks = -(-n_events // radix.BLOCK) + self.n_parts
        self._cells = _Released(blocks, np.uint64)
        self._windows = _Released(blocks, np.uint16)
        self._sizes = np.zeros(self.n_parts, np.int64)
        self._last = np.full(self.n_parts, -1, np.int64)
        self._earlier = np.full(blocks, -1, np.int64)
        self._used = np.zeros(1, np.int64)

    @property
    def n_parked(self) -> int:
        """How many events are parked now."""
        return int(self._sizes.sum())

    def see(self, people: Tags, at: IntArray) -> None:
        """Raise each person's latest time to that of these events."""
        kernels.keep_latest(people, at, self.latest)

    def add(self, people: Tags, tags: Tags, placed: Placed) -> None:
        """Park events; those whose person or tag is below 0 are passed over."""
        radix.park(
            people, tags, placed.windows, placed.amounts, self._local_bits, self._tag_bits,
            self._cells.array, self._windows.array,
            self._sizes, self._last, self._earlier, self._used,
        )  # fmt: skip

    def span(self, part: int) -> slice:
        """The people of a part."""
        first = part << self._local_bits
        return slice(first, min(first + (1 << self._local_bits), len(self.latest)))

    def add_up(self, part: int) -> Sums:
        """Return the sums of a part's people, and give its room back."""
        size, span = int(self._sizes[part]), self.span(part)
        blocks = self._blocks(part)
        starts = np.empty(span.stop - span.start + 1, np.int64)
        tags, windows = np.empty(size, np.int32), np.empty(size, np.uint16)
        amounts = np.empty(size, np.int64)
        radix.add_up(
            self._cells.array, self._windows.array, blocks, size, self._tag_bits, self._n_tags,
            starts, tags, windows, amounts,
        )  # fmt: skip
        for block in blocks.tolist():
            self._cells.release(block)
            self._windows.release(block)
        self._sizes[part] = 0
        end = int(starts[-1])
        return Sums(starts, tags[:end], windows[:end], amounts[:end])

    def over_parts(self, work: Callable[[int], Result], *, threads: int = 1) -> Iterator[Result]:
        """Yield `work(part)` for each part, in order, a few side by side."""
        with ThreadPoolExecutor(threads) as pool:
            for first in range(0, self.n_parts, 2 * threads):
                yield from pool.map(work, range(first, min(first + 2 * threads, self.n_parts)))

    def _blocks(self, part: int) -> IntArray:
        """The chain of a part's blocks, the one begun last at the end."""
        chain, block = [], int(self._last[part])
        while block >= 0:
            chain.append(block)
            block = int(self._earlier[block])
        return np.array(chain[::-1], dtype=np.int64)


class _Released:
    """An array cut into blocks whose memory can be given back one by one."""

    def __init__(self, blocks: int, kind: npt.DTypeLike) -> None:
        self._step = radix.BLOCK * np.dtype(kind).itemsize
        self._memory = mmap.mmap(-1, max(blocks, 1) * self._step)
        self.array = np.frombuffer(self._memory, dtype=kind)

    def release(self, block: int) -> None:
        """Forget the content of a block; the system takes its memory back where it can."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._memory.madvise(mmap.MADV_DONTNEED, block * self._step, self._step)
