"""Events sent one call at a time are judged as the same events in a file, and kept for runs."""

import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.erasure import erase_in_database
from segmentation.ingest import ingest
from segmentation.records import overlay
from segmentation.sent import judge, keep, last

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)
GOOD = {"user_id": "u", "channel": "browse", "tag": "yoga"}
EVENTS = [
    GOOD,
    {**GOOD, "ts": "2026-10-01T12:00:00+02:00", "value": 2.5, "content_id": "c-1"},
    {**GOOD, "user_id": 17850, "ts": "2026-10-01 12:00:00"},
    {**GOOD, "user_id": None},
    {**GOOD, "user_id": " \t"},
    {**GOOD, "channel": ""},
    {"user_id": "u", "channel": "browse"},
    {**GOOD, "user_id": "x" * 257},
    {**GOOD, "user_id": "é" * 129},
    {**GOOD, "tag": "t" * 1025},
    {**GOOD, "content_id": "c" * 257},
    {**GOOD, "value": -1},
    {**GOOD, "value": -1.5, "channel": "return"},
    {**GOOD, "value": "much"},
    {**GOOD, "ts": "soon"},
    {**GOOD, "ts": "2026-11-01T02:00:01Z"},
    {**GOOD, "ts": "1989-12-31T23:59:59Z"},
    {**GOOD, "ts": "1990-01-01T00:00:00Z"},
]


def plain(event):
    """An event as files have it: its time in UTC, without a zone."""
    moment = event["ts"]
    return {**event, "ts": moment.astimezone(UTC).replace(tzinfo=None) if moment else None}


def test_events_are_judged_as_those_of_a_file(tmp_path):
    """Row by row: the same reasons, and the same valid rows."""
    path = tmp_path / "events.ndjson"
    path.write_text("\n".join(json.dumps(event) for event in EVENTS), encoding="utf-8")
    given = {"input": {"events": [str(path)], "max_bad_share": 1.0}}
    config, out = overlay(Config(), given, "the test"), tmp_path / "out"
    out.mkdir()
    with DuckEngine() as engine:
        ingest(config, base=tmp_path, out=out, engine=engine, as_of=None, now=NOW)
    bad = pq.read_table(out / "quarantine.parquet").to_pylist()
    valid = pq.read_table(out / "events.parquet").to_pylist()

    judged = judge(EVENTS, money=("purchase", "return"), now=NOW)

    assert judged.bad == {row["row"]: row["reason"] for row in bad}
    assert len(judged.bad) == 13

    def key(row):
        return str(sorted(row.items(), key=str))

    assert sorted(map(plain, judged.valid), key=key) == sorted(valid, key=key)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({**GOOD, "user_id": True}, "wrong_type"),
        ({**GOOD, "tag": ["yoga"]}, "wrong_type"),
        ({**GOOD, "ts": 1_790_000_000}, "wrong_type"),
        ({**GOOD, "ts": "9999-12-31T23:59:59-12:00"}, "wrong_type"),
        ({**GOOD, "value": float("nan")}, "bad_value"),
        ({**GOOD, "value": 10**400}, "bad_value"),
        ({**GOOD, "tag": "a\x00b"}, "bad_encoding"),
        ({**GOOD, "tag": "\ud800"}, "bad_encoding"),
    ],
)
def test_what_json_can_say_and_a_file_cannot_has_a_reason_too(event, reason):
    """Nothing of it reaches a database."""
    assert judge([event], money=(), now=NOW).bad == {1: reason}


def test_a_number_is_never_given_twice(database):
    """Also when the last events were erased: a snapshot counts them as read."""
    first = keep(database, [{**judge([GOOD], money=(), now=NOW).valid[0]}], by="k", now=NOW)

    assert erase_in_database(database, "u") == 1
    assert last(database) in (0, first)
    other = judge([{**GOOD, "user_id": "v"}], money=(), now=NOW).valid

    assert keep(database, other, by="k", now=NOW) == first + 1
