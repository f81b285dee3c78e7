"""Keys open what their scopes say, until they are revoked or expire."""

import string
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from segmentation import keys
from segmentation.database import open_database
from segmentation.errors import NotFound, UsageError
from segmentation.sqltables import api_keys

NOW = datetime(2026, 11, 1, 2, 3, 4, 567890, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def database(tmp_path):
    """An empty database."""
    engine = open_database(tmp_path)
    yield engine
    engine.dispose()


def test_a_key_is_verified_by_its_secret(database):
    """And is the very key that was made."""
    key, secret = keys.create(database, name="shop", scopes=["members", "read"], now=NOW)

    assert keys.verify(database, secret, LATER) == key
    assert key.scopes == ("read", "members")
    assert secret.startswith(f"cot_{key.key_id}_")


def test_the_secret_is_kept_nowhere(database, tmp_path):
    """Only a hash of it is."""
    secret = keys.create(database, name="shop", scopes=["read"], now=NOW).secret

    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"shop" in files
    assert secret.split("_", 2)[2].encode() not in files


def test_a_secret_off_by_one_letter_opens_nothing(database):
    """At any place."""
    secret = keys.create(database, name="shop", scopes=["read"], now=NOW).secret

    for place, letter in enumerate(secret):
        other = "x" if letter != "x" else "y"
        wrong = secret[:place] + other + secret[place + 1 :]
        assert keys.verify(database, wrong, NOW) is None


@given(secret=st.one_of(st.text(), st.text(string.ascii_letters + "_").map("cot_".__add__)))
def test_any_text_may_be_asked(tmp_path_factory, secret):
    """It opens nothing and breaks nothing."""
    database = open_database(tmp_path_factory.getbasetemp())

    assert keys.verify(database, secret, NOW) is None

    database.dispose()


def test_an_expired_key_opens_nothing(database):
    """From the very moment on."""
    secret = keys.create(database, name="shop", scopes=["read"], now=NOW, expires=LATER).secret

    assert keys.verify(database, secret, LATER - timedelta(microseconds=1)) is not None
    assert keys.verify(database, secret, LATER) is None


def test_a_revoked_key_opens_nothing(database):
    """The first time counts, and other keys go on."""
    key, secret = keys.create(database, name="shop", scopes=["read"], now=NOW)
    other = keys.create(database, name="app", scopes=["read"], now=LATER).secret

    keys.revoke(database, key.key_id, now=NOW)
    keys.revoke(database, key.key_id, now=LATER)

    assert keys.verify(database, secret, NOW) is None
    assert keys.verify(database, other, NOW) is not None
    assert [listed.revoked for listed in keys.list_keys(database)] == [NOW, None]


def test_an_unknown_key_cannot_be_revoked(database):
    """The message names it."""
    with pytest.raises(NotFound, match="There is no key `none`"):
        keys.revoke(database, "none", now=NOW)


def test_admin_opens_everything(database):
    """Another scope opens itself alone."""
    admin = keys.create(database, name="boss", scopes=["admin"], now=NOW).key
    reader = keys.create(database, name="app", scopes=["read"], now=NOW).key

    assert all(admin.allows(scope) for scope in keys.SCOPES)
    assert [scope for scope in keys.SCOPES if reader.allows(scope)] == ["read"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"scopes": ["read", "write"]}, r"`scopes` must be of read, .*, got `write`\."),
        ({"scopes": []}, r"`scopes` must be of .*, got none\."),
        ({"name": " "}, "`name` must have 1 to 200 letters"),
        ({"name": "x" * 201}, "`name` must have 1 to 200 letters, got 201"),
        ({"expires": NOW}, "`expires` must lie ahead, got 2026-11-01T02:03:04"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(database, wrong, message):
    """And not made."""
    with pytest.raises(UsageError, match=message):
        keys.create(database, **{"name": "shop", "scopes": ["read"], "now": NOW} | wrong)

    assert keys.list_keys(database) == []


def test_a_key_can_be_shown(database):
    """As plain values, without any secret."""
    key, secret = keys.create(database, name="shop", scopes=["read"], now=NOW)

    shown = key.to_dict()

    assert shown["scopes"] == ["read"]
    assert shown["created"] == "2026-11-01T02:03:04.567890+00:00"
    assert not any(secret.split("_", 2)[2] in str(value) for value in shown.values())
    with database.connect() as connection:
        stored = connection.execute(sa.select(api_keys.c.secret_hash)).scalar_one()
    assert stored not in str(shown)


def test_a_rotated_key_works_beside_the_new_one_for_a_while(database):
    """Same name and scopes; then the new secret alone opens."""
    old, old_secret = keys.create(database, name="ann", scopes=("read", "members"), now=NOW)

    new, new_secret = keys.rotate(database, old.key_id, now=NOW, overlap=timedelta(hours=1))

    assert (new.name, new.scopes) == (old.name, old.scopes)
    for hours, works in ((0.9, True), (1.1, False)):
        then = NOW + timedelta(hours=hours)
        assert (keys.verify(database, old_secret, then) is not None) is works
        assert keys.verify(database, new_secret, then) is not None


def test_only_a_valid_key_is_rotated(database):
    """A revoked one stays so."""
    key, _ = keys.create(database, name="ann", scopes=("read",), now=NOW)
    keys.revoke(database, key.key_id, now=NOW)

    for key_id in (key.key_id, "nobody"):
        with pytest.raises(NotFound):
            keys.rotate(database, key_id, now=NOW)
