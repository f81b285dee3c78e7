"""Events parked in any order come out summed and sorted, bit for bit the same."""

from collections import Counter

import numpy as np
import pytest

from models.kernels.radix import BLOCK
from models.kernels.windows import NO_TIME
from models.partition import Partition
from models.windows import Placed


def events(n: int, *, people: int, tags: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Random events: person, tag, window and amount."""
    rng = np.random.default_rng(seed)
    return (
        rng.integers(0, people, n).astype(np.int32),
        rng.integers(0, tags, n).astype(np.int32),
        rng.integers(0, 40, n).astype(np.uint16),
        rng.integers(1, 1 << 25, n).astype(np.uint32),
    )


def sums_of(batches, *, people: int, tags: int, threads: int = 1) -> list[tuple[int, ...]]:
    """Every sum as (person, tag, window, amount), in the order they come out."""
    size = sum(len(batch[0]) for batch in batches)
    partition = Partition(n_people=people, n_tags=tags, n_events=size)
    for person, tag, window, amount in batches:
        partition.add(person, tag, Placed(window, amount))
    rows = []
    for part, sums in enumerate(partition.over_parts(partition.add_up, threads=threads)):
        owner = np.repeat(np.arange(len(sums.starts) - 1), np.diff(sums.starts))
        person = partition.span(part).start + owner
        rows += zip(person.tolist(), sums.tags.tolist(), sums.windows.tolist(),
                    sums.amounts.tolist(), strict=True)  # fmt: skip
    return rows


def counted(batch) -> Counter[tuple[int, ...]]:
    """The sums added up one by one."""
    sums = Counter()
    for person, tag, window, amount in zip(*(column.tolist() for column in batch), strict=True):
        sums[person, tag, window] += amount
    return sums


@pytest.mark.parametrize(
    ("n", "people", "tags"),
    [(0, 10, 5), (1, 1, 1), (50_000, 30_000, 300), (40_000, 2, 3), (5_000, 100, 2_000_000)],
)
def test_sums_are_those_counted_one_by_one(n, people, tags):
    """Few people or many, many blocks a part or none: each sum is right and in its place."""
    batch = events(n, people=people, tags=tags)
    expected = counted(batch)

    found = sums_of([batch], people=people, tags=tags)

    assert found == [(*key, expected[key]) for key in sorted(expected)]


def test_neither_order_nor_split_nor_threads_show():
    """The same events shuffled, in pieces of any size, added up by two threads."""
    batch = events(60_000, people=20_000, tags=50)
    order = np.random.default_rng(1).permutation(60_000)
    shuffled = [tuple(column[piece] for column in batch) for piece in np.array_split(order, 7)]

    assert sums_of([batch], people=20_000, tags=50) == sums_of(
        shuffled, people=20_000, tags=50, threads=2
    )


def test_nobody_and_nothing_are_passed_over():
    """An event of a person or a tag below 0 leaves no trace."""
    person, tag, window, amount = events(100, people=10, tags=10)
    person[::2], tag[1::4] = -2, -1
    counts = (person >= 0) & (tag >= 0)

    found = sums_of([(person, tag, window, amount)], people=10, tags=10)

    assert sum(row[3] for row in found) == amount[counts].sum()


def test_a_sum_may_be_larger_than_any_entry():
    """Large events of one kind fill as many entries as it takes, and none is lost."""
    n, largest = 3 * BLOCK, (1 << 32) - 1
    zeros = np.zeros(n, np.int32)
    batch = (zeros, zeros, zeros.astype(np.uint16), np.full(n, largest - 1, np.uint32))

    found = sums_of([batch], people=1, tags=1)

    assert [row[3] for row in found] == [largest] * (n - 1) + [largest - n]


def test_the_latest_time_of_each_person_is_kept():
    """The highest counts, whatever the order; who was not seen has none."""
    partition = Partition(n_people=3, n_tags=1, n_events=4)

    partition.see(np.array([0, 1, 0, -2], np.int32), np.array([5, NO_TIME, 3, 9]))

    assert partition.latest.tolist() == [5, NO_TIME, NO_TIME]


def test_too_many_tags_are_refused():
    """The message says how many there may be."""
    with pytest.raises(ValueError, match=r"`n_tags` must be below 2\^28, got 268435456"):
        Partition(n_people=1, n_tags=1 << 28, n_events=1)
