"""Changes of tier from what a caller knows to what holds now: places in the ledger as tokens."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Annotated, Any

import orjson
from fastapi import Depends, Query, Request

from segmentation.database import Database
from segmentation.deltas import Delta, Reached, delta, is_ahead, start_of_last_run, start_of_run
from service.asking import database_of
from service.errors import Gone
from service.paging import DIGEST, Paged, checksum

RESYNC = "/v1/tiers/assignments"
LISTING = "changes since"
Since = Annotated[
    str | None,
    Query(
        max_length=200,
        description="What to start after: `next_since` of an earlier answer, be it of the feed or "
        "of `/v1/tiers/assignments`; a run's id does as well.",
    ),
]


def feed_at(request: Request, page: Paged, since: Since = None) -> Delta:
    """Read the changes after `since`, from where the page before ended."""
    database = database_of(request)
    place = start_of(database, since)
    return delta(database, Reached(max(place.seq, page.offset), place.erasures), limit=page.limit)


def start_of(database: Database, since: str | None) -> Reached:
    """Return where a run's id or a token says to start; raise `Gone` when nobody knows."""
    if since is None:
        return start_of_last_run(database)
    place = start_of_run(database, since) or read_since(since)
    if place is None or is_ahead(database, place):
        raise Gone(
            f"Nobody knows what changed since `{since}`. Read all assignments again and go on "
            "from their `next_since`.",
            resync=RESYNC,
        )
    return place


def write_since(place: Reached) -> str:
    """Return a place as an opaque token."""
    document = orjson.dumps([place.seq, place.erasures])
    return urlsafe_b64encode(checksum(document, LISTING) + document).decode().rstrip("=")


def read_since(token: str) -> Reached | None:
    """Return the place a token holds; None when it is none of ours."""
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (NotBase64, ValueError):
        return None
    if raw[:DIGEST] != checksum(raw[DIGEST:], LISTING):
        return None
    seq, erased = orjson.loads(raw[DIGEST:])
    return Reached(seq, erased)


def told(feed: Delta) -> dict[str, Any]:
    """A stretch of the feed as it goes out."""
    return {
        "next_since": write_since(feed.reached),
        "changes": [vars(change) for change in feed.changes],
        "members_erased": len(feed.erased),
        "erased": feed.erased,
    }


FeedAt = Annotated[Delta, Depends(feed_at)]
