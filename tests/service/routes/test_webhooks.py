"""Receivers of webhooks over HTTP."""

import pytest

from segmentation.database import open_database
from segmentation.dispatch import Dispatcher
from segmentation.signing import verify
from segmentation.store import Store
from service.app import create_app
from service.settings import Settings
from tests.receivers import receiving
from tests.segmentation.test_dispatch import Clock
from tests.service.callers import caller
from tests.service.routes.test_tiers import set_by_hand, tiers_in
from tests.service.stores import RUNS

URL = "https://shop.example/hooks"


@pytest.fixture
def api(changing):
    """A service over a store of its own, that takes receivers on this machine."""
    return caller(create_app(Settings(store=changing, no_auth=True, webhook_loopback=True)))


@pytest.fixture
def deliver(changing):
    """Send what is due, at a time of its own; return how many messages were."""
    database, clock = open_database(changing), Clock()

    def deliver():
        clock.wait(hours=13)
        return Dispatcher(Store(changing), database, loopback=True, clock=clock).deliver()

    yield deliver
    database.dispose()


@pytest.fixture
def willing(changing):
    """Somebody who refuses nothing."""
    with Store(changing).snapshot() as snapshot:
        everyone = tiers_in(changing, RUNS[-1])
        return next(user for user in everyone if not snapshot.user(user)["refuses"])


def test_a_secret_is_shown_once(api):
    """With the place where the receiver is found, and never there."""
    made = api.post("/v1/webhooks", json={"url": URL, "purpose": "email"})

    found = api.get(made.headers["Location"])
    assert made.status_code == 201
    assert made.json() == found.json() | {"secret": made.json()["secret"]}
    assert "secret" not in found.json()
    listed = api.get("/v1/webhooks").json()
    assert {"run_id": listed["run_id"], **listed["webhooks"][0]} == found.json()


def test_a_tier_set_over_http_is_told_and_verifies(api, deliver, willing):
    """At once, by the ledger."""
    with receiving() as receiver:
        made = api.post("/v1/webhooks", json={"url": receiver.url}).json()
        set_by_hand(api, willing, "platinum")
        clock = Clock()
        clock.wait(hours=13)
        deliver()

    ((headers, body),) = receiver.posts
    verify(body, headers, secret=made["secret"], now=clock())
    assert (receiver.told[0]["user_id"], receiver.told[0]["after"]) == (willing, "platinum")
    assert api.get(f"/v1/webhooks/{made['endpoint_id']}").json()["delivered"] == 1


def test_what_is_dead_is_listed_with_why_and_sent_again(api, deliver, willing):
    """Page by page."""
    with receiving() as receiver:
        made = api.post("/v1/webhooks", json={"url": receiver.url}).json()["endpoint_id"]
        receiver.refused_users = {willing}
        set_by_hand(api, willing, "platinum")
        while not (dead := api.get(f"/v1/webhooks/{made}/messages").json()["messages"]):
            deliver()
        receiver.refused_users = set()
        answer = api.post(f"/v1/webhooks/{made}:redeliver", json={})
        deliver()

    assert [(row["user_id"], row["status"]) for row in dead] == [(willing, 400)]
    assert answer.json()["revived"] == 1
    assert api.get(f"/v1/webhooks/{made}").json()["dead"] == 0


def test_messages_come_page_by_page(api, deliver, changing):
    """A page ends where the next begins."""
    with receiving() as receiver:
        made = api.post("/v1/webhooks", json={"url": receiver.url}).json()["endpoint_id"]
        receiver.answers = [(500, {})] * 64
        for user in sorted(tiers_in(changing, RUNS[-1]))[:4]:
            set_by_hand(api, user)
        deliver()
    asked = {"state": "pending", "page_size": 1}
    seqs, after = [], 0
    while after is not None:
        page = api.get(f"/v1/webhooks/{made}/messages", params=asked | {"after": after}).json()
        seqs += [row["seq"] for row in page["messages"]]
        after = page["next_after"]

    everything = api.get(f"/v1/webhooks/{made}/messages?state=pending").json()["messages"]
    assert seqs == [row["seq"] for row in everything]
    assert len(seqs) == api.get(f"/v1/webhooks/{made}").json()["pending"] > 1


def test_a_new_secret_takes_the_place_of_the_old(api):
    """And is shown once as well."""
    made = api.post("/v1/webhooks", json={"url": URL}).json()

    fresh = api.post(f"/v1/webhooks/{made['endpoint_id']}:rotate", json={"hours": 1}).json()

    assert fresh["secret"] != made["secret"]


def test_a_receiver_that_is_removed_is_no_more(api):
    """Neither found nor removed again."""
    made = api.post("/v1/webhooks", json={"url": URL}).json()["endpoint_id"]

    removed = api.request("DELETE", f"/v1/webhooks/{made}")

    assert removed.json()["removed"] == made
    assert api.get(f"/v1/webhooks/{made}").status_code == 404
    assert api.request("DELETE", f"/v1/webhooks/{made}").status_code == 404
    assert api.post(f"/v1/webhooks/{made}:redeliver", json={}).status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        {"url": "http://shop.example/"},
        {"url": "https://10.0.0.1/"},
        {"url": "https://169.254.169.254/"},
        {"url": URL, "secret": "mine"},
        {"url": ""},
        {},
    ],
)
def test_a_receiver_nothing_may_be_sent_to_is_refused(api, asked):
    """And is not there."""
    assert api.post("/v1/webhooks", json=asked).status_code == 422
    assert api.get("/v1/webhooks").json()["webhooks"] == []


def test_this_machine_is_refused_unless_the_server_was_told(planted):
    """A caller cannot make the server ask its own neighbours."""
    careful = caller(create_app(Settings(store=planted, no_auth=True)))

    assert careful.post("/v1/webhooks", json={"url": "http://127.0.0.1:1/"}).status_code == 422


@pytest.mark.parametrize("scope", ["read", "members", "export", "tiers", "runs"])
def test_only_an_admin_says_who_is_told(ask, scope):
    """Whoever is told learns of everybody."""
    assert ask(scope).get("/v1/webhooks").status_code == 403
    assert ask(scope).post("/v1/webhooks", json={"url": URL}).status_code == 403


def test_a_repeated_call_takes_a_receiver_on_once(api):
    """Under one `Idempotency-Key` the answer is the first, its secret too."""
    answers = [
        api.post("/v1/webhooks", json={"url": URL}, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert len(api.get("/v1/webhooks").json()["webhooks"]) == 1
