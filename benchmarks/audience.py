"""Audiences of a million people, beside databases with every index they could want.

All of it runs in one process tree on the same planted people, one engine after another; each must
give the same answers. Run `python -m benchmarks.audience --users 1000000`; what `make
bench-install` did not install (chdb) is left out.
"""

import argparse
import io
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import duckdb
import numpy as np
import psycopg
import pyarrow as pa
from pyarrow import csv

from benchmarks.crowd import build, crowd
from segmentation.delivery import listed
from segmentation.index import Snapshot
from tests.postgres import server

TEN_TAGS = [f"tag-{number:04}" for number in range(3, 43, 4)]
TAG_LIST = ", ".join(f"'{tag}'" for tag in TEN_TAGS)
QUERIES = {
    "circle, tier and score": (
        'circle = "interest-7" AND tier >= "gold" AND share_propensity > 0.2',
        "SELECT COUNT(*) FROM users u JOIN members m USING (person) WHERE m.circle_id = "
        "'interest-7' AND u.tier IN ('gold', 'platinum') AND u.share_propensity > 0.2",
    ),
    "ten tags or more, not a tier": (
        f"tag:({' OR '.join(TEN_TAGS)}) AND NOT tier = silver",
        "SELECT COUNT(*) FROM users u WHERE u.tier <> 'silver' AND u.person IN "
        f"(SELECT person FROM tags WHERE tag IN ({TAG_LIST}))",
    ),
    "two tags, a stage, a range": (
        "tag:tag-0002 AND NOT tag:tag-0005 AND stage >= retain AND value > 10 AND value <= 40",
        "SELECT COUNT(*) FROM users u WHERE u.stage IN ('retain', 'advocate') AND u.value > 10 "
        "AND u.value <= 40 AND u.person IN (SELECT person FROM tags WHERE tag = 'tag-0002') AND "
        "u.person NOT IN (SELECT person FROM tags WHERE tag = 'tag-0005')",
    ),
    "a score alone": (
        "influence > 1.2345",
        "SELECT COUNT(*) FROM users u WHERE u.influence > 1.2345",
    ),
    "either of two circles and a label of life": (
        "(circle = interest-2 OR circle = interest-9) AND lifestyle.primary = lifestyle-3",
        "SELECT COUNT(DISTINCT u.person) FROM users u JOIN members m USING (person) WHERE "
        "m.circle_id IN ('interest-2', 'interest-9') AND u.lifestyle_circle = 'lifestyle-3'",
    ),
}
ROUNDS = 200
SECONDS = 5.0
"""How long a query is asked again at most, but at least three times."""

Figures = dict[str, tuple[int, float]]


def main() -> None:
    """Measure every engine and print a table."""
    given = arguments()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        build(run, given.users)
        tables = relations(given.users)
        with Snapshot.open(run) as snapshot:

            def count(text: str, _: str) -> int:
                return len(snapshot.audience(text))

            figures = {
                "Coterie": measure(count),
                "its CPU": measure(count, clock=time.process_time),
            }
            for name in given.engines:
                with ENGINES[name](tables) as ask:
                    figures[name] = measure(lambda _, sql, ask=ask: ask(sql))
            show(figures, given.users)
            show_exports(snapshot)
        show_sizes(run)


def arguments(*, users: int = 1_000_000) -> argparse.Namespace:
    """Read the command line."""
    here = [name for name in ENGINES if name != "chdb" or find_spec("chdb")]
    parser = argparse.ArgumentParser(description="Measure audiences beside databases.")
    parser.add_argument("--users", type=int, default=users)
    parser.add_argument("--engines", nargs="*", choices=here, default=here)
    return parser.parse_args()


def relations(users: int) -> dict[str, pa.Table]:
    """The same people as the tables a database would hold."""
    tables = crowd(users)
    people = tables.users.rename_columns(
        ["stage" if name == "lifecycle_stage" else name for name in tables.users.column_names]
    )
    person = pa.array(np.arange(users, dtype=np.int32))
    columns = ["tier", "stage", "share_propensity", "influence", "value", "lifestyle_circle"]
    number = tables.members["user_id"].to_pandas().str.slice(5).astype("int32")
    tag = np.repeat(np.arange(len(tables.tags.words)), np.diff(tables.tags.ends))
    names = pa.array(tables.tags.words)
    return {
        "users": people.select(columns).append_column("person", person),
        "members": pa.table({"person": number, "circle_id": tables.members["circle_id"]}),
        "tags": pa.table(
            {"person": tables.tags.rows.astype(np.int32), "tag": names.take(pa.array(tag))}
        ),
    }


def measure(
    ask: Callable[[str, str], int], *, clock: Callable[[], float] = time.perf_counter
) -> Figures:
    """Ask each query again and again; give its answer and the median milliseconds."""
    figures = {}
    for name, (text, sql) in QUERIES.items():
        answer, times, end = ask(text, sql), [], time.perf_counter() + SECONDS
        while len(times) < 3 or (len(times) < ROUNDS and time.perf_counter() < end):
            began = clock()
            ask(text, sql)
            times.append(clock() - began)
        figures[name] = (answer, 1e3 * median(times))
    return figures


@contextmanager
def duck(tables: dict[str, pa.Table]) -> Iterator[Callable[[str], int]]:
    """The people in DuckDB's own format, in memory, on two threads."""
    with duckdb.connect(config={"threads": 2}) as connection:
        for name, table in tables.items():
            connection.register("arrived", table)
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arrived")
        yield lambda sql: int(connection.execute(sql).fetchone()[0])


@contextmanager
def postgres(tables: dict[str, pa.Table]) -> Iterator[Callable[[str], int]]:
    """The people in PostgreSQL, indexed by every column asked for, and analysed."""
    with server() as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET max_parallel_workers_per_gather = 2; SET work_mem = '256MB'")
        for name, table in tables.items():
            load(connection, name, table)
        for name, columns in (("users", ("person", "tier", "stage", "share_propensity",
                                         "influence", "value", "lifestyle_circle")),
                              ("members", ("circle_id, person", "person")),
                              ("tags", ("tag, person", "person"))):  # fmt: skip
            for column in columns:
                connection.execute(f"CREATE INDEX ON {name} ({column})")
            connection.execute(f"VACUUM ANALYZE {name}")
        yield lambda sql: int(connection.execute(sql).fetchone()[0])


def load(connection: psycopg.Connection, name: str, table: pa.Table) -> None:
    """Copy a table over."""
    kinds = {"int32": "INTEGER", "double": "DOUBLE PRECISION", "string": "TEXT"}
    columns = ", ".join(f"{field.name} {kinds[str(field.type)]}" for field in table.schema)
    connection.execute(f"CREATE UNLOGGED TABLE {name} ({columns})")
    plain = csv.WriteOptions(include_header=False)
    with connection.cursor().copy(f"COPY {name} FROM STDIN (FORMAT csv)") as copy:
        for batch in table.to_batches(65_536):
            lines = io.BytesIO()
            csv.write_csv(batch, lines, plain)
            copy.write(lines.getvalue())


@contextmanager
def clickhouse(tables: dict[str, pa.Table]) -> Iterator[Callable[[str], int]]:
    """The people in ClickHouse's own format, sorted by what is asked for, on two threads."""
    from chdb.session import Session

    order = {"users": "person", "members": "circle_id, person", "tags": "tag, person"}
    with tempfile.TemporaryDirectory() as folder:
        session = Session(folder)
        for name, table in tables.items():
            path = Path(folder) / f"{name}.arrow"
            with pa.ipc.new_file(path, table.schema) as file:
                file.write_table(table)
            session.query(
                f"CREATE TABLE {name} ENGINE = MergeTree ORDER BY ({order[name]}) SETTINGS "
                f"allow_nullable_key = 1 AS SELECT * FROM file('{path}', Arrow)"
            )
            session.query(f"OPTIMIZE TABLE {name} FINAL")
        session.query("SET max_threads = 2")
        yield lambda sql: int(str(session.query(sql, "CSV")))
        session.close()


ENGINES: dict[str, Callable[[dict[str, pa.Table]], AbstractContextManager[Callable[[str], int]]]]
ENGINES = {"DuckDB": duck, "PostgreSQL": postgres, "chdb": clickhouse}


def show(figures: dict[str, Figures], users: int) -> None:
    """Print the table, and fail when two engines disagree."""
    print(f"{users:,} people, median milliseconds")
    print(f"{'query':42}{'people':>10}" + "".join(f"{name:>14}" for name in figures))
    for query in QUERIES:
        answers = {engine: figures[engine][query][0] for engine in figures}
        if len(set(answers.values())) != 1:
            raise SystemExit(f"The engines disagree on {query}: {answers}.")
        times = "".join(f"{figures[engine][query][1]:14.3f}" for engine in figures)
        print(f"{query:42}{answers['Coterie']:10,}{times}")


def show_exports(snapshot: Snapshot) -> None:
    """Print how fast everyone's ids are written."""
    audience = snapshot.audience("")
    for form in ("ndjson", "csv", "parquet"):
        began = time.process_time()
        size = sum(len(piece) for piece in listed(audience, form, hash_ids=False))
        seconds = time.process_time() - began
        print(f"export {form}: {len(audience) / seconds / 1e6:.1f} million ids a CPU second, "
              f"{size / 1e6:.0f} MB")  # fmt: skip


def show_sizes(run: Path) -> None:
    """Print what the audience index weighs and what the process used at most."""
    size = sum(path.stat().st_size for path in (run / "index" / "audience").iterdir())
    print(f"audience index on disk: {size / 1e6:.0f} MB; peak of this process "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")  # fmt: skip


if __name__ == "__main__":
    main()
