"""The log: one JSON object a line."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from service.loglines import LEVELS, LogLines


def read(out):
    """Read a log back, an object a line."""
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_holds_the_event_what_is_known_of_it_and_when_it_was():
    """Who reads the log by machine finds the same names in every line."""
    out = io.BytesIO()

    LogLines(out, least="info").info("snapshot_live", run_id="r1")

    (line,) = read(out)
    assert (line["event"], line["level"], line["run_id"]) == ("snapshot_live", "info", "r1")
    assert datetime.fromisoformat(line["at"]).utcoffset().total_seconds() == 0


def test_a_failure_says_where_an_exception_was_raised():
    """Its trace stands in the line, so that no line is anything but JSON."""
    out = io.BytesIO()
    try:
        raise LookupError("planted")
    except LookupError as error:
        LogLines(out, least="error").error("request_failed", of=error)

    (line,) = read(out)
    assert line["exception"].endswith("LookupError: planted")
    assert "test_a_failure_says" in line["exception"]


@pytest.mark.parametrize("least", LEVELS)
def test_only_lines_as_severe_as_asked_for_are_written(least):
    """Those below are left out, errors never."""
    out = io.BytesIO()
    log = LogLines(out, least=least)

    log.info("fine")
    log.error("not_fine")

    expected = ["fine", "not_fine"] if least in ("debug", "info") else ["not_fine"]
    assert [line["event"] for line in read(out)] == expected
    assert log.takes("info") == ("fine" in expected)


def test_lines_of_several_threads_are_not_mixed():
    """Each is whole, whoever else writes."""
    out = io.BytesIO()
    log = LogLines(out, least="info")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: log.info("said", number=number), range(400)))

    assert sorted(line["number"] for line in read(out)) == list(range(400))
