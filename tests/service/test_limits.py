"""What a request may weigh, how long it may take, and how often it may come."""

import asyncio

import pytest
from starlette.responses import Response

from segmentation import keys
from segmentation.database import open_database
from service.app import create_app
from service.limits import TimeLimit
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import NOW, RUNS, fill


@pytest.fixture
def store(tmp_path):
    """A store with one run."""
    return fill(tmp_path / "store", RUNS[:1], users=60)


def asking(store, *scopes, **settings):
    """A caller with a key of these scopes at a service with these settings."""
    secret = keys.create(open_database(store), name="x", scopes=scopes, now=NOW).secret
    return caller(create_app(Settings(store=store, **settings)), key=secret)


def test_a_key_that_calls_too_often_is_told_when_to_come_back(store):
    """The refusal is a problem with `Retry-After`; another key is not held up."""
    ann = asking(store, "read", calls_per_second=0.5)
    assert ann.get("/v1/circles").status_code == 200

    refused = ann.get("/v1/circles")

    assert refused.status_code == 429
    assert refused.json()["type"] == "/problems/too-many-requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 2
    assert asking(store, "read", calls_per_second=0.5).get("/v1/circles").status_code == 200


def test_blurred_figures_have_a_pace_of_their_own(store):
    """So that nobody averages them; whoever may list people is not held up."""
    ann = asking(store, "read", figures_per_hour=2)
    bob = asking(store, "read", "members", figures_per_hour=2)

    statuses = {
        name: [each.post("/v1/audiences:count", json={}).status_code for _ in range(3)]
        for name, each in (("ann", ann), ("bob", bob))
    }

    assert statuses == {"ann": [200, 200, 429], "bob": [200, 200, 200]}


def test_each_filter_of_an_overlap_is_a_figure(store):
    """It is no way round the pace."""
    ann = asking(store, "read", figures_per_hour=3)

    answer = ann.post("/v1/audiences:overlap", json={"filters": ["tag:a"] * 4})

    assert answer.status_code == 429


def test_a_body_that_never_ends_is_given_up(store):
    """With a problem, after the time a request may take."""
    app = create_app(Settings(store=store, no_auth=True, arrival_seconds=0.05))
    sent = []

    async def receive():
        await asyncio.sleep(0.001)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/v1/audiences:count", "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80), "scheme": "http", "http_version": "1.1", "root_path": "",
        "raw_path": b"/v1/audiences:count", "asgi": {"version": "3.0"},
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))

    assert sent[0]["status"] == 408
    assert dict(sent[0]["headers"])[b"content-type"] == b"application/problem+json"


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_work_that_takes_long_is_no_request_that_arrives_late(body):
    """Erasing somebody from many runs may take longer than any body."""

    async def slowly(scope, receive, send):
        while body and (await receive()).get("more_body"):
            pass
        await asyncio.sleep(0.05)
        await Response(b"done")(scope, receive, send)

    answer = caller(TimeLimit(slowly, seconds=0.01)).request("DELETE", "/", content=body)

    assert (answer.status_code, answer.content) == (200, b"done")


@pytest.mark.parametrize("path", ["/v1/circles", "/v1/nothing", "/", "/docs", "/v1/users/x"])
def test_every_answer_carries_security_headers(store, path):
    """Whatever its status."""
    answer = caller(create_app(Settings(store=store))).get(path)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["referrer-policy"] == "no-referrer"
