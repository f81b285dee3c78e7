"""Batches: the events sent over HTTP that a run has read, thousands to a row of SQL, as Parquet.

A run files away what came since the last one, then reads batches alone. Filing takes a turn a
batch, so whoever sends events meanwhile waits for one batch at most, and an end in the midst of it
loses and doubles nothing.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from segmentation.database import Database
from segmentation.durable import replacing
from segmentation.sent import COLUMNS
from segmentation.sqltables import sent_batches as table
from segmentation.sqltables import sent_events
from segmentation.turns import take_turn

BATCH = 50_000
"""A batch with fewer events takes the next ones in; it never has twice as many."""
MOMENT = pa.timestamp("us", "UTC")
KINDS = {"number": pa.int64(), "ts": MOMENT, "value": pa.float64(), "at": MOMENT}
KEPT = pa.schema([(each.name, KINDS.get(each.name, pa.string())) for each in sent_events.c])
KINDS_OF_FILE = {"ts": pa.timestamp("us"), "value": pa.float64()}
AS_FILE = pa.schema([(name, KINDS_OF_FILE.get(name, pa.string())) for name in COLUMNS])


def file_away(database: Database, *, through: int) -> int:
    """Move the events up to a number into batches; return how many were moved."""
    moved = 0
    while step := file_some(database, through=through):
        moved += step
    return moved


def file_some(database: Database, *, through: int) -> int:
    """Move the first events that are not yet in a batch; return how many."""
    number = sent_events.c.number
    query = sa.select(sent_events).where(number <= through).order_by(number).limit(BATCH)
    with database.begin() as connection:
        take_turn(connection)
        rows = connection.execute(query).all()
        if rows:
            columns = zip(KEPT.types, zip(*rows, strict=True), strict=True)
            arrays = [pa.array(values, kind) for kind, values in columns]
            append(connection, pa.Table.from_arrays(arrays, schema=KEPT))
            connection.execute(sa.delete(sent_events).where(number <= rows[-1].number))
    return len(rows)


def append(connection: sa.Connection, events: pa.Table) -> None:
    """Keep events after all others: in the last batch when it has room, or in one of their own."""
    newest = sa.select(table).order_by(table.c.last.desc()).limit(1)
    batch = connection.execute(newest).first()
    if batch is not None and batch.rows < BATCH:
        events = pa.concat_tables([opened(batch.events), events])
        connection.execute(sa.delete(table).where(table.c.last == batch.last))
    last = events["number"][-1].as_py()
    connection.execute(sa.insert(table).values(last=last, **facts_of(events)))


def write_out(database: Database, path: Path, *, after: int, through: int) -> int:
    """Write the batches' events between two numbers to a Parquet file; return how many."""
    count = 0
    with replacing(path) as beside, pq.ParquetWriter(beside, AS_FILE) as writer:
        for events in read(database, after=after):
            within = events.filter(
                pc.and_(
                    pc.greater(events["number"], after), pc.less_equal(events["number"], through)
                )
            )
            writer.write_table(within.select(AS_FILE.names).cast(AS_FILE))  # UTC, without a zone
            count += len(within)
    return count


def read(database: Database, *, after: int) -> Iterator[pa.Table]:
    """Read the batches that hold events after a number, in their order."""
    query = sa.select(table.c.events).where(table.c.last > after).order_by(table.c.last)
    with database.connect().execution_options(yield_per=1) as connection:
        yield from map(opened, connection.execute(query).scalars())


def forget(database: Database, *, before: datetime) -> int:
    """Remove for good the batches' events that came before a moment; return how many."""
    with database.begin() as connection:
        take_turn(connection)
        return thin(
            connection,
            table.c.oldest < before,
            by="at",
            stays=lambda at: pc.greater_equal(at, pa.scalar(before, MOMENT)),
        )


def erase_from(connection: sa.Connection, user_id: str) -> int:
    """Remove a person's events from every batch; return how many there were."""
    return thin(
        connection,
        sa.true(),
        by="user_id",
        stays=lambda ids: pc.not_equal(ids, pa.scalar(user_id)),
    )


def thin(
    connection: sa.Connection,
    which: sa.ColumnElement[bool],
    *,
    by: str,
    stays: Callable[[pa.ChunkedArray], pa.ChunkedArray],
) -> int:
    """Remove from some batches the events of which one column says so; return how many.

    An empty batch goes too, unless it is the last, whose number is not to be given again.
    """
    removed = 0
    for last in connection.execute(sa.select(table.c.last).where(which)).scalars().all():
        here = table.c.last == last
        kept = connection.execute(sa.select(table.c.events).where(here)).scalar_one()
        if pc.all(stays(opened(kept, columns=[by])[by])).as_py() is False:
            events = opened(kept)
            rest = events.filter(stays(events[by]))
            connection.execute(sa.update(table).where(here).values(**facts_of(rest)))
            removed += len(events) - len(rest)
    newest = sa.select(sa.func.max(table.c.last)).scalar_subquery()
    connection.execute(sa.delete(table).where(table.c.rows == 0, table.c.last < newest))
    return removed


def opened(batch: bytes, columns: list[str] | None = None) -> pa.Table:
    """The events of a batch, or some columns of them."""
    return pq.read_table(pa.BufferReader(batch), columns=columns)


def facts_of(events: pa.Table) -> dict[str, object]:
    """What stands in a batch's row: how many events, when the first of them came, and all."""
    sink = pa.BufferOutputStream()
    pq.write_table(events, sink, compression="zstd")
    return {
        "rows": len(events),
        "oldest": pc.min(events["at"]).as_py(),
        "events": sink.getvalue().to_pybytes(),
    }
