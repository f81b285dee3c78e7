"""A changing call that is sent again is done once and answered the same."""

import asyncio

import httpx
import pytest

from segmentation import keys
from segmentation.database import open_database
from service.app import create_app
from service.replay import is_changing
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import NOW, RUNS, fill

DRAFT = {"name": "Yoga", "filter": "tag:yoga"}
NAME = {"Idempotency-Key": "first"}


@pytest.fixture
def store(tmp_path):
    """A store with one run."""
    return fill(tmp_path / "store", RUNS[:1], users=60)


@pytest.fixture
def ann(store):
    """A caller with a key of her own."""
    secret = keys.create(open_database(store), name="ann", scopes=("read",), now=NOW).secret
    return caller(create_app(Settings(store=store)), key=secret)


def saved_ones(asking):
    """The ids of all saved audiences."""
    return [each["audience_id"] for each in asking.get("/v1/audiences").json()["audiences"]]


def test_a_call_sent_again_is_done_once(ann):
    """The answer is the first one, byte for byte, and marked as a repetition."""
    first = ann.post("/v1/audiences", json=DRAFT, headers=NAME)
    second = ann.post("/v1/audiences", json=DRAFT, headers=NAME)

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first.headers["location"] == second.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert len(saved_ones(ann)) == 1


def test_without_a_name_each_call_is_one(ann):
    """As ever."""
    for _ in range(2):
        ann.post("/v1/audiences", json=DRAFT)

    assert len(saved_ones(ann)) == 2


def test_twenty_at_once_do_the_work_once(ann):
    """All are answered alike, over two workers."""
    other = create_app(ann.app.state.settings)

    async def all_at_once():
        clients = [
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app, client=("127.0.0.1", 1)),
                base_url="http://localhost",
                headers=ann._headers | NAME,
            )
            for app in (ann.app, other)
        ]
        calls = [clients[turn % 2].post("/v1/audiences", json=DRAFT) for turn in range(20)]
        answers = await asyncio.gather(*calls)
        for client in clients:
            await client.aclose()
        return answers

    answers = asyncio.run(all_at_once())

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(saved_ones(ann)) == 1


def test_a_name_stands_for_one_call(ann):
    """With another body it is refused."""
    ann.post("/v1/audiences", json=DRAFT, headers=NAME)

    other = ann.post("/v1/audiences", json=DRAFT | {"name": "Cars"}, headers=NAME)

    assert other.status_code == 422
    assert other.json()["errors"][0]["field"] == "header.idempotency-key"


def test_a_call_that_failed_may_be_sent_again(ann):
    """Only a success is kept."""
    wrong = ann.post("/v1/audiences", json=DRAFT | {"filter": "tag"}, headers=NAME)
    right = ann.post("/v1/audiences", json=DRAFT, headers=NAME)

    assert wrong.status_code == 422
    assert right.status_code == 201


def test_each_caller_has_names_of_their_own(ann, store):
    """Nobody is answered with what another did."""
    secret = keys.create(open_database(store), name="bob", scopes=("read",), now=NOW).secret
    bob = caller(ann.app, key=secret)

    mine = ann.post("/v1/audiences", json=DRAFT, headers=NAME).json()
    theirs = bob.post("/v1/audiences", json=DRAFT, headers=NAME).json()

    assert mine["audience_id"] != theirs["audience_id"]


def test_a_revoked_key_gets_no_kept_answer(store):
    """The door stands before the memory."""
    database = open_database(store)
    key, secret = keys.create(database, name="ann", scopes=("read",), now=NOW)
    ann = caller(create_app(Settings(store=store, key_seconds=0)), key=secret)
    assert ann.post("/v1/audiences", json=DRAFT, headers=NAME).status_code == 201
    keys.revoke(database, key.key_id, now=NOW)

    answer = ann.post("/v1/audiences", json=DRAFT, headers=NAME)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["", " ", "x" * 201])
def test_a_name_has_bounds(ann, name):
    """One to two hundred letters."""
    answer = ann.post("/v1/audiences", json=DRAFT, headers={"Idempotency-Key": name})

    assert answer.status_code == 422


def test_a_body_too_large_is_refused_all_the_same(ann):
    """Before it is remembered."""
    answer = ann.post("/v1/audiences", content=b"x" * 3_000_000, headers=NAME)

    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/content-too-large"


@pytest.mark.parametrize(
    ("method", "path", "changes"),
    [
        ("POST", "/v1/audiences", True),
        ("DELETE", "/v1/users/x", True),
        ("POST", "/v1/runs/x:publish", True),
        ("POST", "/v1/audiences:count", False),
        ("GET", "/v1/audiences", False),
        ("POST", "/elsewhere", False),
    ],
)
def test_only_changing_calls_are_kept(method, path, changes):
    """What only asks may be asked again at any time."""
    assert is_changing(method, path) == changes
