"""The look-up before the framework answers as the framework would, or leaves it to it."""

import asyncio

import httpx
import pytest

from segmentation import keys
from segmentation.database import open_database
from service.app import create_app
from service.settings import Settings
from tests.service.callers import Caller
from tests.service.stores import NOW, RUNS, fill
from tests.snapshots import user_id


@pytest.fixture
def store(tmp_path):
    """A store with one run."""
    return fill(tmp_path / "store", RUNS[:1], users=60)


def service(store, *scopes, **settings):
    """A service and a caller with a key that was verified a moment ago."""
    secret = keys.create(open_database(store), name="x", scopes=scopes, now=NOW).secret
    app = create_app(Settings(store=store, **settings))
    asking = Caller(app, headers={"Authorization": f"Bearer {secret}"})
    asking.get("/v1/circles")
    return app, asking


@pytest.fixture
def hits(monkeypatch):
    """How often the look-up answered by itself."""
    from service.hot import HotLookUp

    answered = []
    plain = HotLookUp.answer

    def counted(self, scope):
        answer = plain(self, scope)
        answered.append(answer is not None)
        return answer

    monkeypatch.setattr(HotLookUp, "answer", counted)
    return answered


@pytest.mark.parametrize("number", range(8))
def test_both_ways_give_the_same_answer(store, hits, number):
    """Body and headers, but for the request's own name."""
    _, asking = service(store, "read")
    path = f"/v1/users/{user_id(number)}"

    hot = asking.get(path)
    slow = asking.get(path, headers={"X-Purpose": "support"})

    assert hits == [True, False]
    assert hot.status_code == slow.status_code == 200
    assert hot.content == slow.content
    told = [
        {name: value for name, value in each.headers.items() if name != "x-request-id"}
        for each in (hot, slow)
    ]
    assert told[0] == told[1]


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
    _, asking = service(store, *scopes)

    answer = asking.get(path, headers=headers)

    assert hits == [False]
    assert answer.status_code == status


def test_it_is_counted_logged_and_audited_like_any_other(store, hits):
    """No look-up goes unseen."""
    app, asking = service(store, "read")
    _, chief = service(store, "admin")

    name = asking.get("/v1/users/user-00000").headers["x-request-id"]

    assert hits == [True]
    figures = app.state.telemetry.exposition().decode()
    assert 'route="/v1/users/{user_id:path}",status="200"} 1.0' in figures
    app.state.audit.flush()
    (noted,) = chief.get("/v1/audit", params={"user_id": "user-00000"}).json()["calls"]
    assert (noted["request_id"], noted["status"]) == (name, 200)
    assert noted["action"] == "GET /v1/users/{user_id}"


def test_it_keeps_the_pace(store, hits):
    """And the refusal comes from the framework."""
    _, asking = service(store, "read", calls_per_second=1)

    statuses = [asking.get("/v1/users/user-00000").status_code for _ in range(3)]

    assert statuses == [200, 429, 429]
    assert hits == [True, False, False]


def test_an_erased_person_is_gone_from_it_at_once(store, hits):
    """With the next look-up."""
    _, asking = service(store, "read", "admin")
    assert asking.get("/v1/users/user-00005").status_code == 200

    asking.request("DELETE", "/v1/users/user-00005")

    assert asking.get("/v1/users/user-00005").status_code == 404
    assert hits == [True, False]


def test_many_at_once_are_all_answered(store):
    """Each its own."""
    app, asking = service(store, "read")

    async def all_at_once():
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers=asking._headers
        ) as client:
            paths = [f"/v1/users/{user_id(number)}" for number in range(60)]
            return await asyncio.gather(*map(client.get, paths))

    answers = asyncio.run(all_at_once())

    assert [each.json()["user_id"] for each in answers] == [user_id(n) for n in range(60)]
