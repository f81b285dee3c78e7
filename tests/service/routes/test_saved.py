"""Saved audiences have an owner, versions, and a last good count."""

from dataclasses import replace

import pyarrow as pa
import pytest

from segmentation import keys
from segmentation.database import open_database
from segmentation.manifest import Facts
from segmentation.snapshot import write_snapshot
from segmentation.store import Store
from service.app import create_app
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import NOW, RUNS, fill, publish
from tests.snapshots import AS_OF, build_tables

DRAFT = {"name": "Yoga lovers", "filter": "tag:yoga", "purpose": "email"}


@pytest.fixture
def people(tmp_path):
    """A service over a store of its own, and callers with keys of several scopes."""
    store = fill(tmp_path / "store", RUNS[:1], users=200)
    database = open_database(store)
    app = create_app(Settings(store=store))

    def of(*scopes):
        return caller(app, key=keys.create(database, name="x", scopes=scopes, now=NOW).secret)

    return of


def test_what_is_saved_is_found_again(people):
    """With its size now, and under its place."""
    ann = people("members", "read")

    made = ann.post("/v1/audiences", json=DRAFT)

    assert made.status_code == 201
    assert ann.get(made.headers["location"]).json() == made.json()
    saved = made.json()
    assert {name: saved[name] for name in DRAFT} == DRAFT
    asked = {"filter": DRAFT["filter"], "purpose": "email"}
    count = ann.post("/v1/audiences:count", json=asked).json()
    assert saved["size"]["count"] == count["count"] == saved["last_good"]["count"]
    assert saved["status"] == "fresh"
    listed = ann.get("/v1/audiences").json()["audiences"]
    assert [each["audience_id"] for each in listed] == [saved["audience_id"]]


def test_a_saved_audience_is_asked_by_its_id(people):
    """Instead of its filter, with its purpose."""
    ann = people("members", "read")
    saved = ann.post("/v1/audiences", json=DRAFT).json()

    by_id = ann.post("/v1/audiences:query", json={"audience_id": saved["audience_id"]}).json()
    by_filter = ann.post("/v1/audiences:query", json={"filter": "tag:yoga", "purpose": "email"})
    both = {"audience_id": saved["audience_id"], "filter": "tag:cars"}

    assert by_id["user_ids"] == by_filter.json()["user_ids"]
    assert ann.post("/v1/audiences:count", json=both).status_code == 422
    assert ann.post("/v1/audiences:count", json={"audience_id": "aud-x"}).status_code == 404


def test_a_filter_that_cannot_be_is_not_saved(people):
    """The error points at the character as ever."""
    answer = people("read").post("/v1/audiences", json=DRAFT | {"filter": "tag"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["position"] == 1


def test_only_the_owner_or_an_admin_changes_it(people):
    """Others may look."""
    ann, bob, chief = people("read"), people("read"), people("admin")
    path = ann.post("/v1/audiences", json=DRAFT).headers["location"]

    assert bob.get(path).status_code == 200
    assert bob.request("PATCH", path, json={"name": "Mine"}).status_code == 403
    assert bob.request("DELETE", path).status_code == 403
    assert ann.request("PATCH", path, json={"name": "Ours"}).json()["name"] == "Ours"
    assert chief.request("DELETE", path).status_code == 200
    assert ann.get(path).status_code == 404


def test_a_change_makes_a_version_and_keeps_those_before(people):
    """With who made it."""
    ann = people("read")
    path = ann.post("/v1/audiences", json=DRAFT).headers["location"]

    ann.request("PATCH", path, json={"filter": "tag:cars"})
    ann.request("PATCH", path, json={"purpose": None})

    versions = ann.get(f"{path}/versions").json()["versions"]
    assert [(each["version"], each["filter"], each["purpose"]) for each in versions] == [
        (3, "tag:cars", None),
        (2, "tag:cars", "email"),
        (1, "tag:yoga", "email"),
    ]
    assert ann.get(path).json()["version"] == 3


def test_a_change_made_for_another_version_is_refused(people):
    """Two who edit at once cannot undo each other unseen."""
    ann = people("read")
    made = ann.post("/v1/audiences", json=DRAFT)
    path, seen = made.headers["location"], {"If-Match": made.headers["etag"]}

    first = ann.request("PATCH", path, json={"name": "One"}, headers=seen)
    second = ann.request("PATCH", path, json={"name": "Two"}, headers=seen)
    third = ann.request("DELETE", path, headers={"If-Match": "what"})

    assert first.status_code == 200
    assert second.status_code == 412
    assert second.json()["type"] == "/problems/precondition-failed"
    assert third.status_code == 422
    assert ann.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def test_a_circle_that_is_no_more_makes_it_stale_and_never_empty(people):
    """The last good count stays, with the run it was made in."""
    ann = people("members", "read")
    app, store = ann.app, ann.app.state.store
    made = ann.post("/v1/audiences", json=DRAFT | {"filter": "circle = interest-9"})
    path = made.headers["location"]
    drop_circle(store, RUNS[1], "interest-9")
    publish(store.path, RUNS[1])
    app.state.live.refresh()

    told = ann.get(path).json()

    assert told["run_id"] == RUNS[1]
    assert told["status"] == "stale"
    assert "interest-9" in told["problem"]
    assert told["size"] is None
    assert told["last_good"] == made.json()["last_good"]
    assert told["last_good"]["run_id"] == RUNS[0]


def drop_circle(store: Store, run_id, circle_id):
    """Make a run that has one circle less, one that nobody is in."""
    tables = build_tables(users=200, run_id=run_id)
    kept = [row for row in tables.circles.to_pylist() if row["circle_id"] != circle_id]
    tables = replace(tables, circles=pa.Table.from_pylist(kept, schema=tables.circles.schema))
    folder = store.runs_folder / run_id
    folder.mkdir()
    write_snapshot(folder, tables, facts=Facts(run_id=run_id, created=AS_OF, min_audience=50))


def test_the_list_goes_on_page_by_page(people):
    """By id, each once."""
    ann = people("read")
    made = {ann.post("/v1/audiences", json=DRAFT).json()["audience_id"] for _ in range(5)}
    seen, token = [], None
    while True:
        asked = {"page_size": 2} | ({"page_token": token} if token else {})
        page = ann.get("/v1/audiences", params=asked).json()
        seen += [each["audience_id"] for each in page["audiences"]]
        token = page["next_page_token"]
        if token is None:
            break

    assert seen == sorted(made)


def test_it_may_come_to_mean_everyone(people):
    """An empty filter is one, and takes the place of the one before."""
    ann = people("members", "read")
    saved = ann.post("/v1/audiences", json=DRAFT).json()

    path = f"/v1/audiences/{saved['audience_id']}"
    changed = ann.request("PATCH", path, json={"filter": "", "purpose": None}).json()

    assert (changed["filter"], changed["version"], changed["size"]["count"]) == ("", 2, 200)
