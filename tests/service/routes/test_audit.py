"""Every call of a key is in the audit log: who, what, of whom, what for; never an id or a key."""

import hashlib

import pytest

from segmentation import keys
from segmentation.database import open_database
from service.app import create_app
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import NOW, RUNS, fill
from tests.snapshots import user_id


@pytest.fixture
def store(tmp_path):
    """A store with one run."""
    return fill(tmp_path / "store", RUNS[:1], users=60, has_ledger=False)


@pytest.fixture
def people(store):
    """Callers with keys of several scopes, and their keys' ids."""
    database, app = open_database(store), create_app(Settings(store=store))

    def of(*scopes):
        key, secret = keys.create(database, name="x", scopes=scopes, now=NOW)
        return key.key_id, caller(app, key=secret)

    return of


def calls(chief, **asked):
    """The log, the latest call first."""
    return chief.get("/v1/audit", params=asked).json()["calls"]


def test_every_read_of_people_is_noted(people):
    """With key, purpose, and how many or whom."""
    ann, asking = people("read", "members", "export")
    _, chief = people("admin")
    someone = user_id(5)
    asking.get(f"/v1/users/{someone}", headers={"X-Purpose": "support"})
    asking.post("/v1/users:batchGet", json={"user_ids": [someone, user_id(10), "nobody"]})
    asking.post("/v1/users:explain", json={"user_id": someone})
    listed = asking.get("/v1/circles/interest-1/members", params={"page_size": 3}).json()
    asking.post("/v1/audiences:query", json={"purpose": "email", "page_size": 4})
    asking.post("/v1/audiences:export", json={"filter": "tag:yoga"})

    noted = calls(chief, key_id=ann)[::-1]

    subject = hashlib.sha256(someone.encode()).hexdigest()
    assert [(each["action"], each["subject"], each["purpose"]) for each in noted] == [
        ("GET /v1/users/{user_id}", subject, "support"),
        ("POST /v1/users:batchGet", None, None),
        ("POST /v1/users:explain", subject, None),
        ("GET /v1/circles/{circle_id}/members", None, None),
        ("POST /v1/audiences:query", None, "email"),
        ("POST /v1/audiences:export", None, None),
    ]
    assert [each["people"] for each in noted[:5]] == [None, 2, None, len(listed["members"]), 4]
    assert noted[3]["target"] == "interest-1"
    assert {each["key_id"] for each in noted} == {ann}


def test_lists_of_tiers_are_noted_with_how_many_people_they_told_of(people):
    """Whoever may see tiers reads of people as well."""
    ann, asking = people("tiers")
    _, chief = people("admin")
    held = asking.get("/v1/tiers/assignments", params={"page_size": 7}).json()["assignments"]
    asking.get("/v1/tiers/notices")
    asking.get("/v1/tiers/changes")

    noted = calls(chief, key_id=ann)[::-1]

    assert [each["people"] for each in noted] == [len(held), 0, 0]
    assert len(held) == 7


def test_refusals_are_noted_too(people):
    """Who tried what they may not."""
    ann, asking = people("read")
    _, chief = people("admin")
    asking.get("/v1/circles/interest-1/members")
    asking.get("/v1/users/nobody")

    assert [each["status"] for each in calls(chief, key_id=ann)] == [404, 403]


def test_what_was_asked_about_a_person_can_be_told_them(people):
    """By whoever knows their id."""
    ann, asking = people("read")
    _, chief = people("admin")
    for number in (5, 10, 5):
        asking.get(f"/v1/users/{user_id(number)}")

    noted = calls(chief, user_id=user_id(5))

    assert [(each["key_id"], each["action"]) for each in noted] == [
        (ann, "GET /v1/users/{user_id}")
    ] * 2


def test_the_log_goes_on_page_by_page(people):
    """Each call once, the latest first."""
    ann, asking = people("read")
    _, chief = people("admin")
    for _ in range(7):
        asking.get("/v1/circles")
    seen, token = [], None
    while True:
        asked = {"page_size": 3, "key_id": ann} | ({"page_token": token} if token else {})
        page = chief.get("/v1/audit", params=asked).json()
        seen += [each["number"] for each in page["calls"]]
        token = page["next_page_token"]
        if token is None:
            break

    assert len(seen) == 7
    assert seen == sorted(set(seen), reverse=True)


def test_no_id_of_a_person_and_no_key_is_kept(people, store):
    """The database's bytes hold neither."""
    _, asking = people("read")
    _, chief = people("admin")
    asking.get(f"/v1/users/{user_id(5)}")
    calls(chief)

    secret = asking._headers["Authorization"].removeprefix("Bearer ")
    for path in store.glob("coterie.db*"):
        assert user_id(5).encode() not in path.read_bytes()
        assert secret.encode() not in path.read_bytes()
