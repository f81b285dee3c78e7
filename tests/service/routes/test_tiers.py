"""Rights over HTTP."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from segmentation import keys
from segmentation.database import open_database
from segmentation.deltas import Reached
from segmentation.erasure import digest
from segmentation.index import Snapshot
from segmentation.ledger import record_run, tiers_at
from segmentation.store import Store
from service.app import create_app
from service.feed import write_since
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import NOW, RUNS
from tests.snapshots import user_id


def test_members_of_the_tiers_add_up(api):
    """Everyone holds one tier."""
    tiers = api.get("/v1/tiers").json()["tiers"]

    total = api.get("/v1/tiers/assignments").json()["total"]

    assert sum(tier["members"] for tier in tiers) == total == 500


@pytest.mark.parametrize(("scopes", "told"), [(("tiers",), False), (("tiers", "members"), True)])
def test_a_tier_of_few_is_counted_for_those_alone_who_may_list_members(changing, scopes, told):
    """Forty people are fewer than the least audience."""
    secret = keys.create(open_database(changing), name="x", scopes=scopes, now=NOW).secret
    asking = caller(create_app(Settings(store=changing)), key=secret)

    counts = [tier["members"] for tier in asking.get("/v1/tiers").json()["tiers"]]

    assert [count is not None for count in counts] == [told] * len(counts)


def test_every_tier_shows_both_kinds_of_benefit(api):
    """Goods and recognition, as the policy demands."""
    for tier in api.get("/v1/tiers").json()["tiers"]:
        assert {benefit["kind"] for benefit in tier["benefits"]} == {"material", "spiritual"}


def test_assignments_of_a_tier(api):
    """Only its holders, and all of them."""
    answer = api.get("/v1/tiers/assignments", params={"tier": "gold", "page_size": 1000}).json()

    assert {row["tier"] for row in answer["assignments"]} == {"gold"}
    assert len(answer["assignments"]) == answer["total"]


def test_an_unknown_tier_is_not_found(api):
    """A misspelt tier is not an empty one."""
    assert api.get("/v1/tiers/assignments", params={"tier": "tin"}).status_code == 404


def tiers_in(store, run_id):
    """Everyone's tier in a run."""
    with Snapshot.open(store / "runs" / run_id) as snapshot:
        return {held.user_id: held.tier for held in snapshot.standings()}


def read_feed(api, since, page_size=1000):
    """Every page of the feed, as one answer."""
    asked = {"page_size": page_size} | ({"since": since} if since else {})
    pages = [api.get("/v1/tiers/changes", params=asked).json()]
    while token := pages[-1]["next_page_token"]:
        pages.append(api.get("/v1/tiers/changes", params=asked | {"page_token": token}).json())
    return pages[-1] | {"changes": [row for page in pages for row in page["changes"]]}


def replayed(tiers, feed):
    """A base with a feed applied to it; each change must start from what is there."""
    tiers = dict(tiers)
    for row in feed["changes"]:
        assert tiers.get(row["user_id"]) == row["before"]
        tiers[row["user_id"]] = row["after"]
    return {
        user: tier
        for user, tier in tiers.items()
        if tier is not None and digest(user) not in feed["erased"]
    }


def set_by_hand(api, user_id, tier="platinum"):
    """Set a tier over HTTP."""
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    asked = {"tier": tier, "until": until, "reason": "a friend"}
    answer = api.request("PUT", f"/v1/users/{user_id}/tier", json=asked)
    assert answer.status_code == 200


@pytest.fixture
def lively(changing):
    """A service over a store that changes."""
    return caller(create_app(Settings(store=changing, no_auth=True)))


@pytest.mark.parametrize("known", range(3))
@pytest.mark.parametrize("page_size", [37, 1000])
def test_a_base_and_its_changes_are_what_is_in_force(api, planted, known, page_size):
    """Whichever run somebody knows, in small pages or large."""
    feed = read_feed(api, RUNS[known], page_size)

    assert replayed(tiers_in(planted, RUNS[known]), feed) == tiers_in(planted, RUNS[-1])
    assert feed["run_id"] == RUNS[-1]


def test_without_since_the_live_run_tells_what_it_changed(api, planted):
    """The feed starts after the run before."""
    feed = read_feed(api, None)

    assert feed["changes"] == read_feed(api, RUNS[-2])["changes"]
    assert {row["run_id"] for row in feed["changes"]} == {RUNS[-1]}


def test_a_token_goes_on_where_the_page_before_ended(api, planted):
    """At any page, not at the last alone; at the end nothing is left."""
    asked = {"since": RUNS[0], "page_size": 37}
    first = api.get("/v1/tiers/changes", params=asked).json()

    rest = read_feed(api, first["next_since"])

    assert first["changes"] + rest["changes"] == read_feed(api, RUNS[0])["changes"]
    assert read_feed(api, rest["next_since"])["changes"] == []


def test_a_token_from_three_versions_ago_still_works(lively, changing):
    """Through another run, a going back, and tiers set by hand."""
    feed = read_feed(lively, RUNS[0])
    known = replayed(tiers_in(changing, RUNS[0]), feed)
    store, database = Store(changing), open_database(changing)
    for step, run_id in enumerate([RUNS[0], RUNS[1], RUNS[0]]):
        with store.snapshot(run_id) as snapshot:
            record_run(database, snapshot, now=NOW + timedelta(days=1 + step))
        set_by_hand(lively, min(tiers_in(changing, RUNS[0])), ("gold", "platinum")[step % 2])

    later = replayed(known, read_feed(lively, feed["next_since"]))

    assert later == tiers_at(database)
    database.dispose()


def test_who_knows_a_run_misses_nothing_decided_before_somebody_went_back_to_it(lively, changing):
    """The tier set while another run was live, and the person erased then."""
    known = tiers_in(changing, RUNS[0])
    user, gone = sorted(known)[:2]
    store, database = Store(changing), open_database(changing)
    set_by_hand(lively, user, "platinum")
    assert lively.request("DELETE", f"/v1/users/{gone}").status_code == 200
    with store.snapshot(RUNS[0]) as snapshot:
        record_run(database, snapshot, now=NOW + timedelta(days=9_999))

    feed = read_feed(lively, RUNS[0])

    assert replayed(known, feed)[user] == "platinum"
    assert digest(gone) in feed["erased"]
    database.dispose()


def test_a_tier_set_by_hand_reaches_the_feed_at_once(lively, changing):
    """Though the run is the same, so an answer known before is not sent as unchanged."""
    before = lively.get("/v1/tiers/changes", params={"since": RUNS[-1]})
    set_by_hand(lively, min(tiers_in(changing, RUNS[-1])))

    answer = lively.get(
        "/v1/tiers/changes",
        params={"since": RUNS[-1]},
        headers={"If-None-Match": before.headers["ETag"]},
    )

    (row,) = answer.json()["changes"]
    assert before.json()["changes"] == []
    assert (row["after"], row["run_id"]) == ("platinum", None)


def test_an_erased_person_is_to_be_forgotten(lively, changing):
    """The feed holds none of their changes, and the digest of their id instead."""
    base = tiers_in(changing, RUNS[0])
    erased, token = min(base), read_feed(lively, RUNS[-1])["next_since"]
    lively.request("DELETE", f"/v1/users/{erased}")
    set_by_hand(lively, max(base))

    feed, news = read_feed(lively, RUNS[0]), read_feed(lively, token)

    assert erased not in {row["user_id"] for row in feed["changes"]}
    assert replayed(base, feed) == replayed(tiers_in(changing, RUNS[-1]), news)
    assert (feed["members_erased"], news["erased"]) == (1, [digest(erased)])
    assert read_feed(lively, news["next_since"])["members_erased"] == 0


def test_numbers_of_erased_entries_are_not_given_anew(lively, changing):
    """A token that stands after them would miss what came in their place."""
    user, other, *_ = sorted(tiers_in(changing, RUNS[-1]))
    set_by_hand(lively, user)
    token = read_feed(lively, RUNS[-1])["next_since"]
    lively.request("DELETE", f"/v1/users/{user}")
    set_by_hand(lively, other)

    assert [row["user_id"] for row in read_feed(lively, token)["changes"]] == [other]


@pytest.mark.parametrize(
    "since",
    ["20250101T000000Z-ffffffff", "../../etc", "nonsense", write_since(Reached(10**9, 0))],
)
def test_a_since_nobody_knows_is_gone(api, since):
    """The problem says where to start over."""
    answer = api.get("/v1/tiers/changes", params={"since": since})

    assert answer.status_code == 410
    assert answer.json()["resync"] == "/v1/tiers/assignments"


def test_a_pruned_run_can_still_be_the_start(lively, changing):
    """The ledger knows what came after it."""
    for run_id in RUNS[:2]:
        shutil.rmtree(changing / "runs" / run_id)

    assert lively.get("/v1/tiers/changes", params={"since": RUNS[0]}).status_code == 200


def test_a_list_of_holders_tells_where_the_feed_goes_on(lively):
    """Whatever was set by hand by then; to be told a thing again changes nothing."""
    set_by_hand(lively, user_id(3))
    read = lively.get("/v1/tiers/assignments", params={"page_size": 1000}).json()
    set_by_hand(lively, user_id(4))

    feed = read_feed(lively, read["next_since"])

    known = {row["user_id"]: row["tier"] for row in read["assignments"]}
    known |= {row["user_id"]: row["after"] for row in feed["changes"]}
    after = lively.get("/v1/tiers/assignments", params={"page_size": 1000}).json()
    assert known == {row["user_id"]: row["tier"] for row in after["assignments"]}
