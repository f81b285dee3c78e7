"""One user's tier over HTTP: set by hand, in force at a date, soon to be lost."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa

from segmentation.database import open_database
from segmentation.decisions import remember_policy
from segmentation.ledger import record_run
from segmentation.policy import BUILT_IN
from segmentation.sqltables import tier_notices
from segmentation.store import Store
from service.app import create_app
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import NOW

UNTIL = (datetime.now(UTC) + timedelta(days=30)).isoformat()


@pytest.fixture
def api(changing):
    """A service over a store whose live run is in the ledger, its policy the built-in one."""
    database = open_database(changing)
    with Store(changing).snapshot() as snapshot:
        merits = snapshot.folder / "merits"
        merits.mkdir()
        (merits / "rights.toml").write_bytes(BUILT_IN.read_bytes())
        remember_policy(database, snapshot, author="run", now=NOW)
        record_run(database, snapshot, now=NOW)
    database.dispose()
    return caller(create_app(Settings(store=changing, no_auth=True)))


@pytest.fixture
def silver(api):
    """Somebody who holds silver."""
    return api.get("/v1/tiers/assignments?tier=silver").json()["assignments"][0]["user_id"]


def put(api, user, **asked):
    """Set a tier by hand."""
    body = {"tier": "gold", "until": UNTIL, "reason": "a friend"} | asked
    return api.request("PUT", f"/v1/users/{user}/tier", json=body)


def test_a_tier_set_by_hand_is_in_force_at_once(api, silver):
    """With its benefits, its author and its reason."""
    answer = put(api, silver)

    held = api.get(f"/v1/tiers/users/{silver}").json()
    assert answer.status_code == 200
    assert (held["tier"], held["history"][0]) == ("gold", answer.json()["entry"])
    assert held["history"][0]["evidence"]["reason"] == "a friend"
    assert held["history"][0]["reasons"] == ["Set by hand, until the date given there."]
    assert "Early access to new products" in [benefit["name"] for benefit in held["benefits"]]


def test_rights_in_force_at_a_date_are_those_of_that_date(api, silver):
    """An hour ago they held what the run gave."""
    put(api, silver)
    before = (datetime.now(UTC) - timedelta(hours=1)).isoformat()

    held = api.get(f"/v1/tiers/users/{silver}", params={"at": before}).json()

    assert held["tier"] == "silver"
    assert "Early access to new products" not in [benefit["name"] for benefit in held["benefits"]]


def test_null_ends_what_was_set(api, silver):
    """The run's tier is in force again; both changes are in the history."""
    put(api, silver)

    put(api, silver, tier=None)

    held = api.get(f"/v1/tiers/users/{silver}").json()
    assert [entry["after"] for entry in held["history"][:3]] == ["silver", "gold", "silver"]
    assert held["tier"] == "silver"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"tier": "tin"}, 404),
        ({"until": None}, 422),
        ({"until": "2020-01-01T00:00:00Z"}, 422),
        ({"until": "2030-01-01T00:00:00"}, 422),
        ({"reason": ""}, 422),
        ({"colour": "red"}, 422),
    ],
)
def test_a_decision_that_cannot_be_is_refused(api, silver, asked, status):
    """And changes nothing."""
    assert put(api, silver, **asked).status_code == status
    assert api.get(f"/v1/tiers/users/{silver}").json()["tier"] == "silver"


def test_nobody_of_that_name(api):
    """Neither to look up nor to decide about."""
    assert api.get("/v1/tiers/users/nobody").status_code == 404
    assert put(api, "nobody").status_code == 404


def test_a_repeated_decision_is_made_once(api, silver):
    """Under one `Idempotency-Key` the second answer is the first."""
    before = len(api.get(f"/v1/tiers/users/{silver}").json()["history"])

    answers = [
        api.request(
            "PUT",
            f"/v1/users/{silver}/tier",
            json={"tier": "gold", "until": UNTIL, "reason": "a friend"},
            headers={"Idempotency-Key": "once"},
        )
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert len(api.get(f"/v1/tiers/users/{silver}").json()["history"]) == before + 1


def test_notices_say_what_it_takes_to_stay_page_by_page(api, changing):
    """By user id; a page ends where the next begins."""
    ways = [{"way": "score", "needs": [{"measure": "score", "now": 0.6, "least": 0.7}]}]
    row = {"tier": "gold", "review_after": NOW, "ways": orjson.dumps(ways).decode(), "run_id": "r"}
    database = open_database(changing)
    with database.begin() as connection:
        connection.execute(sa.insert(tier_notices), [row | {"user_id": user} for user in "abc"])
    database.dispose()

    first = api.get("/v1/tiers/notices?page_size=2").json()
    rest = api.get("/v1/tiers/notices", params={"after": first["next_after"]}).json()

    assert [row["user_id"] for row in first["notices"] + rest["notices"]] == ["a", "b", "c"]
    assert rest["next_after"] is None
    assert first["notices"][0]["ways"] == ways


def test_only_the_scope_of_tiers_opens_them(ask):
    """Neither reading nor setting with another."""
    assert ask("read").get("/v1/tiers/notices").status_code == 403
    assert ask("read").request("PUT", "/v1/users/a/tier", json={"tier": None}).status_code == 403
