"""Signatures of Standard Webhooks."""

from datetime import UTC, datetime, timedelta

import pytest

from segmentation.errors import UsageError
from segmentation.signing import WrongSignature, new_secret, sign, signed_headers, verify

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BODY = b'{"type": "tier.changed"}'


def test_the_published_message_gets_the_published_signature():
    """The one the libraries of Standard Webhooks are tested with."""
    signature = sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_as_it_was_sent_is_taken():
    """By whoever has the secret; its id is told."""
    secret = new_secret()
    headers = signed_headers("msg_1", BODY, secrets=[secret], now=NOW)

    assert verify(BODY, headers, secret=secret, now=NOW + timedelta(minutes=4)) == "msg_1"


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": "soon"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v1,\u00e9"},
        {"webhook-signature": ""},
    ],
)
def test_a_message_changed_on_its_way_is_refused(change):
    """Whichever part of it."""
    secret = new_secret()
    headers = signed_headers("msg_1", BODY, secrets=[secret], now=NOW) | change

    with pytest.raises(WrongSignature):
        verify(BODY, headers, secret=secret, now=NOW)


def test_another_body_another_secret_or_another_day_is_refused():
    """An old message sent again is as wrong as a forged one."""
    secret = new_secret()
    headers = signed_headers("msg_1", BODY, secrets=[secret], now=NOW)

    for body, by, now in (
        (BODY + b" ", secret, NOW),
        (BODY, new_secret(), NOW),
        (BODY, secret, NOW + timedelta(minutes=6)),
        (BODY, secret, NOW - timedelta(minutes=6)),
    ):
        with pytest.raises(WrongSignature):
            verify(body, headers, secret=by, now=now)


def test_while_secrets_change_both_open_a_message():
    """Signed by each."""
    old, new = new_secret(), new_secret()
    headers = signed_headers("msg_1", BODY, secrets=[new, old], now=NOW)

    assert {verify(BODY, headers, secret=each, now=NOW) for each in (old, new)} == {"msg_1"}


def test_a_secret_that_is_none_is_refused():
    """The message says how they are written."""
    with pytest.raises(UsageError, match="base 64"):
        sign("msg_1", 0, BODY, secret="whsec_!")
