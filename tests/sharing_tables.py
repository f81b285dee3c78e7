"""Small valid tables about sharing, written the way ingest writes them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

START = datetime(2026, 1, 1, tzinfo=UTC)
AS_OF = START + timedelta(days=200)
MOMENT = pa.timestamp("us")
SCHEMAS = {
    "events": pa.schema({"user_id": pa.string(), "ts": MOMENT, "channel": pa.string(),
                         "tag": pa.string(), "value": pa.float64(), "content_id": pa.string()}),
    "edges": pa.schema({"src": pa.string(), "dst": pa.string(), "ts": MOMENT}),
    "exposures": pa.schema({"user_id": pa.string(), "content_id": pa.string(), "ts": MOMENT,
                            "shared": pa.int8()}),
    "content": pa.schema({"content_id": pa.string(), "tag": pa.string(), "author": pa.string(),
                          "ts": MOMENT}),
    "consent": pa.schema({"user_id": pa.string(), "purpose": pa.string(), "granted": pa.bool_()}),
}  # fmt: skip


def day(number: float) -> datetime:
    """A moment so many days after the start, as tables hold it."""
    return (START + timedelta(days=number)).replace(tzinfo=None)


def write_tables(folder: Path, *, people: Sequence[str], **rows: Iterable[tuple]) -> Path:
    """Write the given rows of each table and empty tables for the rest."""
    for name, schema in SCHEMAS.items():
        columns = list(zip(*rows.get(name, ()), strict=True)) or [[] for _ in schema]
        arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
        parquet.write_table(pa.table(arrays, schema=schema), folder / f"{name}.parquet")
    parquet.write_table(pa.table({"user_id": sorted(people)}), folder / "people.parquet")
    return folder


def cut_tables(source: Path, target: Path, *, before: datetime) -> Path:
    """Copy tables without any row at or after a moment."""
    for path in source.glob("*.parquet"):
        table = parquet.read_table(path)
        if path.stem in ("events", "exposures", "edges"):
            kept = [ts is None or ts < before for ts in table.column("ts").to_pylist()]
            table = table.filter(pa.array(kept, pa.bool_()))
        parquet.write_table(table, target / path.name)
    return target


def lively(folder: Path, *, given: bool, users: int = 40, seen: int = 600, seed: int = 0) -> Path:
    """Write random but coherent tables: acts, ties, and sights of tagged contents with shares.

    Sights are an exposures table when `given`, with shares known at once; else they are events,
    and so are the shares of the days after.
    """
    rng = np.random.default_rng(seed)
    names = [f"u{i:03d}" for i in range(users)]
    sights = [
        (names[u], f"c{c}", day(int(t)), int(s), day(int(t + late)))
        for u, c, t, s, late in zip(
            rng.integers(users, size=seen), rng.integers(12, size=seen),
            rng.integers(0, 100, seen), rng.random(seen) < 0.3, rng.integers(0, 4, seen),
            strict=True,
        )
    ]  # fmt: skip
    events = [
        (names[u], day(int(t)), channel, f"t{g}", 1.0, None)
        for u, t, channel, g in zip(
            rng.integers(users, size=800), rng.integers(0, 100, 800),
            rng.choice(["browse", "like", "purchase"], 800), rng.integers(5, size=800),
            strict=True,
        )
    ]  # fmt: skip
    if not given:
        events += [(u, t, "browse", "t0", 1.0, c) for u, c, t, _, _ in sights]
        events += [(u, later, "share", "t0", 1.0, c) for u, c, _, s, later in sights if s]
    ties = rng.integers(0, users, (60, 3))
    return write_tables(
        folder,
        people=names,
        events=events,
        exposures=[sight[:4] for sight in sights] if given else [],
        content=[(f"c{c}", f"t{g}", f"a{c % 3}", None) for c in range(12) for g in (c % 5, c % 2)],
        edges=[(names[a], names[b], day(int(t)) if t else None) for a, b, t in ties],
    )
