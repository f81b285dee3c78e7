"""Events in any order to sums in order: parked by their people, then added up part by part.

A radix partition: one pass over the stream puts each event where its person's part of the people
lies; then each part is small enough to be sorted in the processor's cache.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from models.kernels import radix
from models.kernels import windows as kernels
from models.kernels.windows import NO_TIME
from models.memory import PagedArray
from models.rows import IntArray
from models.windows import Placed, Sums, Tags, Weighed, Windows

PART = 100_000
"""About so many events a part: what sorting them needs fits into the processor's cache."""
KEY_BITS = 32
LEAST_BITS = 4
MOST_BITS = 16

Cells: TypeAlias = npt.NDArray[np.uint64]
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
        if self._tag_bits > KEY_BITS - LEAST_BITS:
            raise ValueError(f"`n_tags` must be below 2^28, got {n_tags}.")
        people = PART * n_people // max(n_events, 1)
        most = min(MOST_BITS, KEY_BITS - self._tag_bits)
        self._local_bits = min(max(people.bit_length() - 1, LEAST_BITS), most)
        self._n_tags = n_tags
        self.latest = np.full(n_people, NO_TIME, np.int64)
        self.n_parts = -(-n_people // (1 << self._local_bits))
        blocks = -(-n_events // radix.BLOCK) + self.n_parts
        self._cells = PagedArray.of(blocks * radix.BLOCK, np.uint64)
        self._windows = PagedArray.of(blocks * radix.BLOCK, np.uint16)
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

    def add_up(self, part: int, bench: "Bench") -> Sums:
        """Return the sums of a part's people, laid out on the bench, and give its room back."""
        size, span, blocks = int(self._sizes[part]), self.span(part), self._blocks(part)
        people, sums = span.stop - span.start, bench.sums
        radix.add_up(
            self._cells.array, self._windows.array, blocks, size, self._tag_bits, self._n_tags,
            *bench.sorting,
            sums.starts[: people + 1], sums.tags, sums.windows, sums.amounts,
        )  # fmt: skip
        for block in blocks.tolist():
            self._cells.release(block * radix.BLOCK, (block + 1) * radix.BLOCK)
            self._windows.release(block * radix.BLOCK, (block + 1) * radix.BLOCK)
        self._sizes[part] = 0
        return sums.until(people)

    def over_parts(
        self, work: Callable[[int, "Bench"], Result], *, threads: int = 1
    ) -> Iterator[Result]:
        """Yield `work(part, bench)` for each part in order, `threads` of them side by side.

        What lies on a bench is overwritten once the next results are asked for.
        """
        largest = int(self._sizes.max(initial=0))
        benches = [Bench.of(1 << self._local_bits, largest) for _ in range(threads)]
        with ThreadPoolExecutor(threads) as pool:
            for first in range(0, self.n_parts, threads):
                parts = range(first, min(first + threads, self.n_parts))
                yield from pool.map(work, parts, benches)

    def _blocks(self, part: int) -> IntArray:
        """The chain of a part's blocks, the one begun last at the end."""
        chain, block = [], int(self._last[part])
        while block >= 0:
            chain.append(block)
            block = int(self._earlier[block])
        return np.array(chain[::-1], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Bench:
    """Room in which one thread works at a part: taking it anew for each part costs more than the
    work.
    """

    sorting: tuple[Cells, Windows, Cells, Windows]
    sums: Sums
    weighed: Weighed

    @classmethod
    def of(cls, n_people: int, n_events: int) -> Self:
        """A bench for parts of up to so many people and events."""
        cells = [np.empty(n_events, np.uint64) for _ in range(2)]
        windows = [np.empty(n_events, np.uint16) for _ in range(2)]
        return cls(
            (cells[0], windows[0], cells[1], windows[1]),
            Sums.room(n_people, n_events),
            Weighed.room(n_people, n_events),
        )
