"""A table of PostgreSQL as an input, read from a real server."""

import gc
from datetime import UTC, datetime

import psycopg
import pyarrow.parquet as pq
import pytest

from segmentation.config import ColumnsConfig, Config, InputConfig
from segmentation.engine import DuckEngine
from segmentation.errors import InputError
from segmentation.ingest import ingest
from segmentation.pgtable import address_of
from segmentation.sources import find

NOW = datetime(2026, 11, 1, tzinfo=UTC)
HEADER = "user_id,ts,channel,tag,value,content_id\n"
LINES = (
    "007,2026-10-01 08:00:00+02,browse,yoga,1,\n"
    'ü 1,2026-10-02 08:00:00+00,purchase,"tea, ""green""\nloose",2.5,c1\n'
    "u3,,like,yoga,1,\n"
)
TABLE = (
    "CREATE TABLE events (user_id text, ts timestamptz, channel text, tag text, "
    "value float8, content_id text)"
)


@pytest.fixture
def shop(postgres_url):
    """A database with events, and its address."""
    url = postgres_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url) as connection:
        connection.execute(TABLE)
        with connection.cursor().copy("COPY events FROM STDIN (FORMAT csv)") as rows:
            rows.write(LINES)
    return url


def read(config, folder):
    """Ingest into a folder; return the report."""
    with DuckEngine("1GB") as engine:
        return ingest(config, base=folder, out=folder / "out", engine=engine, as_of=None, now=NOW)


def test_a_table_reads_as_the_file_of_its_rows(shop, tmp_path):
    """Ids with zeros in front, line ends in a value, absent times and zones arrive alike."""
    (tmp_path / "events.csv").write_text(HEADER + LINES, encoding="utf-8")
    written = []
    for source in (f"{shop}&table=events", "events.csv"):
        report = read(Config(input=InputConfig(events=(source,))), tmp_path)
        written.append((tmp_path / "out" / "events.parquet").read_bytes())
        assert report.tables["events"].valid == 3

    assert written[0] == written[1]


def test_a_bad_row_of_a_table_is_kept_with_its_number(shop, tmp_path):
    """Rows count from one; an absent value and a time without end are told apart from none."""
    with psycopg.connect(shop) as connection:
        connection.execute("INSERT INTO events VALUES ('u4', 'infinity', 'browse', 'a')")
        connection.execute("INSERT INTO events VALUES ('u5')")

    read(Config(input=InputConfig(events=(f"{shop}&table=events",), max_bad_share=1.0)), tmp_path)

    kept = pq.read_table(tmp_path / "out" / "quarantine.parquet").to_pylist()
    assert [(row["row"], row["reason"]) for row in kept] == [(4, "future"), (5, "no_channel")]


def test_columns_of_a_table_are_mapped_like_those_of_a_file(shop, tmp_path):
    """A schema in the name, numbers and flags in expressions."""
    with psycopg.connect(shop) as connection:
        connection.execute('CREATE SCHEMA "My Shop"')
        connection.execute('CREATE TABLE "My Shop".lines (id int, "when" timestamp, price numeric)')
        connection.execute("INSERT INTO \"My Shop\".lines VALUES (17850, '2026-10-01', 1.5)")
    mapping = {
        "user_id": "id", "ts": '"when"', "channel": "'purchase'", "tag": "'thing'",
        "value": "price * 2",
    }  # fmt: skip

    read(
        Config(
            input=InputConfig(events=(f"{shop}&table=My%20Shop.lines",)),
            columns=ColumnsConfig(events=mapping),
        ),
        tmp_path,
    )

    [event] = pq.read_table(tmp_path / "out" / "events.parquet").to_pylist()
    assert (event["user_id"], event["value"]) == ("17850", 3.0)


def test_a_table_without_rows_holds_nothing(shop, tmp_path):
    """No row is not an error of the table."""
    with psycopg.connect(shop) as connection:
        connection.execute("CREATE TABLE labels (user_id text, namespace text, label text)")

    report = read(
        Config(
            input=InputConfig(events=(f"{shop}&table=events",), labels=(f"{shop}&table=labels",))
        ),
        tmp_path,
    )

    assert report.tables["labels"].rows_in == 0


def test_the_copy_of_a_table_goes_with_its_source(shop, tmp_path):
    """Nothing of a table lies about when nobody reads it any more."""
    [source] = find((f"{shop}&table=events", f"{shop}&table=events"), base=tmp_path)
    copied = source.path
    assert copied.exists()

    del source
    gc.collect()

    assert not copied.exists()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("postgresql://me:secret@localhost/shop", "must name one table"),
        ("postgresql://me:secret@localhost:1/shop?table=events", "cannot be read: connection"),
        ("postgresql://localhost:1/shop?table=events&password=secret", "cannot be read"),
    ],
)
def test_no_message_tells_the_password(address, says, tmp_path):
    """Whoever reads the log of a run learns where the table is, not how to open it."""
    with pytest.raises(InputError, match=says) as raised:
        find((address,), base=tmp_path)

    assert "secret" not in str(raised.value)
    assert "localhost" in str(raised.value)


def test_a_table_that_is_not_there_is_named(shop, tmp_path):
    """The message is the server's, beside what was asked for."""
    with pytest.raises(InputError, match='relation "nothing" does not exist'):
        find((f"{shop}&table=nothing",), base=tmp_path)


def test_what_else_the_address_says_goes_to_the_database():
    """Only the table is ours."""
    address = address_of("postgresql://me:x@db/shop?sslmode=require&table=a.b&options=-c%20a%3D1")

    assert address.table == ("a", "b")
    assert address.database == "postgresql://me:x@db/shop?sslmode=require&options=-c%20a%3D1"
    assert address.shown.startswith("postgresql://me@db/shop?sslmode=require&table=a.b")
