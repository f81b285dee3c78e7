"""Spark behind the engine protocol: the same tables, circles and quarantine as DuckDB's."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from segmentation.config import Config, ResourcesConfig
from segmentation.durable import replace_text
from segmentation.engine import DuckEngine, QueryError
from segmentation.habits import HABITS, Habits
from segmentation.progress import Silent
from segmentation.records import overlay
from segmentation.run import RunRequest, segment
from segmentation.slices import Look, Rows
from segmentation.stages import STAGES
from segmentation.store import Store
from tests.segmentation.conftest import NOW

pyspark = pytest.importorskip("pyspark", reason="the extra `spark` is not installed")

from segmentation.engine_spark import SparkEngine  # noqa: E402 - only where Spark is
from segmentation.sparking import spark_session  # noqa: E402 - likewise

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),  # Java has to warm up, and a busy machine takes its time
    pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java"),
]

RESOURCES = ResourcesConfig(memory_limit="2GB", engine="spark", spark_master="local[2]")
TOLD = {"manifest.json", "report.json"}
"""What tells how long a run took, or how many bytes that is."""
MESSY = [
    {"user_id": "n1", "ts": "2026-10-01T10:00:00+02:00", "channel": "browse", "tag": "t00"},
    {"user_id": "n1", "ts": "no time", "channel": "browse", "tag": "t00"},
    {"user_id": "", "ts": "2026-10-02", "channel": "browse", "tag": "t00"},
    {"user_id": "n2", "ts": "2026-10-02 11:00", "channel": "browse", "tag": ["a", "list"]},
    {"user_id": "n2", "ts": "2027-10-02", "channel": "browse", "tag": "t00"},
    {"user_id": "n2", "ts": "2026-10-02", "channel": "browse", "tag": "t00", "value": "-1"},
    {"user_id": "né", "ts": None, "channel": "purchase", "tag": "t00", "value": "-1e3"},
]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """One Spark for all tests here."""
    log = tmp_path_factory.mktemp("spark") / "spark.log"
    with spark_session(RESOURCES, log=log) as started:
        yield started


@pytest.fixture
def engine(session, tmp_path):
    """A Spark engine with a DuckDB beside it."""
    with (
        DuckEngine("1GB", threads=1) as near,
        SparkEngine(session, near, scratch=tmp_path / "scratch") as engine,
    ):
        yield engine


@pytest.fixture(scope="module")
def messy(population, tmp_path_factory) -> Path:
    """The population's tables as files of every kind, with bad rows, under a name with a space."""
    folder = tmp_path_factory.mktemp("messy data")
    events = pq.read_table(population / "events.parquet")
    third = events.num_rows // 3
    pq.write_table(events[:third], folder / "one.parquet", row_group_size=1000)
    moments = events["ts"][third : 2 * third].cast(pa.timestamp("ns"))
    nanos = events[third : 2 * third].set_column(1, "ts", moments)
    pq.write_table(nanos, folder / "two.parquet")
    pacsv.write_csv(events[2 * third :], folder / "three.csv")
    with (folder / "three.csv").open("a", encoding="utf-8") as file:
        file.write('torn,2026-10-01,"browse\n')
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in MESSY)
    replace_text(folder / "four.ndjson", f"{lines}\nno json\n")
    for table in ("labels", "edges", "exposures", "content", "consent"):
        shutil.copy(population / f"{table}.parquet", folder)
    return folder


def settings(folder: Path) -> Config:
    """Settings that read every file there, a column of tags by an expression of DuckDB's."""
    names = ("labels", "edges", "exposures", "content", "consent")
    tables = {name: [str(folder / f"{name}.parquet")] for name in names}
    kinds = ("one.parquet", "two.parquet", "three.csv", "four.ndjson")
    tables["events"] = [str(folder / kind) for kind in kinds]
    columns = {"events": {"tag": "list_extract(string_split(tag, '|'), 1)"}}
    changes = {"input": tables, "columns": columns, "circles": {"resamples": 2}}
    return overlay(Config(), changes, "the test")


def request(folder: Path, store: Path, resources: ResourcesConfig, **asked) -> RunRequest:
    """Ask for a run on one engine."""
    config = replace(settings(folder), resources=resources)
    return RunRequest(config=config, base=folder, store=store, now=NOW, **asked)


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file of a snapshot but those that tell the time a run took."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in TOLD]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_both_engines_make_the_same_snapshot(session, messy, tmp_path):
    """People, quarantine, circles, members, tags: not a byte differs."""
    snapshots = {}
    for resources in (ResourcesConfig(), RESOURCES):
        store = tmp_path / resources.engine
        run_id = segment(request(messy, store, resources), Silent()).run_id
        snapshots[resources.engine] = store / "runs" / run_id

    bad = pq.read_table(snapshots["spark"] / "tables" / "quarantine.parquet")
    duck, spark = (contents(snapshots[name]) for name in ("duckdb", "spark"))
    assert len(set(bad["reason"].to_pylist())) >= 5
    assert duck.keys() == spark.keys()
    assert [name for name in duck if duck[name] != spark[name]] == []


def test_a_run_spark_began_goes_on_without_it(session, messy, tmp_path):
    """What Spark wrote is read by DuckDB where a run goes on, or begins its reading again."""

    def broken(context, advance):
        raise RuntimeError("broken off")

    ends = [replace(STAGES[1], work=broken), *STAGES[2:]]
    with pytest.raises(RuntimeError, match="broken off"):
        segment(request(messy, tmp_path, RESOURCES), Silent(), stages=[STAGES[0], *ends])
    [work] = (tmp_path / "work").iterdir()
    assert (work / "valid" / "events.parquet").is_dir()
    (work / "stages" / "ingest.json").unlink()

    resumed = segment(request(messy, tmp_path, ResourcesConfig(), resume=True), Silent())

    assert resumed.run_id == work.name
    assert Store(tmp_path).manifest(work.name)["rows"]["users"] > 1500


@pytest.fixture(scope="module")
def valid(population, tmp_path_factory) -> Path:
    """Valid tables with what may be read otherwise by another engine: no time, week ends, ties."""
    folder = tmp_path_factory.mktemp("valid")
    shutil.copytree(population, folder, dirs_exist_ok=True)
    events = pq.read_table(population / "events.parquet")
    edges = [
        ("odd", None, "browse", "t00", 1.0),
        ("odd", datetime(2026, 10, 4, 23, 59, 59, 999999), "app", "t01", 0.0),
        ("odd", datetime(2026, 10, 5), "purchase", "t02", 12.345),
        ("odder", datetime(2026, 8, 3, 0, 0, 1), "purchase", "ü", 12.345),
        ("odder", datetime(2026, 8, 3, 5, 59), "return", "t02", -12.3449),
    ]
    rows = [dict(zip(events.column_names, (*edge, None), strict=True)) for edge in edges]
    further = pa.Table.from_pylist(rows, schema=events.schema)
    pq.write_table(pa.concat_tables([events, further]), folder / "events.parquet")
    return folder


@pytest.mark.parametrize("name", HABITS)
def test_a_habit_is_the_same_on_both_engines(engine, valid, name):
    """Days, weeks, ranks and shares are counted alike."""
    habits = Habits(("purchase", "return"), datetime(2026, 11, 1, tzinfo=UTC), 90.0)
    asked = f"SELECT * FROM ({HABITS[name](habits)}) AS habit ORDER BY ALL"

    found = []
    for each in (engine, engine.reader):
        for table in ("events", "labels", "people"):
            file = valid / f"{'truth_users' if table == 'people' else table}.parquet"
            each.register(table, file)
        found.append(each.rows(asked))

    assert found[0] == found[1]
    assert len(found[0]) > 100


def test_a_written_result_is_in_the_order_of_its_files(engine, tmp_path):
    """Read by name, the files of a folder are sorted as a whole, as DuckDB sorts."""
    asked = "SELECT {} AS tag FROM range(20000) AS t(i) ORDER BY tag"
    engine.reader.write(asked.format("hash(i)::VARCHAR"), tmp_path / "sorted.parquet")
    engine.session.conf.set("spark.sql.adaptive.coalescePartitions.enabled", "false")
    engine.register("shuffled", tmp_path / "sorted.parquet")

    rows = engine.write("SELECT tag FROM shuffled ORDER BY tag", tmp_path / "folder.parquet")

    assert rows == 20_000
    assert len(list((tmp_path / "folder.parquet").glob("*.parquet"))) > 1
    assert pq.read_table(tmp_path / "folder.parquet").column(0) == pq.read_table(
        tmp_path / "sorted.parquet"
    ).column(0)


def test_a_failed_write_leaves_the_old_table(engine, tmp_path):
    """A table is replaced whole or not at all, a file by a folder too."""
    path = tmp_path / "n.parquet"
    engine.reader.write("SELECT 1 AS n", path)

    with pytest.raises(QueryError, match="cannot be cast"):
        engine.write("SELECT CAST('x' AS INTEGER) AS n", path)
    assert pq.read_table(path).to_pylist() == [{"n": 1}]

    engine.write("SELECT 2 AS n", path)
    assert pq.read_table(path).to_pylist() == [{"n": 2}]
    engine.write("SELECT 3 AS n", path)
    assert pq.read_table(path).to_pylist() == [{"n": 3}]


def test_no_row_is_a_table_too(engine, tmp_path):
    """A result without rows keeps its columns."""
    assert engine.write("SELECT 1 AS n WHERE 1 = 0", tmp_path / "none.parquet") == 0

    engine.reader.register("none", tmp_path / "none.parquet")
    assert engine.reader.execute("SELECT * FROM none").schema.names == ["n"]
    assert list(engine.batches("SELECT 1 AS n WHERE 1 = 0")) == []


def doubled(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A pure function of a batch."""
    amounts = pa.array([2 * value for value in batch["amount"].to_pylist()], pa.uint32())
    return pa.RecordBatch.from_pydict(
        {"person": batch["person"], "ts": batch["ts"], "amount": amounts}
    )


def test_changed_rows_that_are_alike_come_as_one(engine):
    """Their totals are added up beyond 32 bits, and the latest time stays."""
    asked = (
        "SELECT CAST(1 AS BIGINT) AS person, CAST(ts AS TIMESTAMP) AS ts, 2000000000 AS amount "
        "FROM (SELECT '2026-01-01' AS ts UNION ALL SELECT '2026-03-01' UNION ALL SELECT NULL) AS t"
    )

    [batch] = engine.changed(asked, doubled, total="amount")

    assert batch.to_pylist() == [{"person": 1, "ts": datetime(2026, 3, 1), "amount": 12 * 10**9}]


def test_what_spark_cannot_run_is_one_line(engine):
    """A query's failure is told as DuckDB's is."""
    with pytest.raises(QueryError) as failure:
        engine.rows("SELECT nowhere FROM people_of_no_table")

    assert "people_of_no_table" in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_task_says_why_it_failed(engine, population):
    """What a look at a row ends in is told in its own words, not in a trace of Java."""
    rows = Rows("seen", "*", (str(population / "events.parquet"),))
    engine.reader.rows(rows.view())
    look = Look("SELECT CASE WHEN value < -1e9 THEN tag ELSE error('no such row') END AS tag "
                "FROM seen", rows)  # fmt: skip

    with pytest.raises(QueryError, match=r"^[^\n]*no such row[^\n]*$"):
        engine.look_at_rows("looked", [look])


def test_a_query_with_parameters_is_refused(engine):
    """Spark would take them otherwise than DuckDB does."""
    with pytest.raises(QueryError, match="without parameters"):
        engine.rows("SELECT ?", [1])
