"""Events in Parquet files to the sorted sparse matrix, beside DuckDB's bare group-by with decay.

All read the same files, each in a process of its own, one after the other. The bare group-by adds
up value x decay by user and tag, unsorted, and hands back two figures. With ids of text Coterie
does the whole stage of a run: usual values of the channels, clipping, refusals, decay from each
person's latest event, tags of too few people left out, the sorted matrix, and the sums kept on
disk for updates. With dense ids it does the streaming, summing and weighing alone. Then one more
hundredth of the events is folded into the sums kept. Run
`python -m benchmarks.bulk --events 100000000`.
"""

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.layers import Layer
from models.partition import Partition
from models.windows import DAY, Forgetting
from segmentation import queries
from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.folding import Reading, fold
from segmentation.records import overlay
from segmentation.summing import park_tastes, weigh_all
from segmentation.tags import facet_matrix
from segmentation.tastesums import TasteSums

CHANNELS = ("browse", "search", "app", "like", "purchase")
FIRST = 1_767_225_600_000_000  # 2026-01-01
DAYS = 180
HALF_LIFE_DAYS = 30.0
IDS = ("dense", "text")


@dataclass(frozen=True)
class Size:
    """How large the made-up events are."""

    events: int
    files: int
    users: int
    tags: int


def main() -> None:
    """Make the files, measure every method on them, print the table."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--events", type=int, default=10_000_000)
    ask.add_argument("--files", type=int, default=20)
    ask.add_argument("--users", type=int, default=1_000_000)
    ask.add_argument("--tags", type=int, default=2_000)
    ask.add_argument("--threads", type=int, default=2)
    ask.add_argument("--repeats", type=int, default=1)
    ask.add_argument("--ids", choices=IDS, nargs="+", default=IDS)
    ask.add_argument("--data", type=Path, help="where to keep the files; else they are removed")
    ask.add_argument("--measure", choices=METHODS, help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.measure:
        print(json.dumps(METHODS[given.measure](given.data, given.threads, given.users)))
        return
    size = Size(given.events, given.files, given.users, given.tags)
    with TemporaryDirectory() as scratch:
        data = given.data or Path(scratch)
        for ids in given.ids:
            make(data / ids, size, ids)
            compare(data / ids, size, ids, threads=given.threads, repeats=given.repeats)


def make(folder: Path, size: Size, ids: str) -> None:
    """Write the tables of a run: uneven users and tags, six months, nothing sorted."""
    events = folder / "events.parquet"
    if events.exists():
        return
    events.mkdir(parents=True)
    rng = np.random.default_rng(0)
    order = rng.permutation(size.users).astype(np.int32)
    popularity = np.cumsum(1.0 / np.arange(1, size.tags + 1) ** 0.8)
    users = pa.array([f"user-{number:07d}" for number in range(size.users)])
    tags = pa.array([f"topic-{number}" for number in range(size.tags)])
    for file in range(size.files + 1):
        is_delta = file == size.files
        n = size.events // (100 if is_delta else size.files)
        person = order[(size.users * rng.random(n) ** 1.5).astype(np.int64)]
        tag = np.searchsorted(popularity, rng.random(n) * popularity[-1]).astype(np.int32)
        columns = {
            "user_id": users.take(pa.array(person)) if ids == "text" else pa.array(person),
            "tag": tags.take(pa.array(tag)) if ids == "text" else pa.array(tag.astype(np.int16)),
            "ts": pa.array(FIRST + rng.integers(0, DAYS * DAY, n), pa.timestamp("us")),
            "value": np.ceil(rng.lognormal(1.0, 1.0, n)),
        }
        if ids == "text":
            channel = rng.integers(0, len(CHANNELS), n).astype(np.int32)
            columns["channel"] = pa.array(CHANNELS).take(pa.array(channel))
        path = folder / "delta.parquet" if is_delta else events / f"{file:02d}.parquet"
        pq.write_table(pa.table(columns), path)
    pq.write_table(pa.table({"user_id": users}), folder / "people.parquet")
    pq.write_table(
        pa.table({"user_id": users[:0], "namespace": users[:0], "label": users[:0]}),
        folder / "labels.parquet",
    )
    refused = {"user_id": users[:0], "purpose": users[:0], "granted": pa.array([], pa.bool_())}
    pq.write_table(pa.table(refused), folder / "consent.parquet")


def compare(folder: Path, size: Size, ids: str, *, threads: int, repeats: int) -> None:
    """Measure the group-by and Coterie in turn and print what each took."""
    print(
        f"\n{size.events:,} events, {size.users:,} users, {size.tags:,} tags, {size.files} files, "
        f"{ids} ids; {threads} threads, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("duckdb", "numpy", "numba"))
    )
    print(
        f"{'':<28}{'CPU s':>8}{'ratio':>8}{'wall s':>8}{'peak GB':>9}{'entries':>14}{'start s':>9}"
    )
    base = 0.0
    for name in ("group-by", ids, f"{ids} delta"):
        rounds = [measured(folder, name, size, threads) for _ in range(repeats)]
        middle = {key: median(one[key] for one in rounds) for key in rounds[0]}
        base = base or middle["cpu"]
        print(
            f"{TITLES[name]:<28}{middle['cpu']:>8.2f}{middle['cpu'] / base:>8.2f}"
            f"{middle['wall']:>8.2f}{middle['peak']:>9.2f}{middle['entries']:>14,.0f}"
            f"{middle['start']:>9.2f}",
            flush=True,
        )


def measured(folder: Path, name: str, size: Size, threads: int) -> dict[str, float]:
    """Run one method in a process of its own."""
    words = ["--measure", name, "--data", folder, "--threads", threads, "--users", size.users]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bulk", *map(str, words)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout)


def timed(work: Callable[[], int]) -> dict[str, float]:
    """Do the work; say its CPU and wall time, the process's peak memory and its start-up."""
    start, begun = cpu_seconds(), time.perf_counter()
    entries = work()
    return {
        "cpu": cpu_seconds() - start,
        "wall": time.perf_counter() - begun,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "entries": entries,
        "start": start,
    }


def cpu_seconds() -> float:
    """CPU time of this process so far, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def group_by(folder: Path, threads: int, users: int) -> dict[str, float]:
    """DuckDB alone: the sums, unsorted, counted and thrown away."""
    connection = duckdb.connect(
        config={"threads": threads, "memory_limit": "8GB", "preserve_insertion_order": False}
    )
    rate, last = math.log(2) / (HALF_LIFE_DAYS * DAY), FIRST + DAYS * DAY
    sums = (
        f"SELECT user_id, tag, SUM(value * EXP({rate!r} * (EPOCH_US(ts) - {last}))) AS weight "
        f"FROM '{folder}/events.parquet/*.parquet' GROUP BY user_id, tag"
    )
    query = f"SELECT COUNT(*), SUM(weight) FROM ({sums})"
    return timed(lambda: int(connection.execute(query).fetchall()[0][0]))


def dense(folder: Path, threads: int, users: int) -> dict[str, float]:
    """Coterie's stream, kernels and matrix where people and tags are numbers already."""
    forgetting = Forgetting(HALF_LIFE_DAYS, clip=1000.0)

    def work() -> int:
        partition = parked_dense(folder / "events.parquet", threads, users, forgetting)
        return len(weigh_all(partition, forgetting, threads=threads).weights)

    return timed(work)


def parked_dense(events: Path, threads: int, users: int, forgetting: Forgetting) -> Partition:
    """Events whose people and tags are numbers, parked."""
    with DuckEngine("1GB", threads=threads) as engine:
        engine.register("events", events)
        [(rows, tags)] = engine.rows("SELECT COUNT(*), MAX(tag) + 1 FROM events")
        partition = Partition(n_people=users, n_tags=tags, n_events=rows)
        tastes = "SELECT user_id, tag, ts, value AS ratio FROM events"
        park_tastes(engine, tastes, DenseIds(), forgetting, partition)
    return partition


def text(folder: Path, threads: int, users: int) -> dict[str, float]:
    """Coterie's stage of a run: valid tables to the matrix of the interests."""
    resources = {"threads": threads, "memory_limit": "1GB"}
    config = overlay(Config(), {"resources": resources}, "the benchmark")

    def work() -> int:
        with DuckEngine("1GB", threads=threads) as engine:
            facet = facet_matrix(
                engine, config, "interest", folder, as_of=None, kept_sums=folder / "sums"
            )
            return int(facet.matrix.nnz)

    return timed(work)


def text_delta(folder: Path, threads: int, users: int) -> dict[str, float]:
    """New events into the sums the stage kept, kept again."""
    is_taste = queries.is_taste("NOT events.channel IN ('share', 'refer')")

    def work() -> int:
        with DuckEngine("1GB", threads=threads) as engine, TemporaryDirectory(dir=folder) as new:
            engine.register("events", folder / "delta.parquet")
            for table in ("people", "consent"):
                engine.register(table, folder / f"{table}.parquet")
            earlier = TasteSums.open(folder / "sums", "interest")
            typical = dict.fromkeys(CHANNELS, 3.0)
            reading = Reading(Forgetting(HALF_LIFE_DAYS, 10.0), is_taste, typical, bool)
            found = fold(
                engine,
                earlier,
                reading,
                moved=np.arange(users, dtype=np.int32),
                scratch=Path(new),
                threads=threads,
            )
            found.sums.save(Path(new), "interest", shared=found.shared, earlier=folder / "sums")
            return len(found.sums.layers[-1].sums.tags)

    return timed(work)


def dense_delta(folder: Path, threads: int, users: int) -> dict[str, float]:
    """New events as one more layer of sums, where people and tags are numbers already."""
    forgetting = Forgetting(HALF_LIFE_DAYS, clip=1000.0)

    def work() -> int:
        partition = parked_dense(folder / "delta.parquet", threads, users, forgetting)
        return len(Layer.of(partition, threads=threads).sums.tags)

    return timed(work)


class DenseIds:
    """People and tags that are their own numbers."""

    columns = "user_id AS person, CAST(tag AS INT) AS tag"

    def people(self, column: pa.Array) -> Any:  # noqa: ANN401 - numpy
        """The number of each row's person."""
        return column.to_numpy()

    tags = people


METHODS = {
    "group-by": group_by,
    "dense": dense,
    "dense delta": dense_delta,
    "text": text,
    "text delta": text_delta,
}
TITLES = {
    "group-by": "DuckDB group-by, bare",
    "dense": "Coterie, dense ids",
    "dense delta": "Coterie, 1 % more events",
    "text": "Coterie, the whole stage",
    "text delta": "Coterie, 1 % more events",
}


if __name__ == "__main__":
    main()
