"""Audiences: how many, who, how they overlap, and files of them."""

import re

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from segmentation.audience import Audience
from segmentation.delivery import DESTINATIONS, changes_listed, listed, require_enough
from segmentation.errors import NotFound
from segmentation.index import Snapshot
from service.asking import Asked, ask, filter_of
from service.audiences import (
    AudienceCount,
    AudiencePage,
    CountAsked,
    ExportAsked,
    Overlap,
    OverlapAsked,
    QueryAsked,
)
from service.auth import CanExport, CanListMembers, CanRead
from service.errors import Gone, InvalidValue, problems
from service.live import etag, live_snapshots
from service.paging import Place, read_token, snapshot_at, write_token
from service.pinned import BeginsAt, ReadSnapshot

router = APIRouter(prefix="/v1", tags=["audiences"])
PLACE = re.compile("[0-9]{1,18}")  # an entry of the ledger
MEDIA_TYPES = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
FILES = {
    media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA_TYPES.values()
}


@router.post("/audiences:count", responses=problems(401, 403, 404, 410, 413, 422, 500, 503))
async def count_audience(
    request: Request, asked: CountAsked, snapshot: ReadSnapshot, key: CanRead
) -> AudienceCount:
    """Say how many people a filter holds, and on request how many each of its parts does.

    Without the scope `members` the figure is blurred and nothing is said of fewer than the least
    audience.
    """
    named = filter_of(request, asked)
    found = ask(request, snapshot, key, named.filter, purpose=named.purpose)
    return AudienceCount.model_validate(
        {
            "run_id": snapshot.run_id,
            "eligible_for": found.purpose,
            "explanation": found.explanation() if asked.explain else None,
            **found.size(),
        }
    )


@router.post("/audiences:query", responses=problems(401, 403, 404, 410, 413, 422, 500, 503))
async def query_audience(
    request: Request, response: Response, asked: QueryAsked, begun: BeginsAt, key: CanListMembers
) -> AudiencePage:
    """List who fulfils a filter, by primary circle, the likeliest to share first.

    Pages are of the run the first one was read from, whatever is published meanwhile; a page goes
    on after the last person of the one before.
    """
    named = filter_of(request, asked)
    listing = f"{request.url.path} {named.filter} {named.purpose}"
    place = place_in(asked, listing)
    snapshot = begun if place is None else snapshot_at(request, place)
    response.headers["ETag"] = etag(snapshot.version)
    found = ask(request, snapshot, key, named.filter, purpose=named.purpose).audience
    first = found.rank(place.offset) if place else 0
    page = found.places[first : first + asked.page_size]
    is_last = first + asked.page_size >= len(found)
    token = None if is_last else token_after(page[-1], snapshot, listing)
    request.scope["coterie.people"] = len(page)
    return AudiencePage(
        run_id=snapshot.run_id,
        total=len(found),
        eligible_for=named.purpose,
        user_ids=list(found.index.ids(page)),
        next_page_token=token,
    )


@router.post("/audiences:overlap", responses=problems(401, 403, 404, 410, 413, 422, 500, 503))
async def overlap_audiences(
    request: Request, asked: OverlapAsked, snapshot: ReadSnapshot, key: CanRead
) -> Overlap:
    """Lay up to 50 audiences over each other: how many people each two have in common."""
    found = [ask(request, snapshot, key, text, purpose=asked.purpose) for text in asked.filters]
    return Overlap(
        run_id=snapshot.run_id,
        eligible_for=asked.purpose,
        approximate=not all(each.is_exact for each in found),
        counts=[[shared(one, other) for other in found] for one in found],
    )


def place_in(asked: QueryAsked, listing: str) -> Place | None:
    """Where a list goes on; None at its beginning."""
    if asked.page_token is None:
        return None
    return read_token(asked.page_token, listing=listing, field="body.page_token")


def token_after(last: int, snapshot: Snapshot, listing: str) -> str:
    """Where a list goes on after somebody's place."""
    return write_token(Place(snapshot.run_id, last + 1, snapshot.overlay.seq), listing=listing)


def shared(one: Asked, other: Asked) -> int | None:
    """How many two audiences have in common, as far as the caller may know."""
    if one.is_exact and other.is_exact:
        return one.audience.places.intersection_cardinality(other.audience.places)
    return one.snapshot.guard.tell_common(one.published, other.published, one.purpose).count


@router.post(
    "/audiences:export",
    response_class=StreamingResponse,
    responses={
        200: {"content": FILES, "description": "One id a row, by primary circle."},
        **problems(401, 403, 404, 409, 410, 413, 422, 500, 503),
    },
)
async def export_audience(
    request: Request, asked: ExportAsked, snapshot: ReadSnapshot, key: CanExport
) -> StreamingResponse:
    """Stream the ids of an audience: all, what changed since a run, or a mirror.

    A file has the column `user_id`; a delta has `operation` (`add` or `remove`) before it. The run
    stands in `X-Run-Id`, with the place of tiers set by hand since after it where some count, so
    that the next delta can start from it.
    """
    named = whereto(filter_of(request, asked))
    found = ask(request, snapshot, key, named.filter, purpose=named.purpose).audience
    if named.destination is not None:
        require_enough(found, DESTINATIONS[named.destination])
    if named.mode == "delta":
        before = listed_before(earlier(request, named.since), named)
        lines = changes_listed(before, found, named.format, hash_ids=named.hash_ids)
    else:
        lines = listed(found, named.format, hash_ids=named.hash_ids)
    request.scope["coterie.people"] = len(found)
    headers = {
        "X-Run-Id": snapshot.version,
        "X-Mode": named.mode,
        "Content-Disposition": f'attachment; filename="audience.{named.format}"',
        "ETag": etag(snapshot.version),
    }
    return StreamingResponse(lines, media_type=MEDIA_TYPES[named.format], headers=headers)


def whereto(asked: ExportAsked) -> ExportAsked:
    """Take over what the destination wants: its purpose, and hashed ids."""
    if asked.mode == "delta" and asked.since is None:
        raise InvalidValue("A delta needs the run it starts from.", field="body.since")
    if asked.destination is None:
        return asked
    wanted = DESTINATIONS[asked.destination]
    return asked.model_copy(
        update={"purpose": wanted.purpose, "hash_ids": asked.hash_ids or wanted.hashed}
    )


def listed_before(snapshot: Snapshot, named: ExportAsked) -> Audience:
    """Whom a file of an earlier run may have held, those included who refused since."""
    if named.purpose is None:
        return snapshot.audience(named.filter)
    hidden = snapshot.audiences.refusing_throughout(named.purpose)
    return snapshot.audience(named.filter, hidden=hidden)


def earlier(request: Request, version: str | None) -> Snapshot:
    """The run a delta starts from, as it was seen then."""
    run_id, _, seq = str(version).partition(".")
    if seq and not PLACE.fullmatch(seq):
        raise InvalidValue("`since` must be the `X-Run-Id` of a file.", field="body.since")
    try:
        return live_snapshots(request).seen_through(run_id, int(seq or 0))
    except NotFound as error:
        raise Gone(
            f"The run `{run_id}` is no longer kept. Ask for `mirror` and go on from its run.",
            resync=request.url.path,
        ) from error
