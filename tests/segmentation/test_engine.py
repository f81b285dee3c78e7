"""DuckDB behind the engine protocol: same bytes, bounded memory, clear errors."""

import pytest

from segmentation.engine import DuckEngine, Engine, QueryError, identifier, literal
from segmentation.errors import ConfigError

SHUFFLED = (
    "SELECT (hash(i) % 100003)::VARCHAR AS user_id, hash(i) % 77 AS tag FROM range({rows}) AS t(i) "
    "ORDER BY ALL"
)


@pytest.fixture
def engine():
    """A small engine of one thread."""
    with DuckEngine("500MB", threads=1) as engine:
        yield engine


def test_a_written_result_reads_back(engine: Engine, tmp_path):
    """Writing says how many rows, and registering makes the file a table."""
    written = engine.write("SELECT * FROM range(5) AS t(n)", tmp_path / "n.parquet")

    engine.register("numbers", tmp_path / "n.parquet")

    assert written == 5
    assert engine.rows("SELECT sum(n) FROM numbers") == [(10,)]
    assert engine.execute("SELECT max(n) AS top FROM numbers").to_pylist() == [{"top": 4}]


def test_several_files_are_one_table(engine, tmp_path):
    """A list of files registers as their union."""
    for part in (1, 2):
        engine.write(f"SELECT {part} AS n", tmp_path / f"{part}.parquet")

    engine.register("parts", [tmp_path / "1.parquet", tmp_path / "2.parquet"])

    assert engine.rows("SELECT count(*), sum(n) FROM parts") == [(2, 3)]


def test_a_folder_of_files_is_one_table(engine, tmp_path):
    """A table in parts registers by its folder."""
    (tmp_path / "n.parquet").mkdir()
    for part in (1, 2):
        engine.write(f"SELECT {part} AS n", tmp_path / "n.parquet" / f"{part}.parquet")

    engine.register("parts", tmp_path / "n.parquet")

    assert engine.rows("SELECT count(*), sum(n) FROM parts") == [(2, 3)]


def test_threads_do_not_change_the_bytes(tmp_path):
    """A sorted result is the same file on one thread and on four."""
    files = []
    for threads in (1, 4):
        with DuckEngine("500MB", threads=threads) as engine:
            path = tmp_path / f"{threads}.parquet"
            engine.write(SHUFFLED.format(rows=300_000), path)
            files.append(path.read_bytes())

    assert files[0] == files[1]


def test_a_sort_larger_than_memory_spills(tmp_path):
    """What does not fit into `memory_limit` goes to disk and comes back sorted."""
    query = SHUFFLED.format(rows=3_000_000)
    with DuckEngine("60MB", threads=1, temp_directory=tmp_path / "spill") as engine:
        rows = sum(batch.num_rows for batch in engine.batches(query))

    assert rows == 3_000_000


def test_a_failed_write_leaves_the_old_file(engine, tmp_path):
    """A file is replaced whole or not at all, and nothing is left beside it."""
    path = tmp_path / "n.parquet"
    engine.write("SELECT 1 AS n", path)

    with pytest.raises(QueryError):
        engine.write("SELECT CAST('x' AS INTEGER) AS n", path)

    assert [file.name for file in tmp_path.iterdir()] == ["n.parquet"]
    engine.register("numbers", path)
    assert engine.rows("SELECT n FROM numbers") == [(1,)]


def test_too_little_memory_says_what_to_do():
    """Without a place to spill, the limit is an error that names the setting."""
    with (
        DuckEngine("20MB", threads=1) as engine,
        pytest.raises(QueryError, match="`memory_limit` 20MB"),
    ):
        engine.execute(SHUFFLED.format(rows=3_000_000))


@pytest.mark.parametrize(("limit", "threads"), [("plenty", 1), ("1GB", 0)])
def test_bad_resources_are_named(limit, threads):
    """The message holds both settings and an example of a good one."""
    with pytest.raises(ConfigError, match=rf"`memory_limit` '{limit}' and `threads` {threads}"):
        DuckEngine(limit, threads=threads)


def test_text_is_quoted_for_sql(engine):
    """A quote inside a name or a value cannot end it."""
    name, value = 'a "b"', "it's"

    table = engine.execute(f"SELECT {literal(value)} AS {identifier(name)}")

    assert table.to_pylist() == [{name: value}]


def test_a_zoned_time_is_utc(engine):
    """An instant becomes the UTC time without a zone, whatever the machine's zone."""
    rows = engine.rows("SELECT CAST(TIMESTAMPTZ '2024-01-01 00:30:00+02' AS TIMESTAMP)::VARCHAR")

    assert rows == [("2023-12-31 22:30:00",)]
