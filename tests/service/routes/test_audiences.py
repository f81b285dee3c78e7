"""Audiences over HTTP: how many, who, and files of them."""

import csv
import hashlib
import io
import json
from itertools import pairwise

import pytest

from segmentation.store import Store
from service.app import create_app
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import RUNS, publish

FILTERS = ["", "tag:yoga", 'circle = "interest-1" OR tier >= gold', "NOT share_propensity > 0.3"]


@pytest.fixture(scope="module")
def snapshot(planted):
    """The live snapshot of the planted store."""
    return Store(planted).snapshot()


def pages(asking, body, path="/v1/audiences:query"):
    """All pages of an audience."""
    token = None
    while True:
        page = asking.post(path, json=body | ({"page_token": token} if token else {})).json()
        yield page
        token = page["next_page_token"]
        if token is None:
            return


@pytest.mark.parametrize("text", FILTERS)
def test_counts_rows_and_pages_agree(api, snapshot, text):
    """Count, total, and the people over all pages are one number and the same people."""
    expected = list(snapshot.audience(text).ids())

    count = api.post("/v1/audiences:count", json={"filter": text}).json()
    read = list(pages(api, {"filter": text, "page_size": 37}))

    assert count["count"] == count["low"] == count["high"] == len(expected)
    assert count["exact"] is True
    assert count["approximate"] is False
    assert {page["total"] for page in read} == {len(expected)}
    assert [user_id for page in read for user_id in page["user_ids"]] == expected
    assert {page["run_id"] for page in read} == {RUNS[-1]}


def test_pages_stay_with_their_run_while_another_is_published(changing):
    """Each member once, all from one version, and the next list is of the new run."""
    api = caller(create_app(Settings(store=changing, no_auth=True, poll_seconds=3600)))
    expected = list(Store(changing).snapshot().audience("").ids())
    read = []
    for page in pages(api, {"page_size": 7}):
        read.append(page)
        publish(changing, RUNS[len(read) % 2])
        api.app.state.live.refresh()

    assert [user_id for page in read for user_id in page["user_ids"]] == expected
    assert {page["run_id"] for page in read} == {RUNS[-1]}
    assert api.post("/v1/audiences:query", json={}).json()["run_id"] != RUNS[-1]


def test_a_token_belongs_to_its_filter(api):
    """It cannot lead into another audience."""
    token = next(pages(api, {"filter": "tag:yoga", "page_size": 1}))["next_page_token"]

    answer = api.post("/v1/audiences:query", json={"filter": "tag:cars", "page_token": token})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.page_token"


def test_an_error_points_at_the_character(api):
    """With the field of the body and the place in it."""
    answer = api.post("/v1/audiences:count", json={"filter": "tag:x AND tear = gold"})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "body.filter", "position": 11, "message": answer.json()["detail"]}
    ]


def test_an_explanation_has_a_count_at_every_part(api, snapshot):
    """As the snapshot gives it."""
    text = "tag:yoga AND NOT (tier = gold OR stage = retain)"

    told = api.post("/v1/audiences:count", json={"filter": text, "explain": True}).json()

    assert told["explanation"] == snapshot.audience(text).explain()


def test_without_the_scope_a_count_is_blurred(ask, snapshot):
    """Marked so, the same at each asking, and null where people are few."""
    answers = [
        ask("read").post("/v1/audiences:count", json={"filter": "tag:yoga", "explain": True})
        for _ in range(2)
    ]
    few = ask("read").post("/v1/audiences:count", json={"filter": "value > 95"}).json()

    told = answers[0].json()
    assert answers[1].json() == told
    assert told["approximate"] is True
    assert told["count"] == snapshot.guard.tell(snapshot.audience("tag:yoga"), None).count
    assert told["explanation"]["count"] == told["count"]
    assert 0 < len(snapshot.audience("value > 95")) < 50
    assert few["count"] is None


def test_without_the_scope_nobody_is_singled_out(ask):
    """A filter on ids is for those who may list them."""
    answer = ask("read").post("/v1/audiences:count", json={"filter": 'user_id = "x"'})

    assert answer.status_code == 403


def test_who_refused_a_purpose_is_left_out(api, snapshot):
    """And the answer says what the rest may be asked for."""
    refused = set(snapshot.audiences.ids(snapshot.audiences.refusing("email")))

    listed = api.post("/v1/audiences:query", json={"purpose": "email", "page_size": 1000}).json()

    assert refused
    assert refused.isdisjoint(listed["user_ids"])
    assert listed["total"] == snapshot.n_users - len(refused)
    assert listed["eligible_for"] == "email"


def test_overlaps_are_a_square_of_counts(api, snapshot):
    """The diagonal is each audience itself."""
    found = [set(snapshot.audience(text).ids()) for text in FILTERS]

    told = api.post("/v1/audiences:overlap", json={"filters": FILTERS}).json()

    assert told["counts"] == [[len(one & other) for other in found] for one in found]
    assert told["approximate"] is False


def test_overlaps_are_blurred_without_the_scope(ask):
    """Each figure is null or no lower than the least audience, and the square symmetric."""
    told = ask("read").post("/v1/audiences:overlap", json={"filters": FILTERS}).json()

    counts = told["counts"]
    assert told["approximate"] is True
    assert all(count is None or count >= 50 for row in counts for count in row)
    assert counts == [list(column) for column in zip(*counts, strict=True)]


@pytest.mark.parametrize("form", ["ndjson", "csv"])
@pytest.mark.parametrize("hash_ids", [False, True])
def test_a_file_holds_the_audience(ask, snapshot, form, hash_ids):
    """As it is listed; its run stands in the headers."""
    asked = {"filter": "tag:yoga", "format": form, "hash_ids": hash_ids}

    answer = ask("export").post("/v1/audiences:export", json=asked)

    ids = list(snapshot.audience("tag:yoga").ids())
    if hash_ids:
        ids = [hashlib.sha256(each.encode()).hexdigest() for each in ids]
    assert answer.headers["x-run-id"] == RUNS[-1]
    assert read(answer.text, form) == [{"user_id": each} for each in ids]


def read(text, form):
    """The rows of a file."""
    if form == "csv":
        return list(csv.DictReader(io.StringIO(text)))
    return [json.loads(line) for line in text.splitlines()]


def test_full_and_deltas_make_the_later_full(ask):
    """A destination that follows the deltas holds what the last run holds."""
    store, held = ask("export").app.state.store, None
    for before, after in pairwise(RUNS):
        publish(store.path, before)
        ask("export").app.state.live.refresh()
        if held is None:
            asked = {"filter": "tag:yoga"}
            full = ask("export").post("/v1/audiences:export", json=asked)
            held = {row["user_id"] for row in read(full.text, "ndjson")}
        publish(store.path, after)
        ask("export").app.state.live.refresh()
        asked = {"filter": "tag:yoga", "mode": "delta", "since": before}
        delta = ask("export").post("/v1/audiences:export", json=asked)
        for row in read(delta.text, "ndjson"):
            (held.add if row["operation"] == "add" else held.remove)(row["user_id"])

    assert held == set(store.snapshot().audience("tag:yoga").ids())


def test_who_withdrew_consent_is_removed_by_the_next_delta(changing):
    """Of a destination that holds them; of those who refused all along nothing is written."""
    api = caller(create_app(Settings(store=changing, no_auth=True, poll_seconds=3600)))
    full = api.post("/v1/audiences:export", json={"purpose": "ads"})
    gone = read(full.text, "ndjson")[0]["user_id"]
    refusal = {"user_id": gone, "purpose": "ads", "granted": False}
    assert api.post("/v1/users:consent", json=refusal).is_success
    asked = {"purpose": "ads", "mode": "delta", "since": full.headers["x-run-id"]}

    delta = api.post("/v1/audiences:export", json=asked)

    assert read(delta.text, "ndjson") == [{"operation": "remove", "user_id": gone}]


def test_a_delta_needs_a_run_that_is_kept(ask):
    """A pruned one is gone, with a way to start over."""
    asking = ask("export")

    without = asking.post("/v1/audiences:export", json={"mode": "delta"})
    pruned = asking.post("/v1/audiences:export", json={"mode": "delta", "since": "x"})

    assert without.status_code == 422
    assert pruned.status_code == 410
    assert pruned.json()["resync"] == "/v1/audiences:export"


def test_a_destination_wants_its_size_its_purpose_and_hashed_ids(ask, snapshot):
    """Whatever the call says."""
    refused = snapshot.audiences.refusing("ads")
    ids = snapshot.audience("", hidden=refused).ids()

    small = ask("export").post(
        "/v1/audiences:export", json={"destination": "meta", "filter": "value > 90"}
    )
    fit = ask("export").post("/v1/audiences:export", json={"destination": "meta"})

    assert small.status_code == 409
    assert "takes 100 people" in small.json()["detail"]
    assert [row["user_id"] for row in read(fit.text, "ndjson")] == [
        hashlib.sha256(each.encode()).hexdigest() for each in ids
    ]


def test_an_unknown_destination_is_named(ask):
    """With those there are."""
    answer = ask("export").post("/v1/audiences:export", json={"destination": "moon"})

    assert answer.status_code == 422
    assert "google-search" in answer.json()["detail"]
    assert answer.json()["errors"][0]["field"] == "body.destination"
