"""Sums in layers read as the sums of all events at once."""

import numpy as np
import pytest

from models.layers import Layer, rows_together
from models.partition import Partition
from models.windows import Placed

PEOPLE, TAGS = 9_000, 40


def events(n: int, seed: int) -> tuple[np.ndarray, ...]:
    """Random events of few people, large enough for sums beyond 32 bits."""
    rng = np.random.default_rng(seed)
    return (
        (PEOPLE * rng.random(n) ** 8).astype(np.int32),
        rng.integers(0, TAGS, n).astype(np.int32),
        rng.integers(0, 3, n).astype(np.uint16),
        rng.integers(1 << 29, 1 << 32, n).astype(np.uint32),
    )


def layer_of(*batches) -> Layer:
    """The sums of some events as one layer."""
    partition = Partition(
        n_people=PEOPLE, n_tags=TAGS, n_events=sum(len(batch[0]) for batch in batches)
    )
    for person, tag, window, amount in batches:
        partition.add(person, tag, Placed(window, amount))
    return Layer.of(partition, threads=2)


def contents(layers, people=None) -> tuple[bytes, ...]:
    """The rows of some people as bytes."""
    wanted = np.arange(PEOPLE, dtype=np.int32) if people is None else people
    sums = rows_together(layers, wanted)
    return tuple(column.tobytes() for column in vars(sums).values())


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_layers_read_as_one(layers):
    """Not a bit tells in how many layers the events came."""
    batches = [events(8_000, seed) for seed in range(5)]
    split = [layer_of(*batches[at::layers]) for at in range(layers)]

    assert contents(split) == contents([layer_of(*batches)])


def test_the_order_of_layers_does_not_show():
    """Which events came first is forgotten."""
    first, second = layer_of(events(5_000, 0)), layer_of(events(3_000, 1))

    assert contents([first, second]) == contents([second, first])


def test_only_the_people_asked_for_are_read():
    """Their rows come in the order asked; who has no row reads as empty."""
    layer = layer_of(events(500, 0))
    absent = np.setdiff1d(np.arange(PEOPLE), layer.people)[:1]
    wanted = np.concatenate([layer.people[[7]], absent, layer.people[[2]]]).astype(np.int32)

    sums = rows_together([layer], wanted)

    counts = np.diff(layer.sums.starts)
    assert np.diff(sums.starts).tolist() == [counts[7], 0, counts[2]]


def test_without_layers_every_row_is_empty():
    """Nothing was ever added."""
    assert rows_together([], np.arange(3, dtype=np.int32)).starts.tolist() == [0, 0, 0, 0]


def test_people_may_be_numbered_anew():
    """New people move the numbers of the old, not their sums."""
    layer = layer_of(events(500, 0))
    numbers = np.arange(PEOPLE, dtype=np.int32) + 5

    moved = layer.renumbered(numbers)

    assert contents([moved], layer.people + 5) == contents([layer], layer.people)
