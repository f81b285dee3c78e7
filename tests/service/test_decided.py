"""Tiers set by hand reach every answer about tiers at once, and only those they may reach."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from segmentation import keys
from segmentation.database import open_database
from segmentation.decisions import POLICY, remember_policy
from segmentation.ledger import tiers_at
from segmentation.policy import BUILT_IN
from segmentation.sqltables import tier_overrides
from segmentation.store import Store
from service.app import create_app
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import NOW, RUNS, fill, publish

GOLD = {"filter": 'tier = "gold"'}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A store of 400 people, so that no tier is too small to be counted for everybody."""
    folder = fill(tmp_path_factory.mktemp("filled") / "store", RUNS[:2], users=400)
    database = open_database(folder)
    with Store(folder).snapshot() as snapshot:
        (snapshot.folder / "merits").mkdir()
        (snapshot.folder / POLICY).write_bytes(BUILT_IN.read_bytes())
        remember_policy(database, snapshot, author="run", now=NOW)
    database.dispose()
    return folder


@pytest.fixture
def store(tmp_path, filled):
    """One such for each test."""
    return shutil.copytree(filled, tmp_path / "store")


def worker(store, *scopes):
    """A worker of the store and a caller of it, with a key of some scopes or none at all."""
    if not scopes:
        return caller(create_app(Settings(store=store, no_auth=True)))
    secret = keys.create(open_database(store), name="x", scopes=scopes, now=NOW).secret
    return caller(create_app(Settings(store=store)), key=secret)


@pytest.fixture
def api(store):
    """The owner of the machine."""
    return worker(store)


def put(api, user, tier="gold", *, days=30):
    """Set a tier by hand, or end it with None."""
    until = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    asked = {"tier": tier, "until": until, "reason": "a friend"}
    answer = api.request("PUT", f"/v1/users/{user}/tier", json=asked if tier else {"tier": None})
    assert answer.status_code == 200, answer.text


def run_out(store, user):
    """Let the time of what was set pass."""
    with open_database(store).begin() as connection:
        mine = tier_overrides.c.user_id == user
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(sa.update(tier_overrides).where(mine).values(until=past))


def holders(api, tier, **params):
    """Who holds a tier by the list of assignments, page by page."""
    params |= {"tier": tier, "page_size": 37}
    pages = [api.get("/v1/tiers/assignments", params=params).json()]
    while token := pages[-1]["next_page_token"]:
        params["page_token"] = token
        pages.append(api.get("/v1/tiers/assignments", params=params).json())
    users = [row["user_id"] for page in pages for row in page["assignments"]]
    assert {page["total"] for page in pages} == {len(users)}
    return users


def ids_in(lines):
    """The ids of a file of NDJSON."""
    return sorted(json.loads(line)["user_id"] for line in lines)


def told(api, user):
    """A user's tier by each way to ask for one."""
    single = api.get(f"/v1/users/{user}").json()["tier"]
    (batch,) = api.post("/v1/users:batchGet", json={"user_ids": [user]}).json()["users"]
    assert batch["tier"] == single
    return single


def test_every_answer_tells_what_was_set_and_what_ended(api, store):
    """Look-ups, lists, catalogue, counts, previews and files, with one number everywhere."""
    user = holders(api, "silver")[0]
    before = holders(api, "gold")

    for tier in ("gold", None):
        put(api, user, tier)
        expected = sorted([*before, user]) if tier else before

        found = api.post("/v1/audiences:query", json=GOLD | {"page_size": 1000}).json()
        file = api.post("/v1/audiences:export", json=GOLD).text.splitlines()
        catalogue = {row["name"]: row["members"] for row in api.get("/v1/tiers").json()["tiers"]}
        assert told(api, user)["tier"] == (tier or "silver")
        assert holders(api, "gold") == expected
        assert sorted(found["user_ids"]) == ids_in(file) == expected
        assert catalogue["gold"] == len(expected) == found["total"]
        assert api.post("/v1/audiences:count", json=GOLD).json()["count"] == len(expected)
        assert api.get(f"/v1/tiers/users/{user}").json()["tier"] == (tier or "silver")


def test_what_is_past_its_time_is_in_no_answer(api, store):
    """With the next look at what was decided, which reading a standing is as well."""
    user = holders(api, "silver")[0]
    put(api, user, "platinum")
    run_out(store, user)

    standing = api.get(f"/v1/tiers/users/{user}").json()

    assert standing["tier"] == told(api, user)["tier"] == "silver"
    assert standing["history"][0]["reason_codes"][0] == "hand_ended"
    assert user not in holders(api, "platinum")


def test_other_workers_tell_it_after_their_next_look(api, store):
    """And pages begun by one are gone on with by the other, as they were begun."""
    other = worker(store)
    user, *_ = holders(api, "silver")
    put(api, user)
    begun = api.get("/v1/tiers/assignments", params={"tier": "gold", "page_size": 1}).json()

    went_on = other.get(
        "/v1/tiers/assignments",
        params={"tier": "gold", "page_size": 1000, "page_token": begun["next_page_token"]},
    ).json()

    listed = [row["user_id"] for row in begun["assignments"] + went_on["assignments"]]
    assert listed == holders(api, "gold")
    assert told(other, user)["tier"] == "silver"
    other.app.state.decided.refresh()
    assert told(other, user) == told(api, user)


@pytest.mark.parametrize("path", ["/v1/tiers/assignments", "/v1/audiences:query"])
def test_a_list_goes_on_as_it_began(api, path):
    """Nobody comes twice or is missed, whatever is set by hand between two pages."""
    before, silver = holders(api, "gold"), holders(api, "silver")

    def page(token):
        asked = {"page_size": 10} | ({"page_token": token} if token else {})
        if path.endswith("query"):
            return api.post(path, json=GOLD | asked).json()
        return api.get(path, params={"tier": "gold", **asked}).json()

    pages = [page(None)]
    while token := pages[-1]["next_page_token"]:
        put(api, silver[len(pages)])
        put(api, before[-len(pages)], "member")
        pages.append(page(token))

    assert {each["total"] for each in pages} == {len(before)}
    found = [
        user
        for each in pages
        for user in each.get("user_ids", [row["user_id"] for row in each.get("assignments", [])])
    ]
    assert sorted(found) == before


def test_a_known_answer_is_no_longer_unchanged(api):
    """The `ETag` moves with what is told, and comes back with it."""
    user, *_ = holders(api, "silver")
    first = api.get(f"/v1/users/{user}").headers["ETag"]
    known = {"If-None-Match": first}

    put(api, user)
    changed = api.get(f"/v1/users/{user}", headers=known)
    again = api.get(f"/v1/users/{user}", headers={"If-None-Match": changed.headers["ETag"]})
    put(api, user, None)
    back = api.get(f"/v1/users/{user}", headers=known)

    assert (changed.status_code, again.status_code, back.status_code) == (200, 304, 304)


def test_it_holds_through_another_run_and_going_back(api, store):
    """A run made before the decision does not know of it, and does not undo it."""
    user, *_ = holders(api, "silver")
    put(api, user)

    for run_id in (RUNS[0], RUNS[1]):
        publish(store, run_id)
        api.app.state.live.refresh()

        assert told(api, user)["tier"] == "gold"
        assert user in holders(api, "gold")


def test_a_campaign_keeps_the_tiers_it_began_with(api):
    """What is set later reaches it no more than a later run."""
    early, late, *_ = holders(api, "silver")
    put(api, early)
    asked = {
        "name": "spring", "share": 0.5, "deviation": 1.0, "effect": 9.0, "pinned": True,
        "until": (datetime.now(UTC) + timedelta(days=9)).isoformat(),
    }  # fmt: skip
    made = api.post("/v1/campaigns", json=asked).json()
    put(api, late)
    put(api, early, None)

    kept = holders(api, "gold", campaign=made["campaign_id"])

    assert early in kept
    assert late not in kept
    assert late in holders(api, "gold")


def test_a_file_and_its_deltas_are_the_later_file(api):
    """The delta starts from the file as it was, though the run is the same."""
    silver, gold = holders(api, "silver"), holders(api, "gold")

    def export(**asked):
        answer = api.post("/v1/audiences:export", json=GOLD | asked)
        assert answer.status_code == 200, answer.text
        return answer.headers["X-Run-Id"], answer.text.splitlines()

    since, lines = export()
    known = set(ids_in(lines))
    for step in range(3):
        put(api, silver[step])
        put(api, gold[step], "member")
        since, lines = export(mode="delta", since=since)
        for row in map(json.loads, lines):
            (known.add if row["operation"] == "add" else known.remove)(row["user_id"])
        assert sorted(known) == ids_in(export()[1])
    assert export(mode="delta", since=since)[1] == []


@pytest.mark.parametrize(
    ("since", "status"),
    [(f"{RUNS[1]}.x", 422), (f"{RUNS[1]}.0", 200), (f"{RUNS[1]}.99", 200), ("none.4", 410)],
)
def test_where_a_delta_may_start(api, since, status):
    """At a run and a place of the ledger; nonsense is said so."""
    asked = GOLD | {"mode": "delta", "since": since}

    assert api.post("/v1/audiences:export", json=asked).status_code == status


def test_blurred_figures_tell_nothing_of_what_is_set(store):
    """Who may set tiers cannot move a person in and out to see what else they are.

    Exactly counted, the part of the filter that was hidden would be given away by each move.
    """
    exact, blurred = worker(store), worker(store, "read", "tiers")
    asked = {"filter": 'tag:"yoga" AND tier = "gold"'}
    before = blurred.post("/v1/audiences:count", json=asked).json()
    catalogue = blurred.get("/v1/tiers").json()["tiers"]
    exactly = exact.post("/v1/audiences:count", json=asked).json()["count"]
    hidden = exact.post("/v1/audiences:query", json={"filter": 'tag:"yoga" AND tier = "silver"'})

    for user in hidden.json()["user_ids"][:40]:
        put(blurred, user)

    exact.app.state.decided.refresh()
    assert exact.post("/v1/audiences:count", json=asked).json()["count"] == exactly + 40
    told = blurred.post("/v1/audiences:count", json=asked).json()
    assert (told["count"], told["run_id"]) == (before["count"], before["run_id"])
    assert blurred.get("/v1/tiers").json()["tiers"] == catalogue


def test_the_ledger_replays_to_what_is_answered(api, store):
    """Whatever is set, ended or past its time."""
    silver = holders(api, "silver")
    for step, user in enumerate(silver[:6]):
        put(api, user, ("platinum", "gold")[step % 2])
    put(api, silver[0], None)
    run_out(store, silver[1])
    api.app.state.decided.refresh()

    rows = api.get("/v1/tiers/assignments", params={"page_size": 1000}).json()["assignments"]

    assert {row["user_id"]: row["tier"] for row in rows} == tiers_at(open_database(store))
