"""Texts and figures at the edge of what a database takes."""

import pytest

from segmentation import keys
from segmentation.database import open_database
from service.app import create_app
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import NOW, RUNS, fill


@pytest.fixture
def on_postgres(tmp_path, postgres_url):
    """Whoever may do everything, at a service whose database is PostgreSQL."""
    store = fill(tmp_path / "store", RUNS[:1], users=20)
    database = open_database(store, postgres_url)
    secret = keys.create(database, name="all", scopes=("admin", "members", "tiers"), now=NOW).secret
    app = create_app(Settings(store=store, database_url=postgres_url))
    yield caller(app, key=secret)
    for opened in (database, app.state.database()):
        opened.dispose()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/jobs/%00", None),
        ("GET", "/v1/tiers/users/%00", None),
        ("GET", "/v1/tiers/notices?after=%00", None),
        ("GET", "/v1/audit?key_id=%00", None),
        ("POST", "/v1/users:consent", {"user_id": "user-00000", "purpose": "\0", "granted": False}),
        ("POST", "/v1/audiences", {"name": "a\0", "filter": ""}),
    ],
)
def test_a_text_that_postgresql_does_not_take_is_refused_as_such(on_postgres, method, path, body):
    """It is no failure of the server, and the call is in the audit log like any other."""
    answer = on_postgres.request(method, path, json=body)

    assert answer.status_code == 422
    assert "U+0000" in answer.json()["detail"]
    (last,) = on_postgres.get("/v1/audit?page_size=1").json()["calls"]
    assert (last["status"], last["request_id"]) == (422, answer.headers["x-request-id"])


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00%2B14:00"])
def test_a_moment_beyond_the_calendar_is_refused(api, at):
    """Where it would be told in UTC there is no such day."""
    answer = api.get(f"/v1/tiers/users/user-00000?at={at}")

    assert answer.status_code == 422
    assert "beyond the calendar" in answer.json()["detail"]


@pytest.mark.parametrize("at", ["0", "1700000000", "-86400", "1e9", "-1.6768882176183154e-179"])
def test_a_number_is_no_moment(api, at):
    """Nobody can tell seconds from milliseconds since 1970, however the number is written."""
    answer = api.get(f"/v1/tiers/users/user-00000?at={at}")

    assert answer.status_code == 422
    assert "2026-11-01T02:00:00Z" in answer.json()["detail"]


def test_a_place_beyond_every_ledger_is_refused(api):
    """No database counts so far."""
    asked = {"filter": "", "mode": "delta", "since": f"{RUNS[-1]}.{10**30}"}

    answer = api.post("/v1/audiences:export", json=asked)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.since"
