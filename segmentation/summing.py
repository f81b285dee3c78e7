"""A facet's tastes and habits, streamed from the engine into weights by person and tag."""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.kernels.windows import NO_TIME
from models.partition import Bench, Partition
from models.rows import IntArray
from models.windows import Forgetting, Placed, Sums, Tags, Weighed
from segmentation.engine import Engine
from segmentation.ids import Ids

Keep: TypeAlias = Callable[[int, Sums], None]

MOST = (1 << 32) - 1


def nothing_kept(first: int, sums: Sums) -> None:
    """Forget the sums once they are weighed."""


def park_tastes(
    engine: Engine, tastes: str, ids: Ids, forgetting: Forgetting, partition: Partition
) -> None:
    """Park the events of a query that gives `user_id, tag, ts, ratio`."""
    query = f"SELECT {ids.columns}, ts, ratio FROM ({tastes}) AS tastes"
    for batch in engine.changed(query, partial(placed, forgetting), total="amount"):
        people = ids.people(batch["person"])
        partition.see(people, times(batch["ts"]))
        park(partition, people, ids.tags(batch["tag"]), batch)


def placed(forgetting: Forgetting, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Give each event its window and its amount there in place of its ratio."""
    found = forgetting.place(times(batch["ts"]), batch["ratio"].to_numpy())
    columns = {name: batch[name] for name in ("person", "tag", "ts")}
    columns |= {"window": pa.array(found.windows), "amount": pa.array(found.amounts)}
    return pa.RecordBatch.from_pydict(columns)


def park(partition: Partition, people: Tags, tags: Tags, batch: pa.RecordBatch) -> None:
    """Park the amounts of a batch; one that is a sum beyond 32 bits comes in several."""
    windows = batch["window"].to_numpy().astype(np.uint16, copy=False)
    amounts = batch["amount"].to_numpy()
    while len(amounts):
        fitting = np.minimum(amounts, MOST).astype(np.uint32, copy=False)
        partition.add(people, tags, Placed(windows, fitting))
        over = np.flatnonzero(amounts > MOST)
        people, tags, windows = people[over], tags[over], windows[over]
        amounts = amounts[over] - MOST


def park_habits(engine: Engine, habits: str, ids: Ids, partition: Partition) -> None:
    """Park the rows of a query that gives `user_id, tag, weight`, in units of 2^-20."""
    query = f"SELECT {ids.columns}, weight FROM ({habits}) AS habits"
    for batch in engine.batches(query):
        placed = Placed.timeless(batch["weight"].to_numpy())
        partition.add(ids.people(batch["person"]), ids.tags(batch["tag"]), placed)


def weigh_all(
    partition: Partition,
    forgetting: Forgetting,
    *,
    threads: int,
    keep: Keep = nothing_kept,
) -> Weighed:
    """Add up all that was parked and weigh it as of each person's latest event.

    `keep` is shown the sums of consecutive people, and their first, before they are forgotten.
    """

    def weigh(part: int, bench: Bench) -> tuple[Sums, Weighed]:
        sums = partition.add_up(part, bench)
        latest = partition.latest[partition.span(part)]
        return sums, forgetting.weigh(sums, latest, room=bench.weighed)

    whole, entries = Weighed.room(len(partition.latest), partition.n_parked), 0
    for part, (sums, weighed) in enumerate(partition.over_parts(weigh, threads=threads)):
        first, end = partition.span(part).start, entries + len(weighed.tags)
        keep(first, sums)
        whole.tags[entries:end], whole.weights[entries:end] = weighed.tags, weighed.weights
        whole.starts[first : first + len(weighed.starts)] = weighed.starts + entries
        entries = end
    return Weighed(whole.starts, whole.tags[:entries], whole.weights[:entries])


def times(column: pa.Array) -> IntArray:
    """A column of timestamps as microseconds since 1970; null is `NO_TIME`."""
    moments: IntArray = pc.fill_null(column.view(pa.int64()), NO_TIME).to_numpy()
    return moments
