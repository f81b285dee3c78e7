"""Signatures of messages by the rules of Standard Webhooks, version 1: HMAC-SHA256.

A message is signed together with its id and the second it was sent, so that neither can be
changed and an old one cannot be sent again (https://www.standardwebhooks.com).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

from segmentation.errors import UsageError

PREFIX = "whsec_"
SECRET_BYTES = 32
TOLERANCE_SECONDS = 300


class WrongSignature(UsageError):
    """A message is not from whom it says, was changed on its way, or is too old."""


def new_secret() -> str:
    """Make a secret for one receiver."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(
    message_id: str, body: bytes, *, secrets: Iterable[str], now: datetime
) -> dict[str, str]:
    """The headers a message goes out with: signed by each secret, so that they may be changed."""
    second = int(now.timestamp())
    signatures = (sign(message_id, second, body, secret=secret) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(second),
        "webhook-signature": " ".join(signatures),
    }


def sign(message_id: str, second: int, body: bytes, *, secret: str) -> str:
    """Sign one message, as `v1,` and the signature in base 64."""
    signed = b"%s.%d.%s" % (message_id.encode(), second, body)
    found = hmac.new(key_of(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(found).decode()


def verify(body: bytes, headers: Mapping[str, str], *, secret: str, now: datetime) -> str:
    """Return the id of a message that is as it was sent, a short while ago.

    Parameters
    ----------
    headers : mapping with names in small letters

    Raises
    ------
    WrongSignature
        When it is not.
    """
    try:
        message_id, second = headers["webhook-id"], int(headers["webhook-timestamp"])
        given = headers["webhook-signature"].split()
    except (KeyError, ValueError) as error:
        raise WrongSignature("The message lacks a header of a signed one.") from error
    if abs(now.timestamp() - second) > TOLERANCE_SECONDS:
        raise WrongSignature("The message was not sent now: it may be an old one sent again.")
    right = sign(message_id, second, body, secret=secret).encode()
    if not any(hmac.compare_digest(each.encode(), right) for each in given):
        raise WrongSignature("The signature is not of this message.")
    return message_id


def key_of(secret: str) -> bytes:
    """The bytes a secret stands for."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise UsageError("A secret is `whsec_` and base 64.") from error
