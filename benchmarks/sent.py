"""Events sent over HTTP, as a run reads them: from rows of SQL, and from the batches they lie in.

Events are kept as `POST /v1/events` keeps them, 10,000 a call. Rows are read as runs did before
there were batches: one after the other into Parquet. Then they are filed away, which each event is
once, and the batches are read, as every run does. Run `python -m benchmarks.sent --events 5000000`.
"""

import argparse
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from segmentation import batches, sent
from segmentation.database import Database, open_database
from segmentation.erasure import erase_in_database
from segmentation.sqltables import sent_batches, sent_events

CALL = 10_000
NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)
DAYS, TAGS = 365, 3_000


def main() -> None:
    """Keep events, read them in both ways, print what each took."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--events", type=int, default=1_000_000)
    ask.add_argument("--users", type=int, default=200_000)
    ask.add_argument("--url", help="a PostgreSQL database, empty; else SQLite")
    given = ask.parse_args()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        database = open_database(folder, given.url)
        timed("keep", lambda: keep_events(database, given.events, given.users))
        last = sent.last(database)
        timed("read rows", lambda: read_rows(database, folder / "rows.parquet"))
        timed("file away", lambda: batches.file_away(database, through=last))
        out = folder / "sent.parquet"
        timed("read batches", lambda: batches.write_out(database, out, after=0, through=last))
        late = folder / "late.parquet"
        timed(
            "read the last thousand",
            lambda: batches.write_out(database, late, after=last - 1000, through=last),
        )
        timed("erase a person", lambda: erase_in_database(database, "user-0000001"))
        alike = pq.read_table(folder / "rows.parquet").equals(pq.read_table(out))
        print(f"read alike: {alike}; batches: {size_of(database):.0f} MiB")


def timed(what: str, work: Callable[[], int]) -> None:
    """Do something and print how long it took, and the peak of memory so far."""
    start, cpu = time.perf_counter(), time.process_time()
    rows = work()
    seconds, busy = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what}: {rows:,} rows, {seconds:.2f} s, {busy:.2f} CPU s, peak {peak:.0f} MiB")


def keep_events(database: Database, count: int, users: int) -> int:
    """Keep events drawn at random, a call after the other."""
    rng = np.random.default_rng(0)
    for _ in range(0, count, CALL):
        drawn = zip(
            rng.integers(users, size=CALL).tolist(),
            rng.integers(TAGS, size=CALL).tolist(),
            rng.integers(DAYS * 86_400, size=CALL).tolist(),
            strict=True,
        )
        events = [
            {
                "user_id": f"user-{user:07}",
                "ts": NOW - timedelta(seconds=ago),
                "channel": "browse",
                "tag": f"tag-{tag}",
                "value": 1.0,
                "content_id": None,
            }
            for user, tag, ago in drawn
        ]
        sent.keep(database, events, by="key", now=NOW)
    return sent.last(database)


def read_rows(database: Database, path: Path) -> int:
    """Write every row to a Parquet file, as runs did."""
    columns = [sent_events.c[name] for name in sent.COLUMNS]
    query = sa.select(*columns).order_by(sent_events.c.number)
    count = 0
    with (
        pq.ParquetWriter(path, batches.AS_FILE) as writer,
        database.connect().execution_options(yield_per=batches.BATCH) as connection,
    ):
        for rows in connection.execute(query).mappings().partitions():
            plain = [{**row, "ts": row["ts"].replace(tzinfo=None)} for row in rows]
            writer.write_table(pa.Table.from_pylist(plain, schema=batches.AS_FILE))
            count += len(plain)
    return count


def size_of(database: Database) -> float:
    """How large all batches are, in MiB."""
    with database.connect() as connection:
        total = connection.execute(sa.select(sa.func.sum(sa.func.length(sent_batches.c.events))))
        return float(total.scalar() or 0) / 2**20


if __name__ == "__main__":
    main()
