"""The look-up before the framework answers as the framework would, or leaves it to it."""

import json
import socket
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import httpx
import pytest

from segmentation import keys
from segmentation.database import open_database
from service.app import create_app
from service.hot import HotLookUp
from service.settings import Settings
from tests.service.servers import serving
from tests.service.stores import NOW, RUNS, fill
from tests.snapshots import user_id


@pytest.fixture
def store(tmp_path):
    """A store with one run."""
    return fill(tmp_path / "store", RUNS[:1], users=60)


@contextmanager
def service(store, *scopes, **settings):
    """A served application and a client whose key was verified a moment ago."""
    app = create_app(Settings(store=store, log_level="error", **settings))
    with serving(app) as address, client_of(store, address, *scopes) as asking:
        yield app, asking


@contextmanager
def client_of(store, address, *scopes):
    """A client with a key of some scopes that was verified a moment ago."""
    secret = keys.create(open_database(store), name="x", scopes=scopes, now=NOW).secret
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=address, headers=headers) as client:
        client.get("/v1/circles")
        yield client


def raw(client, *requests, pieces=1):
    """Send requests over one connection in some pieces; give everything that comes back."""
    where = urlsplit(str(client.base_url))
    sent = "".join(
        f"{line}\r\nHost: {where.netloc}\r\nAuthorization: {client.headers['authorization']}\r\n"
        + ("Connection: close\r\n\r\n" if at == len(requests) - 1 else "\r\n")
        for at, line in enumerate(requests)
    ).encode()
    size = -(-len(sent) // pieces)
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        for start in range(0, len(sent), size):
            connection.sendall(sent[start : start + size])
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def hits(monkeypatch):
    """How often the look-up answered by itself."""
    answered = []
    plain = HotLookUp.answer

    def counted(self, target, headers):
        answer = plain(self, target, headers)
        answered.append(answer is not None)
        return answer

    monkeypatch.setattr(HotLookUp, "answer", counted)
    return answered


def test_both_ways_give_the_same_answer(store, hits):
    """Body and headers, but for the request's own name."""
    with service(store, "read") as (_, asking):
        for number in range(8):
            path = f"/v1/users/{quote(user_id(number))}"
            hot = asking.get(path)
            slow = asking.get(path, headers={"X-Purpose": "support"})

            assert hot.status_code == slow.status_code == 200
            assert hot.content == slow.content
            told = [
                {k: v for k, v in each.headers.items() if k not in ("x-request-id", "date")}
                for each in (hot, slow)
            ]
            assert told[0] == told[1]
            assert "date" in hot.headers
    assert hits == [True, False] * 8


@pytest.mark.parametrize(
    ("scopes", "path", "headers", "status"),
    [
        (("read",), "/v1/users/nobody", {}, 404),
        (("runs",), "/v1/users/user-00000", {}, 403),
        (("read",), "/v1/users/user-00000", {"Authorization": "Bearer cot_x_y"}, 401),
        (("read",), "/v1/users/user-00000", {"If-None-Match": f'"{RUNS[0]}"'}, 304),
    ],
)
def test_what_is_not_plain_is_left_to_the_framework(store, hits, scopes, path, headers, status):
    """Every refusal is a problem as ever."""
    with service(store, *scopes) as (_, asking):
        answer = asking.get(path, headers=headers)

    assert hits == [False]
    assert answer.status_code == status


@pytest.mark.parametrize(
    "line",
    [
        "GET /v1/users/user-00000? HTTP/1.1",
        "HEAD /v1/users/user-00000 HTTP/1.1",
        "GET /v1/users/user-00000 HTTP/1.0",
        "GET /v1/circles HTTP/1.1",
    ],
)
def test_other_requests_are_not_looked_at(store, hits, line):
    """A query, another method, an older version of HTTP, another path."""
    with service(store, "read") as (_, asking):
        answer = raw(asking, line)

    assert hits == []
    assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 405"))


@pytest.mark.parametrize("pieces", [1, 2, 7, 100])
def test_requests_sent_ahead_are_answered_in_turn(store, hits, pieces):
    """Plain ones and others, in one packet or cut anywhere."""
    numbers = (3, 1, 4, 5, 9, 2)
    lines = [
        f"GET /v1/users/{quote(user_id(number))}{'?' if number % 2 else ''} HTTP/1.1"
        for number in numbers
    ]
    with service(store, "read") as (_, asking):
        told = raw(asking, *lines, pieces=pieces)

    bodies = [part.split(b"\r\n\r\n", 1)[1] for part in told.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert [json.loads(body)["user_id"] for body in bodies] == [user_id(n) for n in numbers]


def test_what_no_parser_takes_is_refused(store, hits):
    """With a 400 and the end of the connection."""
    with service(store, "read") as (_, asking):
        told = raw(asking, "GET /v1/users/user-00000 HTTP/1.1\r\nno colon")

    assert told.startswith(b"HTTP/1.1 400")
    assert hits == []


def test_it_is_counted_logged_and_audited_like_any_other(store, hits, capfdbinary):
    """No look-up goes unseen; its line has neither the person nor the key."""
    app = create_app(Settings(store=store))
    with serving(app) as address:
        with client_of(store, address, "read") as asking:
            name = asking.get("/v1/users/user-00000").headers["x-request-id"]
        with client_of(store, address, "admin") as chief:
            params = {"user_id": "user-00000"}
            (noted,) = chief.get("/v1/audit", params=params).json()["calls"]
            figures = chief.get("/metrics").text

    assert hits == [True]
    assert 'route="/v1/users/{user_id:path}",status="200"} 1.0' in figures
    assert (noted["request_id"], noted["status"]) == (name, 200)
    assert noted["action"] == "GET /v1/users/{user_id}"
    lines = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    (line,) = (line for line in lines if line.get("request_id") == name)
    other = next(line for line in lines if line.get("route") == "/v1/circles")
    assert line.keys() == other.keys()
    assert (line["event"], line["status"]) == ("request_finished", 200)
    assert "user-00000" not in str(lines)


def test_what_was_answered_last_is_audited_when_the_server_stops(store, hits):
    """Nothing taken is lost but by a kill."""
    with service(store, "read") as (app, asking):
        for number in range(20):
            asking.get(f"/v1/users/{quote(user_id(number))}")
    noted = app.state.audit.read(limit=100)

    assert hits == [True] * 20
    assert sum(call["subject"] is not None for call in noted) == 20


def test_it_keeps_the_pace(store, hits):
    """And the refusal comes from the framework."""
    with service(store, "read", calls_per_second=1) as (_, asking):
        statuses = [asking.get("/v1/users/user-00000").status_code for _ in range(3)]

    assert statuses == [200, 429, 429]
    assert hits == [True, False, False]


def test_an_erased_person_is_gone_from_it_at_once(store, hits):
    """With the next look-up."""
    with service(store, "read", "admin") as (_, asking):
        before = asking.get("/v1/users/user-00005").status_code
        asking.delete("/v1/users/user-00005")
        after = asking.get("/v1/users/user-00005").status_code

    assert (before, after) == (200, 404)
    assert hits == [True, False]
