"""Pages of a list, all read from the run the first page was read from."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import orjson
from fastapi import Depends, Query, Request, Response

from segmentation.errors import NotFound
from segmentation.index import Snapshot
from service.errors import Gone, InvalidValue
from service.live import etag, live_snapshots
from service.pinned import BeginsAt

PAGE_PARAMETERS = frozenset({"page_size", "page_token"})
DIGEST = 6

PageSize = Annotated[int, Query(ge=1, le=1000, description="Rows a page.")]
PageToken = Annotated[
    str | None,
    Query(
        max_length=2000,
        description="`next_page_token` of the page before; it stays with the run of the first.",
    ),
]


@dataclass(frozen=True)
class Place:
    """Where a list goes on: in which run, and after how many rows.

    `seq` is the entry of the ledger up to which tiers set by hand count in it.
    """

    run_id: str
    offset: int
    seq: int = 0


@dataclass(frozen=True)
class Page:
    """The stretch of a list that was asked for, and the snapshot to read it from."""

    snapshot: Snapshot
    offset: int
    limit: int
    listing: str

    def token(self, total: int) -> str | None:
        """Return the token of the next page; None when this one reaches the end.

        Places of people erased since stay in the count of rows, so that no page shifts.
        """
        reached = self.offset + self.limit
        if reached >= total + len(self.snapshot.erased.rows):
            return None
        seq = self.snapshot.overlay.seq
        return write_token(Place(self.snapshot.run_id, reached, seq), listing=self.listing)


async def page(
    request: Request,
    response: Response,
    begun: BeginsAt,
    page_size: PageSize = 100,
    page_token: PageToken = None,
) -> Page:
    """Read the place to go on from, and pin the run it belongs to."""
    listing = listing_of(request)
    place = read_token(page_token, listing=listing) if page_token else None
    snapshot = begun if place is None else snapshot_at(request, place)
    response.headers["ETag"] = etag(snapshot.version)
    return Page(snapshot, place.offset if place else 0, page_size, listing)


def snapshot_at(request: Request, place: Place | None) -> Snapshot:
    """Return the snapshot of a place, or the live one; raise `Gone` when its run is pruned."""
    snapshots = live_snapshots(request)
    if place is None:
        return snapshots.current()
    try:
        return snapshots.seen_through(place.run_id, place.seq)
    except NotFound as error:
        raise Gone(
            f"The run `{place.run_id}` of this `page_token` is no longer kept. "
            "Read the list again from its first page.",
            resync=request.url.path,
        ) from error


def listing_of(request: Request) -> str:
    """Return what tells one list from another: its path and its filters."""
    query: Iterable[tuple[str, str]] = request.query_params.multi_items()
    filters = sorted(item for item in query if item[0] not in PAGE_PARAMETERS)
    return orjson.dumps([request.url.path, filters]).decode()


def write_token(place: Place, *, listing: str) -> str:
    """Return an opaque token that holds a place and fits only the list it was made for."""
    facts = {"run": place.run_id, "offset": place.offset}
    document = orjson.dumps(facts | ({"seq": place.seq} if place.seq else {}))
    return urlsafe_b64encode(checksum(document, listing) + document).decode().rstrip("=")


def read_token(token: str, *, listing: str, field: str = "query.page_token") -> Place:
    """Return the place a token holds; raise `InvalidValue` when it is not this list's."""
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (NotBase64, ValueError) as error:
        raise foreign_token(field) from error
    if raw[:DIGEST] != checksum(raw[DIGEST:], listing):
        raise foreign_token(field)
    document = orjson.loads(raw[DIGEST:])
    return Place(document["run"], document["offset"], document.get("seq", 0))


def checksum(document: bytes, listing: str) -> bytes:
    """Return a short digest that guards against mistakes, not against forgery."""
    return hashlib.blake2b(document, digest_size=DIGEST, salt=b"page", key=digest(listing)).digest()


def digest(listing: str) -> bytes:
    """Return a list's name in the length a keyed digest takes."""
    return hashlib.blake2b(listing.encode(), digest_size=16).digest()


def foreign_token(field: str) -> InvalidValue:
    """Say that a token is not one this list gave."""
    return InvalidValue(
        "The `page_token` is not one this list gave. Send it as it came, with the same filters.",
        field=field,
    )


Paged = Annotated[Page, Depends(page)]
