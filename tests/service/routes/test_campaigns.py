"""Campaigns over HTTP: begun, read from the run they keep, measured."""

from datetime import UTC, datetime, timedelta

import pytest

from service.app import create_app
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import RUNS, fill, publish
from tests.snapshots import build_snapshot

NEXT = "20261104T020000Z-00000004"
SOON = (datetime.now(UTC) + timedelta(days=30)).isoformat()
ASKED = {"name": "spring", "share": 0.3, "deviation": 1.0, "effect": 1.0}


@pytest.fixture
def store(tmp_path):
    """A store of its own."""
    return fill(tmp_path / "store", users=200)


@pytest.fixture
def api(store):
    """A service over it."""
    return caller(create_app(Settings(store=store, no_auth=True)))


@pytest.fixture
def go_on(store, api):
    """Publish another run, in which people are in other circles."""

    def go_on():
        build_snapshot(store / "runs" / NEXT, users=200, seed=9, run_id=NEXT).close()
        publish(store, NEXT)
        api.app.state.live.refresh()

    return go_on


def start(api, **asked):
    """Begin a campaign."""
    return api.post("/v1/campaigns", json=ASKED | asked)


def members(api, campaign, **asked):
    """Everyone in an arm, page by page."""
    rows, after = [], ""
    while after is not None:
        params = {"after": after, "page_size": 60} | asked
        page = api.get(f"/v1/campaigns/{campaign}/arms", params=params).json()
        rows += page["members"]
        after = page["next_after"]
    return rows


def test_a_campaign_is_begun_found_and_listed(api):
    """With its draw; who is held out cannot be foretold from what is shown."""
    made = start(api)

    found = api.get(made.headers["Location"]).json()
    assert made.status_code == 201
    assert found == made.json()
    assert found["began_on"] == RUNS[-1]
    assert found["versions"][0]["held_out"] == len(
        members(api, found["campaign_id"], arm="held_out")
    )
    assert "salt" not in found
    assert [row["name"] for row in api.get("/v1/campaigns").json()["campaigns"]] == ["spring"]


def test_one_that_could_not_tell_is_refused_and_says_what_it_takes(api):
    """The number of people needed stands in the problem."""
    answer = start(api, effect=0.05)

    assert answer.status_code == 422
    assert "are needed" in answer.json()["detail"]
    assert api.get("/v1/campaigns").json()["campaigns"] == []


def test_what_it_added_is_told_with_an_interval(api):
    """Overall; of circles too small to tell of, nothing."""
    made = start(api).json()["campaign_id"]
    rows = members(api, made)
    outcomes = [
        {"user_id": row["user_id"], "outcome": 10.0 + n % 5 + 3.0 * (not row["held_out"]),
         "before": 10.0 + n % 5}
        for n, row in enumerate(rows)
    ]  # fmt: skip
    noted = api.post(f"/v1/campaigns/{made}/outcomes", json={"outcomes": outcomes}).json()

    lift = api.get(f"/v1/campaigns/{made}/lift").json()
    assert (noted["kept"], noted["unknown"]) == (len(rows), 0)
    assert lift["overall"]["lift"] == pytest.approx(3.0)
    assert lift["overall"]["narrowed"] > 0.9
    assert lift["circles"] == {}


def test_a_pinned_campaign_reads_the_run_it_began_on_beside_the_live_one(api, go_on):
    """Users, audiences, circles, members and tiers alike, for its length."""
    asked = {"filter": 'circle = "interest-1"'}
    made = start(api, pinned=True, until=SOON).json()["campaign_id"]
    reads = {
        "/v1/tiers/assignments": "GET",
        "/v1/circles/interest-1": "GET",
        "/v1/circles/interest-1/members": "GET",
        "/v1/tiers": "GET",
        "/v1/audiences:count": "POST",
        "/v1/audiences:query": "POST",
    }

    def read(path, **params):
        body = {"json": asked} if reads[path] == "POST" else {}
        return api.request(reads[path], path, params=params, **body)

    before = {path: read(path).json() for path in reads}
    go_on()

    for path in reads:
        pinned, live = read(path, campaign=made), read(path)
        assert pinned.json() | {"next_page_token": ""} == before[path] | {"next_page_token": ""}
        assert pinned.headers["ETag"] != live.headers["ETag"]
        assert live.json()["run_id"] == NEXT


def test_a_person_is_read_as_of_the_campaigns_run(api, go_on):
    """One alone, where the plain look-up is answered apart, and many at once."""
    made = start(api, pinned=True, until=SOON).json()["campaign_id"]
    user = members(api, made)[0]["user_id"]
    before = api.get(f"/v1/users/{user}").json()
    go_on()

    one = api.get(f"/v1/users/{user}", params={"campaign": made}).json()
    many = api.post("/v1/users:batchGet", params={"campaign": made}, json={"user_ids": [user]})

    assert one == before
    assert many.json()["run_id"] == RUNS[-1]


def test_consent_and_erasure_win_over_a_pin(api, go_on):
    """At once, in the run the campaign keeps and in its arms."""
    made = start(api, pinned=True, until=SOON, purpose="ads").json()["campaign_id"]
    go_on()
    refuser, erased, *_ = [row["user_id"] for row in members(api, made)]
    everyone = {"filter": 'tier >= "member"', "purpose": "ads", "page_size": 1000}

    api.post("/v1/users:consent", json={"user_id": refuser, "purpose": "ads", "granted": False})
    api.request("DELETE", f"/v1/users/{erased}")

    listed = api.post("/v1/audiences:query", params={"campaign": made}, json=everyone).json()
    assert listed["run_id"] == RUNS[-1]
    assert not {refuser, erased} & set(listed["user_ids"])
    assert not {refuser, erased} & {row["user_id"] for row in members(api, made)}


def test_a_campaign_that_is_over_reads_nothing_more(api):
    """And takes nobody in; its arms stay."""
    made = start(api, pinned=True, until=SOON).json()["campaign_id"]
    drawn = members(api, made)

    over = api.post(f"/v1/campaigns/{made}:end")

    assert over.json()["ended"] is not None
    assert api.get("/v1/tiers", params={"campaign": made}).status_code == 410
    assert api.post(f"/v1/campaigns/{made}:extend").status_code == 409
    assert members(api, made) == drawn


def test_who_came_since_is_added_and_nobody_moves(api, store):
    """From the run that is live by then."""
    made = start(api).json()["campaign_id"]
    before = {row["user_id"]: row["held_out"] for row in members(api, made)}
    build_snapshot(store / "runs" / NEXT, users=260, seed=9, run_id=NEXT).close()
    publish(store, NEXT)
    api.app.state.live.refresh()

    added = api.post(f"/v1/campaigns/{made}:extend").json()["added"]

    after = {row["user_id"]: row["held_out"] for row in members(api, made)}
    kept = before.keys() & after.keys()  # some refuse every purpose by now
    assert added >= len(after.keys() - before.keys()) > 0
    assert {user: after[user] for user in kept} == {user: before[user] for user in kept}
    assert members(api, made, version=1) != members(api, made)


@pytest.mark.parametrize("path", ["", "/arms", "/lift"])
def test_a_campaign_there_is_not_is_not_found(api, path):
    """Neither to look at nor to read by."""
    assert api.get(f"/v1/campaigns/camp-0{path}").status_code == 404
    assert api.get("/v1/tiers", params={"campaign": "camp-0"}).status_code == 404


def test_scopes_are_asked_for(ask):
    """Reading lists campaigns; beginning one and listing its people takes the scope of files."""
    assert ask("read").get("/v1/campaigns").status_code == 200
    assert ask("read").post("/v1/campaigns", json=ASKED).status_code == 403
    assert ask("read").get("/v1/campaigns/camp-0/arms").status_code == 403
    assert ask("export").get("/v1/campaigns/camp-0/arms").status_code == 404


def test_a_repeated_call_begins_one_campaign(api):
    """Under one `Idempotency-Key`."""
    answers = [
        api.post("/v1/campaigns", json=ASKED, headers={"Idempotency-Key": "once"}) for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert len(api.get("/v1/campaigns").json()["campaigns"]) == 1
