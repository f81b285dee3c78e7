"""Keys, scopes and the keyless owner of the machine."""

import asyncio
from datetime import timedelta

import pytest

from segmentation import keys
from segmentation.database import open_database
from service.app import create_app
from service.auth import KeyRing, secret_of
from service.settings import Settings
from tests.service.callers import Caller, caller
from tests.service.stores import NOW


class Clock:
    """A monotonic clock that moves when told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        """Tell the time."""
        return self.now


@pytest.fixture
def database(tmp_path):
    """A database of its own for a test that changes it."""
    return open_database(tmp_path, None)


def make(database, *, expires=None):
    """Make a key that may read."""
    return keys.create(database, name="test", scopes=("read",), expires=expires, now=NOW)


def test_admin_may_everything(ask):
    """It implies every other scope."""
    for path in ("/v1/circles", "/v1/circles/interest-1/members", "/v1/tiers", "/v1/runs"):
        assert ask("admin").get(path).status_code == 200


@pytest.mark.parametrize("scope", ["read", "members", "tiers", "runs", "admin"])
def test_a_key_opens_what_it_was_made_for(ask, scope):
    """One call for each scope."""
    path = {
        "read": "/v1/users/user-00000",
        "members": "/v1/circles/interest-1/members",
        "tiers": "/v1/tiers/changes",
        "runs": "/v1/runs",
        "admin": "/v1/flywheel",
    }[scope]

    assert ask(scope).get(path).status_code == 200


def test_a_revoked_key_is_trusted_only_for_its_short_life(database):
    """Verified once, it is looked up again when its time is over."""
    clock = Clock()
    ring = KeyRing(database, seconds=10, clock=clock)
    key, secret = make(database)
    assert asyncio.run(ring.find(secret)) is not None
    keys.revoke(database, key.key_id, now=NOW)

    clock.now = 9.9
    assert asyncio.run(ring.find(secret)) is not None
    clock.now = 10.1
    assert asyncio.run(ring.find(secret)) is None


def test_a_key_works_at_once(database):
    """That it was unknown a moment ago is not remembered."""
    ring = KeyRing(database, seconds=10, clock=Clock())
    assert asyncio.run(ring.find("cot_x_y")) is None

    _, secret = make(database)

    assert asyncio.run(ring.find(secret)).scopes == ("read",)


def test_an_expired_key_is_refused(database):
    """Its last day is a fact of the key."""
    ring = KeyRing(database, seconds=10, clock=Clock())
    _, secret = make(database, expires=NOW + timedelta(seconds=1))

    assert asyncio.run(ring.find(secret)) is None


def test_no_more_keys_are_remembered_than_asked_for(database):
    """Callers cannot fill the memory."""
    ring = KeyRing(database, seconds=10, size=2, clock=Clock())
    for _ in range(4):
        asyncio.run(ring.find(make(database)[1]))

    assert len(ring) == 2


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        (b"Bearer cot_a_b", "cot_a_b"),
        (b"bearer  cot_a_b ", "cot_a_b"),
        (b"Basic cot_a_b", None),
        (b"cot_a_b", None),
        (None, None),
    ],
)
def test_only_a_bearer_key_is_a_key(header, secret):
    """The scheme's case does not matter, its name does."""
    headers = [(b"authorization", header)] if header else []

    assert secret_of({"headers": headers}) == secret


@pytest.mark.parametrize(
    ("client", "site"),
    [("10.0.0.7", "http://localhost"), ("127.0.0.1", "http://rebound.example")],
)
def test_without_keys_only_this_machine_may_ask(planted, client, site):
    """Neither another machine nor a page of another site in the owner's browser."""
    app = create_app(Settings(store=planted, no_auth=True))

    answer = Caller(app, site=site, machine=client).get("/v1/circles")

    assert answer.status_code == 403


def test_the_key_of_another_store_opens_nothing(guarded, database):
    """Keys live in the store's own database."""
    assert caller(guarded, key=make(database)[1]).get("/v1/circles").status_code == 401
