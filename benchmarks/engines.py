"""Reading and summing the same events by DuckDB and by Spark: CPU, wall time, memory, and results.

Each engine works in a process of its own, from files to the matrices of both facets, and what it
found is hashed: the two must agree. CPU and memory are those of the process with all it started.
Run `python -m benchmarks.engines --events 5000000`; it needs the extra `spark` and Java.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pyarrow.parquet as pq

from benchmarks.bulk import DAYS, FIRST, Size, make
from models.windows import DAY
from segmentation.config import FACETS, Config, ResourcesConfig
from segmentation.engines import open_engines
from segmentation.ingest import ingest
from segmentation.records import overlay
from segmentation.tags import facet_matrix

ENGINES = ("duckdb", "spark")
EVERY = 0.2  # seconds between two looks at what a process uses
NOW = datetime.fromtimestamp((FIRST + DAYS * DAY) / 1e6, UTC)


def main() -> None:
    """Make the files, let both engines work in turn, print what each took."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--events", type=int, default=5_000_000)
    ask.add_argument("--users", type=int, default=200_000)
    ask.add_argument("--files", type=int, default=20)
    ask.add_argument("--rounds", type=int, default=2)
    ask.add_argument("--master", default="local[2]")
    ask.add_argument("--measure", choices=ENGINES, help=argparse.SUPPRESS)
    ask.add_argument("--data", type=Path, help="where to keep the files; else they are removed")
    given = ask.parse_args()
    if given.measure:
        print(json.dumps(worked(given.data, given.measure, given.master)))
        return
    with TemporaryDirectory() as scratch:
        data = given.data or Path(scratch)
        make(data, Size(given.events, given.files, given.users, 2_000), "text")
        print(f"{given.events:,} events, {given.files} files, load {os.getloadavg()[0]:.1f}")
        print(f"{'':<8}{'CPU s':>8}{'wall s':>8}{'peak GB':>9}{'start':>7}{'read':>7}{'sum':>7}")
        found = set()
        for _ in range(given.rounds):
            for engine in ENGINES:
                used = measured(data, engine, given.master)
                found.add(used["found"])
                print(
                    f"{engine:<8}{used['cpu']:>8.1f}{used['wall']:>8.1f}{used['peak']:>9.2f}"
                    f"{used['start']:>7.1f}{used['read']:>7.1f}{used['sum']:>7.1f}",
                    flush=True,
                )
    print("The engines agree." if len(found) == 1 else f"THE ENGINES DIFFER: {found}")


def measured(data: Path, engine: str, master: str) -> dict:
    """Let one engine work in a process of its own; say what that and its children used."""
    words = ["--measure", engine, "--data", str(data), "--master", master]
    begun = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.engines", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        used = watched(psutil.Process(process.pid))
        answer = json.loads(process.stdout.read())
    return answer | used | {"wall": time.perf_counter() - begun}


def watched(process: psutil.Process) -> dict[str, float]:
    """Look at a process and all it started until it ends: CPU seconds, and most memory at once."""
    cpu: dict[int, float] = {}
    peak = 0
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        held = 0
        for each in [process, *process.children(recursive=True)]:
            try:
                times = each.cpu_times()
                held += each.memory_info().rss
            except psutil.Error:
                continue
            cpu[each.pid] = times.user + times.system
        peak = max(peak, held)
        time.sleep(EVERY)
    return {"cpu": sum(cpu.values()), "peak": peak / 2**30}


def worked(data: Path, engine: str, master: str) -> dict:
    """Read, judge, sort and sum all events; say how long each took and hash what was found."""
    tables = {"events": [str(data / "events.parquet")]}
    config = overlay(Config(), {"input": tables}, "the benchmark")
    resources = ResourcesConfig(memory_limit="4GB", engine=engine, spark_master=master)
    config = replace(config, resources=resources)
    found, marks = hashlib.sha256(), [time.perf_counter()]
    with TemporaryDirectory() as folder, open_engines(resources, Path(folder)) as engines:
        out = Path(folder) / "valid"
        out.mkdir()
        marks.append(time.perf_counter())
        report = ingest(config, base=data, out=out, engine=engines.bulk, as_of=None, now=NOW)
        found.update(json.dumps(report.to_dict()["tables"]).encode())
        marks.append(time.perf_counter())
        for facet in FACETS:
            matrix = facet_matrix(engines.bulk, config, facet, out, as_of=report.as_of).matrix
            for column in (matrix.indptr, matrix.indices, matrix.data):
                found.update(column.tobytes())
        marks.append(time.perf_counter())
        people = pq.read_table(out / "people.parquet")["user_id"]
        found.update("\n".join(people.to_pylist()).encode())
    names = ("start", "read", "sum")
    spans = {name: marks[place + 1] - marks[place] for place, name in enumerate(names)}
    return spans | {"found": found.hexdigest()[:12]}


if __name__ == "__main__":
    main()
