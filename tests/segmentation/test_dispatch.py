"""Webhooks from the ledger to a real receiver, on SQLite and PostgreSQL."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Barrier

import pytest
import sqlalchemy as sa

from segmentation import dispatch, outbox, webhooks
from segmentation.consents import Decision, decide
from segmentation.dispatch import Dispatcher
from segmentation.erasure import erase_in_database
from segmentation.errors import NotFound, UsageError
from segmentation.ledger import changes_since, record_run
from segmentation.overrides import set_tier
from segmentation.posting import Reply
from segmentation.signing import verify
from segmentation.store import Store
from tests.receivers import receiving
from tests.service.stores import NOW as PUBLISHED
from tests.service.stores import fill

RUN = "20261101T020000Z-00000001"
USERS = [f"{letter}@example.org" for letter in "abc"]


def eventually(is_so):
    """Wait until something is so; bounded."""
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def rename(database, name, other):
    """Take a table away, or bring it back."""
    with database.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {name} RENAME TO {other}")


class Clock:
    """A time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        """Tell it."""
        return self.now

    def wait(self, **time) -> None:
        """Let it go on."""
        self.now += timedelta(**time)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with one live run of thirty people; nobody refuses anything by it that is asked."""
    return Store(fill(tmp_path_factory.mktemp("hooks"), (RUN,), users=30, has_ledger=False))


@pytest.fixture
def clock():
    """A clock of the test's own."""
    return Clock()


@pytest.fixture
def receiver():
    """Somebody who listens."""
    with receiving() as listening:
        yield listening


@pytest.fixture
def endpoint(database, receiver, clock):
    """The receiver, taken on."""
    return webhooks.register(database, receiver.url, by="Ada", now=clock(), loopback=True)


@pytest.fixture
def dispatcher(store, database, clock):
    """Delivers from the store."""
    return Dispatcher(store, database, loopback=True, clock=clock)


@pytest.fixture
def people(store):
    """Some people of the run who allow everything."""
    with store.snapshot() as snapshot:
        everyone = [held.user_id for held in snapshot.standings()]
        return [user for user in everyone if "*" not in snapshot.user(user)["refuses"]]


@pytest.fixture
def give(store, database, clock):
    """Set a tier by hand: one entry of the ledger."""

    def give(user_id, tier):
        until = clock() + timedelta(days=9)
        with store.snapshot() as snapshot:
            return set_tier(database, snapshot, user_id, tier=tier, until=until, reason="so",
                            author="Ada", now=clock())  # fmt: skip

    return give


def test_a_run_is_told_person_by_person_and_each_message_verifies(
    store, database, endpoint, receiver, dispatcher, people, clock
):
    """Every entry of the ledger, signed by the secret that was shown once; then nothing waits."""
    with store.snapshot() as snapshot:
        record_run(database, snapshot, now=PUBLISHED)

    sent = dispatcher.deliver_forever(once=True)

    entries = changes_since(database, 0, limit=100)
    ids = {
        verify(body, headers, secret=endpoint.secret, now=clock())
        for headers, body in receiver.posts
    }
    assert sorted(row["seq"] for row in receiver.told) == [
        entry.seq for entry in entries if entry.user_id in people
    ]
    assert len(ids) == sent == len(people)
    assert outbox.counts(database, endpoint.endpoint_id) == {"pending": 0, "dead": 0}
    assert webhooks.find(database, endpoint.endpoint_id).delivered == sent


def test_what_was_before_a_receiver_came_is_not_told(
    database, endpoint, receiver, dispatcher, people, give
):
    """Unless it asks for it."""
    first = give(people[0], "gold")
    late = webhooks.register(database, receiver.url, by="Ada", now=PUBLISHED, loopback=True)
    webhooks.remove(database, endpoint.endpoint_id)
    second = give(people[0], "silver")

    dispatcher.deliver_forever(once=True)
    outbox.redeliver(database, late.endpoint_id, now=PUBLISHED, after=first.seq - 1)
    dispatcher.deliver_forever(once=True)

    assert [row["seq"] for row in receiver.told] == [second.seq, first.seq, second.seq]


def test_changes_of_one_person_come_in_their_order_whatever_fails(
    database, endpoint, receiver, dispatcher, people, give, clock
):
    """The later wait for the earlier; those of others do not."""
    user, other = people[:2]
    receiver.refused_users = {user}
    tiers = ["gold", "silver", "platinum", "gold"]
    for tier in tiers:
        give(user, tier)
    give(other, "gold")

    dispatcher.deliver_forever(once=True)
    first = receiver.told
    receiver.refused_users = set()
    clock.wait(minutes=1)
    dispatcher.deliver_forever(once=True)

    assert sorted(row["user_id"] for row in first) == sorted([user, other])
    theirs = [row["after"] for row in receiver.told if row["user_id"] == user]
    assert theirs == ["gold", *tiers]


def test_a_message_is_sent_again_ever_later_and_is_dead_after_ten_times(
    database, endpoint, receiver, dispatcher, people, give, clock
):
    """With one id throughout; the next about that person goes out, and a dead one on request."""
    receiver.refused_users = {people[0]}
    give(people[0], "gold")
    times = []
    while outbox.counts(database, endpoint.endpoint_id)["dead"] == 0:
        if dispatcher.deliver():
            times.append(clock())
        clock.wait(seconds=1 if len(times) < 3 else 900)
    give(people[0], "silver")
    receiver.refused_users = set()
    dispatcher.deliver_forever(once=True)
    (dead,) = outbox.list_messages(database, endpoint.endpoint_id)
    revived = outbox.redeliver(database, endpoint.endpoint_id, now=clock())
    dispatcher.deliver_forever(once=True)

    waits = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == outbox.MOST_ATTEMPTS == dead["attempts"]
    assert all(earlier < later * 1.5 for earlier, later in pairwise(waits))
    assert len({headers["webhook-id"] for headers, _ in receiver.posts[:10]}) == 1
    assert (dead["status"], revived) == (400, 1)
    assert [row["after"] for row in receiver.told[10:]] == ["silver", "gold"]


def test_one_who_is_down_is_asked_with_one_message_until_well_again(
    database, endpoint, receiver, dispatcher, people, give, clock
):
    """Nothing is lost meanwhile; how long to wait is up to the receiver."""
    for user in people[:12]:
        give(user, "gold")
    receiver.answers = [(503, {"retry-after": "120"})] * 64

    dispatcher.deliver()
    tried = len(receiver.posts)
    clock.wait(seconds=100)
    paused = dispatcher.deliver()
    clock.wait(seconds=200)
    probe = dispatcher.deliver()
    receiver.answers = []
    clock.wait(hours=1)
    dispatcher.deliver_forever(once=True)

    assert (tried, paused, probe) == (12, 0, 1)
    assert {row["user_id"] for row in receiver.told} == set(people[:12])
    assert outbox.counts(database, endpoint.endpoint_id) == {"pending": 0, "dead": 0}


def test_one_who_says_that_it_is_gone_is_told_no_more(
    database, endpoint, receiver, dispatcher, people, give, clock
):
    """Until somebody asks for it again."""
    receiver.answers = [(410, {})]
    give(people[0], "gold")
    dispatcher.deliver_forever(once=True)
    give(people[1], "gold")
    clock.wait(hours=9)

    assert dispatcher.deliver_forever(once=True) == 0
    assert webhooks.find(database, endpoint.endpoint_id).ended is not None

    outbox.redeliver(database, endpoint.endpoint_id, now=clock())

    assert dispatcher.deliver_forever(once=True) == 2


def test_a_message_whose_sender_died_is_sent_again(
    database, endpoint, receiver, dispatcher, people, give, clock
):
    """Claimed and never settled: nobody else has it for a minute, then anybody may."""
    give(people[0], "gold")
    outbox.fill(database, now=clock())
    (claimed,) = outbox.claim(database, endpoint, now=clock(), limit=9)

    early = dispatcher.deliver()
    clock.wait(seconds=61)
    late = dispatcher.deliver()

    assert claimed.change.user_id == people[0]
    assert (early, late) == (0, 1)


def test_of_several_who_deliver_at_once_one_sends_each_message(
    store, database, endpoint, receiver, people, clock, monkeypatch
):
    """Each claims a few at a time, so that they meet all along."""
    monkeypatch.setattr(dispatch, "AT_ONCE", 2)
    with store.snapshot() as snapshot:
        record_run(database, snapshot, now=PUBLISHED)
    together = Barrier(3)

    def deliver(_):
        together.wait()
        one = Dispatcher(store, database, loopback=True, clock=clock)
        return one.deliver_forever(once=True)

    with ThreadPoolExecutor(3) as threads:
        sent = sum(threads.map(deliver, range(3)))

    told = [row["user_id"] for row in receiver.told]
    assert sorted(told) == sorted(people)
    assert sent == len(people)
    assert outbox.counts(database, endpoint.endpoint_id) == {"pending": 0, "dead": 0}


def test_beside_other_work_a_failure_is_outlived(
    database, endpoint, receiver, dispatcher, people, give, monkeypatch, caplog
):
    """The thread tells of it and tries again; the database was away for a while."""
    monkeypatch.setattr(dispatch, "AFTER_FAILURE_SECONDS", 0.02)
    give(people[0], "gold")
    rename(database, "webhook_messages", "elsewhere")
    with dispatcher.beside():
        eventually(lambda: "deliveries_failed" in caplog.text)
        rename(database, "elsewhere", "webhook_messages")
        eventually(lambda: outbox.counts(database, endpoint.endpoint_id)["pending"] == 0)
        eventually(lambda: receiver.told)

    assert [row["user_id"] for row in receiver.told] == [people[0]]
    assert people[0] not in caplog.text


def test_without_receivers_nothing_is_opened(store, database, give, people):
    """Neither the live run nor what people decided: an idle worker asks for receivers alone."""
    give(people[0], "gold")
    asked = []
    sa.event.listen(database, "before_cursor_execute", lambda *words: asked.append(words[2]))

    sent = Dispatcher(store, database).deliver()

    assert sent == 0
    assert len(asked) == 1
    assert "FROM webhook_endpoints" in asked[0].replace("\n", " ")


def test_who_is_erased_leaves_the_queue(
    database, endpoint, receiver, dispatcher, people, give, clock
):
    """Waiting and dead alike."""
    receiver.answers = [(500, {})] * 2
    for user in people[:2]:
        give(user, "gold")
    dispatcher.deliver()
    receiver.posts.clear()

    erase_in_database(database, people[0])
    clock.wait(hours=1)
    dispatcher.deliver_forever(once=True)
    clock.wait(hours=1)
    dispatcher.deliver_forever(once=True)

    assert {row["user_id"] for row in receiver.told} == {people[1]}
    assert outbox.people_in(database) == set()


@pytest.mark.parametrize("purpose", ["tiers", "*"])
def test_who_refuses_leaves_the_queue(database, receiver, dispatcher, people, give, clock, purpose):
    """The purpose of the receiver or every one; before anything more about them is sent."""
    made = webhooks.register(
        database, receiver.url, by="Ada", now=clock(), purpose="tiers", loopback=True
    )
    receiver.answers = [(500, {})] * 2
    for user in people[:2]:
        give(user, "gold")
    dispatcher.deliver()
    receiver.posts.clear()

    decide(
        database, Decision(user_id=people[0], purpose=purpose, granted=False), by="k", now=clock()
    )
    give(people[0], "silver")
    for _ in range(3):
        clock.wait(hours=1)
        dispatcher.deliver_forever(once=True)

    assert {row["user_id"] for row in receiver.told} == {people[1]}
    assert outbox.counts(database, made.endpoint_id) == {"pending": 0, "dead": 0}


def test_while_a_secret_changes_both_verify(
    database, endpoint, receiver, dispatcher, people, give, clock
):
    """And after that the new one alone."""
    fresh = webhooks.rotate(database, endpoint.endpoint_id, now=clock())
    give(people[0], "gold")
    dispatcher.deliver()
    ((headers, body),) = receiver.posts
    known = {verify(body, headers, secret=each.secret, now=clock()) for each in (endpoint, fresh)}
    clock.wait(hours=25)
    give(people[1], "gold")
    dispatcher.deliver()

    assert len(known) == 1
    assert len(receiver.posts[0][0]["webhook-signature"].split()) == 2
    assert len(receiver.posts[1][0]["webhook-signature"].split()) == 1


def test_a_receiver_on_this_machine_gets_nothing_where_that_is_not_allowed(
    store, database, endpoint, receiver, people, give, clock
):
    """It was taken on where it was; delivery looks anew."""
    give(people[0], "gold")

    Dispatcher(store, database, clock=clock).deliver()

    (waiting,) = outbox.list_messages(database, endpoint.endpoint_id, state="pending")
    assert receiver.posts == []
    assert "must begin with `https://`" in waiting["detail"]


def test_there_are_not_more_receivers_than_anybody_needs(database, clock):
    """Each change is a message for each of them."""
    for _ in range(webhooks.MOST):
        webhooks.register(database, "https://shop.example/", by="Ada", now=clock())

    with pytest.raises(UsageError, match="the most there may be"):
        webhooks.register(database, "https://shop.example/", by="Ada", now=clock())
    with pytest.raises(NotFound):
        webhooks.remove(database, "hook-0")


def test_waits_grow_fourfold_and_end_at_half_a_day():
    """Those of different messages are not the same, so that not all come at once."""
    waits = [outbox.wait_of("msg_1", attempts).total_seconds() for attempts in range(1, 10)]

    expected = [min(5 * 4**step, 12 * 3600) for step in range(9)]
    assert all(abs(wait / usual - 1) <= 0.2 for wait, usual in zip(waits, expected, strict=True))
    assert len({outbox.wait_of(f"msg_{number}", 1) for number in range(50)}) == 50


@pytest.mark.parametrize(("status", "ended"), [(410, True), (404, False), (200, False)])
def test_only_gone_means_gone(status, ended):
    """Not found may be a mistake of today."""
    facts = outbox.health(Reply(status), now=PUBLISHED, failures=3)

    assert (facts.get("ended") is not None) is ended
