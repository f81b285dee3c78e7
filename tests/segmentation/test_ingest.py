"""Files in, valid tables and a quarantine out: every row ends in one of the two."""

import csv
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation.config import ColumnsConfig, Config, InputConfig
from segmentation.engine import DuckEngine
from segmentation.errors import ConfigError, InputError
from segmentation.ingest import ingest

NOW = datetime(2026, 11, 1, tzinfo=UTC)
HEADER = "user_id,ts,channel,tag,value,content_id\n"
GOOD = "u1,2026-10-01 08:00:00,browse,yoga,1,c1\n"
RETAIL = {
    "user_id": "CustomerID",
    "ts": "InvoiceDate",
    "channel": "CASE WHEN InvoiceNo LIKE 'C%' THEN 'return' ELSE 'purchase' END",
    "tag": "TRIM(Description)",
    "value": "Quantity * UnitPrice",
}


@pytest.fixture(scope="module")
def engine():
    """One engine for all tests of this file."""
    with DuckEngine("1GB", threads=2) as engine:
        yield engine


@pytest.fixture
def run(engine, tmp_path):
    """Write the given files, ingest them, and return the report and the folder written."""

    def run(files, *, out="out", bad=1.0, columns=None, as_of=None, **inputs):
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            data = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(data)
        inputs = inputs or {"events": tuple(files)}
        config = Config(
            input=InputConfig(max_bad_share=bad, **inputs),
            columns=ColumnsConfig(events=columns or {}),
        )
        target = tmp_path / out
        report = ingest(config, base=tmp_path, out=target, engine=engine, as_of=as_of, now=NOW)
        return report, target

    return run


def rows(folder: Path, table: str = "events"):
    """Read a table that was written."""
    return pq.read_table(folder / f"{table}.parquet").to_pylist()


def reasons(folder: Path):
    """Reason codes of the quarantine by file and row."""
    return {(row["source"], row["row"]): row["reason"] for row in rows(folder, "quarantine")}


def test_an_event_arrives_whole(run):
    """Columns have their types, absent ones their defaults."""
    report, out = run({"e.csv": "user_id,channel,tag\nu1,browse,yoga\n"})

    [event] = rows(out)
    assert event == {
        "user_id": "u1",
        "ts": None,
        "channel": "browse",
        "tag": "yoga",
        "value": 1.0,
        "content_id": None,
    }
    assert report.as_of is None
    assert rows(out, "people") == [{"user_id": "u1"}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",2026-10-01,browse,yoga,1,", "no_user"),
        ("  ,2026-10-01,browse,yoga,1,", "no_user"),
        ("u1,2026-10-01,browse,,1,", "no_tag"),
        ("u1,2026-10-01,,yoga,1,", "no_channel"),
        ("u1,2026-10-01,browse,yoga,nan,", "bad_value"),
        ("u1,2026-10-01,browse,yoga,inf,", "bad_value"),
        ("u1,2026-10-01,purchase,yoga,-inf,", "bad_value"),
        ("u1,2026-10-01,browse,yoga,-1,", "negative_value"),
        ("u1,2026-12-01,browse,yoga,1,", "future"),
        ("u1,1989-12-31,browse,yoga,1,", "too_old"),
        ("u1,yesterday,browse,yoga,1,", "wrong_type"),
        ("u1,2026-10-01,browse,yoga,many,", "wrong_type"),
        (f"{'u' * 257},2026-10-01,browse,yoga,1,", "too_long"),
        ("u1,2026-10-01,browse", "malformed"),
        ('u1,2026-10-01,browse,"yoga,1,', "malformed"),
    ],
)
def test_a_bad_row_is_kept_with_its_line_and_reason(run, line, reason):
    """The quarantine names file, line and reason, and shows the row."""
    report, out = run({"e.csv": HEADER + GOOD + line + "\n" + GOOD})

    [bad] = rows(out, "quarantine")
    assert (bad["source"], bad["row"], bad["reason"]) == ("e.csv", 3, reason)
    if reason == "malformed":
        assert bad["raw"] == line
    else:
        assert [value or "" for value in json.loads(bad["raw"]).values()] == [
            field.strip() for field in line.split(",")
        ]
    assert report.tables["events"].reasons == {reason: 1}
    assert len(rows(out)) == 2


def test_returns_may_be_negative(run):
    """Money channels take amounts below zero."""
    _, out = run({"e.csv": HEADER + "u1,2026-10-01,return,yoga,-9.5,\n"})

    assert [event["value"] for event in rows(out)] == [-9.5]


def test_json_lines_are_judged_like_csv(run):
    """Broken JSON, lists where objects belong and wrong types are named by their line."""
    lines = [
        '{"user_id": 17850, "channel": "browse", "tag": "yoga", "value": 2.5}',
        '{"user_id": "u1", "channel": "browse", "tag": "yo',
        "[1, 2]",
        "",
        '{"user_id": "u1", "channel": "browse", "tag": "yoga", "value": true}',
        '{"user_id": "u1", "channel": "browse"}',
    ]
    report, out = run({"e.ndjson": "\n".join(lines)})

    assert [event["user_id"] for event in rows(out)] == ["17850"]
    assert reasons(out) == {
        ("e.ndjson", 2): "malformed",
        ("e.ndjson", 3): "malformed",
        ("e.ndjson", 5): "wrong_type",
        ("e.ndjson", 6): "no_tag",
    }
    assert report.tables["events"].rows_in == 5


@pytest.mark.parametrize(
    ("user_id", "read"),
    [(17850.0, "17850"), (17850, "17850"), ("17850.0", "17850"), ("007", "007")],
)
def test_ids_that_are_numbers_stay_clean(run, tmp_path, user_id, read):
    """A number's id has no decimals, whatever wrote the file; a text keeps its zeros."""
    table = pa.table({"user_id": [user_id], "channel": ["browse"], "tag": ["yoga"]})
    pq.write_table(table, tmp_path / "e.parquet")

    _, out = run({}, events=("e.parquet",))

    assert rows(out)[0]["user_id"] == read


@pytest.mark.parametrize("nothing", [float("nan"), float("inf")])
def test_ids_that_are_numbers_may_be_missing(engine, tmp_path, nothing):
    """What pandas writes of a column of whole numbers with a gap; the row alone is bad."""
    table = {"user_id": [17850.0, nothing, 2.0], "channel": ["browse"] * 3, "tag": ["a"] * 3}
    pq.write_table(pa.table(table), tmp_path / "e.parquet")
    config = Config(input=InputConfig(events=("e.parquet",), max_bad_share=1.0))

    report = ingest(config, base=tmp_path, out=tmp_path / "out", engine=engine, as_of=None, now=NOW)

    assert [row["user_id"] for row in rows(tmp_path / "out")] == ["17850", "2"]
    assert report.tables["events"].reasons == {"no_user": 1}


def test_times_are_utc(run):
    """A zone is converted, and a time without one is UTC already."""
    lines = "u1,2026-10-01T08:00:00+02:00,browse,a,1,\nu1,2026-10-01 08:00,browse,b,1,\n"

    report, out = run({"e.csv": HEADER + lines})

    assert [event["ts"].hour for event in sorted(rows(out), key=lambda e: e["tag"])] == [6, 8]
    assert report.as_of == datetime(2026, 10, 1, 8, tzinfo=UTC)


def test_parquet_rows_count_from_one(engine, tmp_path, monkeypatch):
    """Files of the same columns are read as one, and each bad row names its own file and row."""
    for name, tags in (("a", ["yoga", None]), ("b", [None, "yoga", "yoga"])):
        table = pa.table({"user_id": ["u"] * len(tags), "channel": ["c"] * len(tags), "tag": tags})
        pq.write_table(
            table.cast(pa.schema(dict.fromkeys(table.column_names, pa.string()))),
            tmp_path / f"{name}.parquet",
        )
    monkeypatch.chdir(tmp_path)
    config = Config(input=InputConfig(events=("*.parquet",), max_bad_share=0.5))

    report = ingest(config, base=Path(), out=tmp_path / "out", engine=engine, as_of=None, now=NOW)

    assert reasons(tmp_path / "out") == {("a.parquet", 2): "no_tag", ("b.parquet", 1): "no_tag"}
    assert [(source.path, source.rows_in, source.bad) for source in report.sources] == [
        ("a.parquet", 2, 1),
        ("b.parquet", 3, 1),
    ]


def test_rows_after_a_given_time_are_future(run):
    """With `as_of` later rows are bad, and it is the report's own."""
    as_of = datetime(2026, 9, 1, tzinfo=UTC)

    report, out = run({"e.csv": HEADER + GOOD + "u2,2026-09-01,browse,yoga,1,\n"}, as_of=as_of)

    assert reasons(out) == {("e.csv", 2): "future"}
    assert report.as_of == as_of
    assert report.users == 1


@pytest.mark.parametrize("packed", ["e.csv.gz", "e.csv.zst", "e.csv"])
def test_packed_files_read_alike(run, packed):
    """Rows do not depend on how their file is packed."""
    text = (HEADER + GOOD).encode()
    pack = {"gz": gzip.compress, "zst": pa.Codec("zstd").compress, "csv": bytes}
    data = bytes(pack[packed.rpartition(".")[2]](text))

    _, out = run({packed: data})

    assert [event["tag"] for event in rows(out)] == ["yoga"]


def test_the_kind_of_file_does_not_change_a_byte(run, tmp_path):
    """CSV, NDJSON and Parquet of the same rows write the same valid table."""
    events = [
        {"user_id": f"u{n % 7}", "channel": "browse", "tag": f"é{n % 5}", "value": n / 3 - 0.0}
        for n in range(1000)
    ]
    table = pa.Table.from_pylist(events)
    pq.write_table(table, tmp_path / "e.parquet")
    lines = [",".join(map(str, event.values())) for event in reversed(events)]
    files = {
        "e.csv": "\n".join(["user_id,channel,tag,value", *lines]),
        "e.ndjson": "\n".join(map(json.dumps, events)),
    }

    written = set()
    for name in ("e.csv", "e.ndjson", "e.parquet"):
        _, out = run(files, out=name.replace(".", "-"), events=(name,))
        written.add((out / "events.parquet").read_bytes())

    assert len(written) == 1


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("e.parquet", b"user_id,channel,tag\n", r"e\.parquet is not Parquet: it begins with"),
        ("e.parquet", b"PAR1 and then nothing", r"e\.parquet is not Parquet"),
        ("e.csv.gz", b"user_id,channel,tag\n", r"e\.csv\.gz is not packed the way its name says"),
        ("e.csv.gz", gzip.compress(b"a,b\n1,2\n" * 99)[:-9], "is cut short"),
        ("e.csv", b"who,what\n1,2\n", "no column `user_id`, `channel`, `tag`, only `who`, `what`"),
        ("e.csv", b"PAR1\x00\x15\n", "is not UTF-8 text"),
        ("e.ndjson", b"PAR1 and then\nnothing\n", r"e\.ndjson is not NDJSON.*'PAR1 and then'"),
    ],
)
def test_a_file_that_is_not_what_it_claims_stops_the_run(run, name, content, says):
    """The message names the file, what was found, and what to do."""
    with pytest.raises(InputError, match=says):
        run({name: content})


@pytest.mark.parametrize("tag", [["a", "b"], {"name": "a"}])
def test_a_list_is_no_tag(run, tag):
    """As in Parquet; a text that only looks like one is, and so is what nobody asks for."""
    good = {"user_id": "u1", "channel": "browse", "tag": '["a"]', "more": [1, {"x": 2}]}
    lines = [json.dumps(good), json.dumps(good | {"tag": tag})]

    report, out = run({"e.ndjson": "\n".join(lines)})

    assert [row["tag"] for row in rows(out)] == ['["a"]']
    assert report.tables["events"].reasons == {"wrong_type": 1}


def test_an_empty_file_of_objects_holds_no_row(run):
    """A day on which nothing happened is no error; a run without any event is."""
    files = {"e.ndjson": '{"user_id": "u1", "channel": "browse", "tag": "a"}', "l.ndjson": ""}

    report, _ = run(files, events=("e.ndjson",), labels=("l.ndjson",))

    assert report.tables["labels"].rows_in == 0
    with pytest.raises(InputError, match="hold no row"):
        run({"e.ndjson": ""})


def test_rows_after_the_time_asked_for_say_so(run):
    """Who looks back names a time, and is told that it is what makes rows bad."""
    with pytest.raises(InputError, match=r"1 future .*name a later `--as-of`"):
        run({"e.csv": HEADER + GOOD}, bad=0.0, as_of=datetime(2026, 9, 1, tzinfo=UTC))


def test_too_many_bad_rows_stop_the_run(run):
    """The message counts them by reason and shows where some are."""
    with pytest.raises(
        InputError, match=r"2 of 3 rows of the events are bad.*2 no_tag.*e\.csv row"
    ):
        run({"e.csv": HEADER + GOOD + "u1,,browse,,1,\n" * 2}, bad=0.5)


def test_no_events_is_an_error(run):
    """A run without events has nothing to segment."""
    with pytest.raises(InputError, match="No events are given"):
        run({}, labels=())


def test_one_file_named_twice_is_read_once(run):
    """A repeated event is real, a file reached by two patterns is not."""
    report, _ = run({"e.csv": HEADER + GOOD * 2}, events=("e.csv", "*.csv"))

    assert report.tables["events"].valid == 2


def test_every_table_is_written(run):
    """Absent inputs give empty tables with the right columns; people come from three tables."""
    files = {
        "e.csv": HEADER + GOOD,
        "l.csv": "user_id,namespace,label\nu2,household,mom\n",
        "x.csv": "user_id,content_id,ts,shared\nu3,c1,2026-10-01,true\nu3,c1,2026-10-02,2\n",
        "k.csv": "user_id,purpose,granted\nu9,*,false\n",
    }

    report, out = run(
        files, events=("e.csv",), labels=("l.csv",), exposures=("x.csv",), consent=("k.csv",)
    )

    assert [person["user_id"] for person in rows(out, "people")] == ["u1", "u2", "u3"]
    assert [row["shared"] for row in rows(out, "exposures")] == [1]
    assert rows(out, "consent")[0]["granted"] is False
    assert rows(out, "edges") == []
    assert pq.read_schema(out / "edges.parquet").names == ["src", "dst", "ts"]
    assert reasons(out) == {("x.csv", 3): "wrong_type"}
    assert json.loads(json.dumps(report.to_dict()))["users"] == 3


def test_an_expression_makes_a_column(run):
    """Text columns are numbers where an expression needs them; what is none is a wrong type."""
    text = "who,n,price,no\nu1,2,1.5,C1\nu2,?,1.5,2\nu3,3,1.0,3\n"
    columns = {
        "user_id": "who",
        "channel": "CASE WHEN no LIKE 'C%' THEN 'return' ELSE 'purchase' END",
        "tag": "'thing'",
        "value": "n * price",
    }

    _, out = run({"e.csv": text}, columns=columns)

    assert [(row["user_id"], row["channel"], row["value"]) for row in rows(out)] == [
        ("u1", "return", 3.0),
        ("u3", "purchase", 3.0),
    ]
    assert reasons(out) == {("e.csv", 3): "wrong_type"}


@pytest.mark.parametrize(
    ("columns", "error", "says"),
    [
        ({"tag": "what +"}, ConfigError, "`what [+]` for column `tag` is not an SQL expression"),
        ({"tag": "upper(colour)"}, InputError, "no column `colour`, which"),
        ({"tags": "what"}, ConfigError, "`columns.events.tags`.*Did you mean `tag`"),
        ({"tag": "no_such_function(what)"}, ConfigError, "does not run on e.csv"),
    ],
)
def test_a_bad_expression_is_named(run, columns, error, says):
    """The message holds the expression, its column and what is wrong."""
    files = {"e.csv": "user_id,channel,what\nu1,browse,yoga\n"}

    with pytest.raises(error, match=says):
        run(files, columns={"tag": "what"} | columns)


EVENT = st.tuples(
    st.sampled_from(["u1", "u2", "u3", ""]),
    st.sampled_from(["2026-10-01", "2026-10-02 10:00:00", "", "never"]),
    st.sampled_from(["browse", "purchase"]),
    st.sampled_from(["yoga", '5" pipe', "a,b", "two\nlines", "é"]),
    st.sampled_from(["1", "2.5", "-1", "-0", "0", "", "1e3"]),
)
SLOW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def as_csv(events) -> str:
    """Write events as a CSV file."""
    quoted = ['"' + field.replace('"', '""') + '"' for event in events for field in event]
    lines = [",".join(quoted[at : at + 5]) for at in range(0, len(quoted), 5)]
    return "\n".join(["user_id,ts,channel,tag,value", *lines, ""])


@SLOW
@given(events=st.lists(EVENT, min_size=1, max_size=12), data=st.data())
def test_order_and_split_do_not_change_a_byte(run, events, data):
    """The same rows, shuffled and put into other files, write the same valid table."""
    shuffled = data.draw(st.permutations(events))
    cut = data.draw(st.integers(0, len(events)))
    files = {"b1.csv": as_csv(shuffled[:cut]), "b2.csv": as_csv(shuffled[cut:])}

    _, one = run({"a.csv": as_csv(events)}, out="one")
    _, two = run(files, out="two")

    for table in ("events", "people"):
        name = f"{table}.parquet"
        assert (one / name).read_bytes() == (two / name).read_bytes()


@SLOW
@given(garbage=st.lists(st.binary(max_size=30), min_size=1, max_size=20))
def test_no_garbage_is_lost(run, garbage):
    """Whatever a file holds, its rows are all valid or all accounted for."""
    report, out = run({"e.csv": HEADER.encode() + GOOD.encode() + b"\n".join(garbage)})

    table = report.tables["events"]
    assert table.rows_in == table.valid + table.bad
    assert table.bad == len(rows(out, "quarantine"))
    assert table.valid == len(rows(out)) >= 1


@SLOW
@given(garbage=st.lists(st.text(max_size=30), min_size=1, max_size=20))
def test_no_broken_json_is_lost(run, garbage):
    """Every line that is not blank is a row."""
    text = '{"user_id":"u","channel":"c","tag":"t"}\n' + "\n".join(garbage)

    report, _ = run({"e.ndjson": text})

    written = [line for line in text.encode().split(b"\n") if line.strip()]
    assert report.tables["events"].rows_in == len(written)


def test_the_real_dirty_slice_points_at_true_lines(engine, shared_data, tmp_path):
    """Every quarantined row of a real export shows the very line of the file it names."""
    folder = shared_data / "online_retail" / "raw"
    name = "onlineretail_dirty_slice.csv"
    config = Config(
        input=InputConfig(events=(name,), max_bad_share=0.5), columns=ColumnsConfig(events=RETAIL)
    )

    report = ingest(config, base=folder, out=tmp_path, engine=engine, as_of=None, now=NOW)

    with (folder / name).open(encoding="utf-8", newline="") as file:
        lines = {reader.line_num: row for reader in [csv.DictReader(file)] for row in reader}
    bad = {row["row"]: row for row in rows(tmp_path, "quarantine")}
    lost = {number for number, row in lines.items() if not row["CustomerID"]}
    assert bad.keys() == lost
    for number, row in bad.items():
        shown = {key: value or "" for key, value in json.loads(row["raw"]).items()}
        assert shown == lines[number]
    assert report.tables["events"].valid == len(lines) - len(lost)
    truth = pq.read_table(shared_data / "online_retail" / "events.parquet", columns=["user_id"])
    known = set(truth.column("user_id").to_pylist())
    assert {row["user_id"] for row in rows(tmp_path)} <= known
