"""What a server tells of itself."""

import asyncio
import io
import json
from datetime import UTC, datetime

import pytest

from service.telemetry import Finished, Telemetry, TelemetryMiddleware, given_id
from tests.service.callers import caller


def lines(log):
    """Read a log back, an object a line."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


def ask(log, path, *, answer=None, headers=None):
    """Ask a wrapped application that answers, or fails when it has no answer."""
    telemetry = Telemetry(log=log)

    async def application(scope, receive, send):
        if answer is None:
            raise RuntimeError("planted")
        await send({"type": "http.response.start", "status": answer, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    caller(TelemetryMiddleware(application, telemetry)).get(path, headers=headers)
    telemetry.settle()


def test_a_request_is_one_line_without_ids_or_keys():
    """Neither the path nor the key stands in the log."""
    log = io.BytesIO()

    ask(log, "/v1/users/wanda", answer=200, headers={"Authorization": "Bearer cot_a_b"})

    (line,) = lines(log)
    assert line["event"] == "request_finished"
    assert (line["method"], line["route"], line["status"]) == ("GET", "unmatched", 200)
    assert b"wanda" not in log.getvalue()
    assert b"cot_" not in log.getvalue()


def test_a_failure_is_logged_and_counted_as_one():
    """The line says where it happened, under the name the caller was told."""
    log = io.BytesIO()

    ask(log, "/", headers={"X-Request-Id": "abc"})

    failed, finished = lines(log)
    assert (failed["event"], failed["request_id"]) == ("request_failed", "abc")
    assert "planted" in failed["exception"]
    assert finished["status"] == 500


def test_the_level_silences_the_access_log():
    """A busy server may log only what went wrong."""
    log = io.BytesIO()
    telemetry = Telemetry(log_level="warning", log=log)

    telemetry.finished(Finished("GET", "/", 200, 0.1, "abc", datetime.now(UTC)))
    telemetry.settle()

    assert log.getvalue() == b""


def test_a_log_that_nobody_takes_stops_no_figures():
    """What reads standard output may end before the server does."""

    class Closed(io.BytesIO):
        def write(self, _):
            raise BrokenPipeError

    telemetry = Telemetry(log=Closed())

    telemetry.finished(Finished("GET", "/", 200, 0.1, "abc", datetime.now(UTC)))

    assert telemetry.settle() == 1
    assert telemetry.settle() == 0
    assert b'coterie_requests_total{method="GET",route="/",status="200"} 1.0' in (
        telemetry.exposition()
    )


def test_a_caller_s_request_id_is_kept(api):
    """It ties the logs of two systems together."""
    answer = api.get("/healthz", headers={"X-Request-Id": "trace-1"})

    assert answer.headers["x-request-id"] == "trace-1"


@pytest.mark.parametrize("given", [b"", b"a" * 65, b"two words", b'"; drop'])
def test_a_harmful_request_id_is_not_taken(given):
    """Nothing from outside goes into the log unread."""
    assert given_id({"headers": [(b"x-request-id", given)]}) is None


def test_two_requests_have_two_names(api):
    """A name is found once in the log."""
    names = {api.get("/healthz").headers["x-request-id"] for _ in range(10)}

    assert len(names) == 10


def test_nothing_is_done_while_nobody_asks():
    """Who settles waits for an answer, and for the next one."""

    async def watch(telemetry):
        seen = []
        for _ in range(2):
            waiting = asyncio.create_task(telemetry.waiting())
            await asyncio.sleep(0)
            seen.append(waiting.done())
            telemetry.finished(Finished("GET", "/", 200, 0.1, "abc", datetime.now(UTC)))
            await waiting
            seen.append(telemetry.settle())
        return seen

    assert asyncio.run(watch(Telemetry(log=io.BytesIO()))) == [False, 1, False, 1]
