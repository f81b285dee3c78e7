"""New events folded into a facet's kept sums: what was summed before is not read again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.layers import Layer, People, rows_together
from models.partition import Partition
from models.windows import Forgetting
from segmentation import queries
from segmentation.engine import Engine
from segmentation.ids import HashedIds
from segmentation.summing import park_tastes
from segmentation.tagsources import among
from segmentation.tastesums import TasteSums

MOST_LAYERS = 12
"""So many layers are laid together by the next fold."""


@dataclass(frozen=True, eq=False)
class Reading:
    """How a facet reads events: as the run did whose sums are added to.

    `typical` are the usual values of the channels, `is_denied` tells tags that must not count.
    """

    forgetting: Forgetting
    is_taste: str
    typical: dict[str, float]
    is_denied: Callable[[str], bool]

    @classmethod
    def of(cls, kept: Mapping[str, Any], *, is_denied: Callable[[str], bool]) -> "Reading":
        """Take up what a snapshot keeps of a facet's reading."""
        channels = among(kept["channels"], are_left_out=kept["are_left_out"])
        forgetting = Forgetting(kept["half_life_days"], kept["clip"])
        return cls(forgetting, queries.is_taste(channels), dict(kept["typical"]), is_denied)


@dataclass(frozen=True, eq=False)
class Fold:
    """Sums with new events in them, and the rows of those they touched.

    The first `shared` layers are the earlier ones, but for the people's numbers; `typical` are the
    usual values of all channels known now.
    """

    sums: TasteSums
    shared: int
    touched: People
    typical: dict[str, float]


def fold(
    engine: Engine,
    earlier: TasteSums,
    reading: Reading,
    *,
    moved: People,
    scratch: Path,
    threads: int,
) -> Fold:
    """Add the table `events` to the sums of the people in the table `people`.

    `moved` is where each person of `earlier` stands now, -1 for who is gone; the others keep their
    order. A channel the run did not know is set against its own usual value among the new events.
    """
    typical = usual_values(engine, reading, scratch)
    names = earlier.tags + new_tags(engine, earlier.tags, reading)
    ids = HashedIds.of(engine, numbered(engine, names, scratch))
    [(rows,)] = engine.rows("SELECT COUNT(*) FROM events")
    partition = Partition(n_people=len(ids.refused), n_tags=len(names), n_events=rows)
    partition.latest[moved[moved >= 0]] = earlier.latest[moved >= 0]
    before = partition.latest.copy()
    park_tastes(engine, queries.tastes(reading.is_taste), ids, reading.forgetting, partition)
    layer = Layer.of(partition, threads=threads)
    is_touched = partition.latest != before
    is_touched[layer.people] = True
    old = carried(earlier.layers, moved)
    sums = TasteSums(names, partition.latest, (*old, layer))
    shared = len(old) if len(old) == len(earlier.layers) and (moved >= 0).all() else 0
    return Fold(sums, shared, np.flatnonzero(is_touched).astype(np.int32), typical)


def carried(layers: Sequence[Layer], moved: People) -> list[Layer]:
    """Carry layers over to the people's new numbers, as one when there are many or some left."""
    if len(layers) < MOST_LAYERS and (moved >= 0).all():
        return [layer.renumbered(moved) for layer in layers]
    stay = np.flatnonzero(moved >= 0).astype(np.int32)
    whole = Layer.without_gaps(rows_together(layers, stay))
    return [whole.renumbered(moved[stay])]


def usual_values(engine: Engine, reading: Reading, scratch: Path) -> dict[str, float]:
    """Make the table `typical`: as the run knew it, and of channels new since."""
    known = {"channel": list(reading.typical), "typical": list(reading.typical.values())}
    schema = pa.schema([("channel", pa.string()), ("typical", pa.float64())])
    pq.write_table(pa.table(known, schema=schema), scratch / "known_typical.parquet")
    engine.register("known_typical", scratch / "known_typical.parquet")
    engine.rows(f"CREATE OR REPLACE TEMP TABLE typical AS {queries.extended_typical()}")
    return dict(engine.rows("SELECT channel, typical FROM typical ORDER BY channel"))


def new_tags(engine: Engine, known: Sequence[str], reading: Reading) -> list[str]:
    """The tags of the new events that were not known, but for those denied."""
    found = engine.rows(f"SELECT DISTINCT tag FROM events WHERE {reading.is_taste} ORDER BY tag")
    old = set(known)
    return [tag for (tag,) in found if tag not in old and not reading.is_denied(tag)]


def numbered(engine: Engine, names: Sequence[str], scratch: Path) -> str:
    """Return a query of each tag and its number; a tag without a name has none."""
    numbers = [number for number, name in enumerate(names) if name]
    table = pa.table({"tag": [names[number] for number in numbers], "number": numbers},
                     schema=pa.schema([("tag", pa.string()), ("number", pa.int64())]))  # fmt: skip
    pq.write_table(table, scratch / "tag_numbers.parquet")
    engine.register("tag_numbers", scratch / "tag_numbers.parquet")
    return "SELECT tag, number FROM tag_numbers"
