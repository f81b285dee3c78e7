"""What it costs to let the tags of one look at a content share its weight.

    python -m benchmarks.looks [--events 20000000] [--shares 0 0.09 1] [--repeats 3]

Events of a million people, some of them looks at contents of three tags, are streamed as a run
streams them before they are summed. Each share of looks is set against the first.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.attempt import Clock
from segmentation import queries
from segmentation.engine import DuckEngine

HEAD = "looks  CPU seconds (least, most)   times the first"
ROW = "{:5.2f}  {:11.1f} ({:.1f}, {:.1f})  {:15.2f}"


def main() -> None:
    """Print a row for each share of looks."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--events", type=int, default=20_000_000)
    ask.add_argument("--shares", type=float, nargs="+", default=[0.0, 0.09, 1.0])
    ask.add_argument("--repeats", type=int, default=3)
    given = ask.parse_args()
    print(HEAD)
    with tempfile.TemporaryDirectory() as name:
        files = {share: Path(name) / f"{share}.parquet" for share in given.shares}
        for share, path in files.items():
            write(path, given.events, share)
        took = {share: [] for share in files}
        for _ in range(given.repeats):
            for share, path in files.items():
                took[share].append(streamed(path, given.events))
    first = median(took[given.shares[0]])
    for share, seconds in took.items():
        middle = median(seconds)
        print(ROW.format(share, middle, min(seconds), max(seconds), middle / first))


def write(path: Path, events: int, share: float) -> None:
    """Write events three by three, so many of the threes a look at a content."""
    with DuckEngine() as engine:
        engine.rows(f"""COPY (
            SELECT 'u' || (hash(i // 3, 1) % 1000000) AS user_id,
                   TIMESTAMP '2026-08-01' + to_seconds(CAST(hash(i // 3, 2) % 7000000 AS BIGINT))
                       AS ts,
                   'browse' AS channel, 'tag' || (hash(i, 3) % 5000) AS tag, 1.0::DOUBLE AS value,
                   CASE WHEN (hash(i // 3, 4) % 10000) / 10000.0 < {share}
                        THEN 'c' || (hash(i // 3, 5) % 50000) END AS content_id
            FROM range({events}) AS t(i)) TO '{path}' (FORMAT parquet)""")


def streamed(path: Path, events: int) -> float:
    """Stream the events with their ratios to what is usual, and return the CPU seconds."""
    query = queries.tastes(queries.is_taste("events.channel <> 'share'"))
    with DuckEngine("4GB", temp_directory=path.parent) as engine:
        engine.register("events", path)
        engine.keep("typical", queries.typical_values())
        before = Clock.now()
        hashed = f"SELECT hash(user_id), hash(tag), ts, ratio FROM ({query}) AS tastes"
        rows = sum(batch.num_rows for batch in engine.batches(hashed))
        took = Clock.now() - before
    if rows != events:
        raise RuntimeError(f"Of {events} events {rows} came.")
    return took.cpu


if __name__ == "__main__":
    main()
