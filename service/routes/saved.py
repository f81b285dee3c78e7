"""Saved audiences: filters with a name, an owner and versions."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from segmentation import saved
from segmentation.conditions import IDENTITY
from segmentation.errors import FilterError
from segmentation.index import Snapshot
from segmentation.keys import Key
from segmentation.saved import Counted, Saved
from service.asking import Asked, ask, database_of
from service.audiences import (
    AudienceChange,
    AudienceDraft,
    AudienceId,
    AudienceVersions,
    Removed,
    SavedAudienceAnswer,
    SavedAudienceList,
)
from service.auth import CanRead
from service.errors import Forbidden, InvalidValue, problems
from service.live import LiveSnapshot
from service.paging import PageSize, PageToken, Place, listing_of, read_token, write_token

router = APIRouter(prefix="/v1/audiences", tags=["audiences"])
IfMatch = Annotated[
    str | None,
    Header(
        max_length=200,
        description="The `ETag` of the audience as last read: a change is refused with 412 when "
        "somebody else came first.",
    ),
]


@router.get("", responses=problems(401, 403, 422, 500, 503))
def list_audiences(
    request: Request,
    snapshot: LiveSnapshot,
    _: CanRead,
    page_size: PageSize = 100,
    page_token: PageToken = None,
) -> SavedAudienceList:
    """List the saved audiences of everyone by id; a page goes on after the one before."""
    listing = listing_of(request)
    after = read_token(page_token, listing=listing).run_id if page_token else ""
    rows = saved.list_saved(database_of(request), after=after, limit=page_size + 1)
    here = rows[:page_size]
    more = len(rows) > page_size
    token = write_token(Place(here[-1].audience_id, 0), listing=listing) if more else None
    return SavedAudienceList.model_validate(
        {"run_id": snapshot.run_id, "audiences": list(map(vars, here)), "next_page_token": token}
    )


@router.post("", status_code=201, responses=problems(401, 403, 413, 422, 500, 503))
def create_audience(
    request: Request, response: Response, draft: AudienceDraft, snapshot: LiveSnapshot, key: CanRead
) -> SavedAudienceAnswer:
    """Save an audience; its owner is the key it was made with."""
    require_saveable(ask(request, snapshot, key, draft.filter, purpose=draft.purpose))
    made = saved.create(
        database_of(request), **draft.model_dump(), owner=key.key_id, now=datetime.now(UTC)
    )
    response.headers["Location"] = f"/v1/audiences/{made.audience_id}"
    return described(request, response, made, snapshot, key)


@router.get("/{audience_id}", responses=problems(401, 403, 404, 422, 500, 503))
def get_audience(
    audience_id: AudienceId,
    request: Request,
    response: Response,
    snapshot: LiveSnapshot,
    key: CanRead,
) -> SavedAudienceAnswer:
    """Show a saved audience and how many it holds in the live run.

    When the live run cannot answer it, such as after one of its circles is no more, it is `stale`
    and `last_good` holds the last count that worked; it is never shown as empty.
    """
    found = saved.find(database_of(request), audience_id)
    return described(request, response, found, snapshot, key)


@router.get("/{audience_id}/versions", responses=problems(401, 403, 404, 422, 500, 503))
def list_versions(
    audience_id: AudienceId, request: Request, snapshot: LiveSnapshot, _: CanRead
) -> AudienceVersions:
    """Show what a saved audience was, the latest version first."""
    rows = saved.versions(database_of(request), audience_id)
    return AudienceVersions.model_validate(
        {
            "run_id": snapshot.run_id,
            "audience_id": audience_id,
            "versions": list(map(vars, rows)),
        }
    )


@router.patch("/{audience_id}", responses=problems(401, 403, 404, 412, 413, 422, 500, 503))
def change_audience(
    audience_id: AudienceId,
    request: Request,
    response: Response,
    asked: AudienceChange,
    snapshot: LiveSnapshot,
    key: CanRead,
    if_match: IfMatch = None,
) -> SavedAudienceAnswer:
    """Change a saved audience into its next version; only its owner may, or an admin."""
    require_owner(saved.find(database_of(request), audience_id), key)
    changes = asked.model_dump(exclude_unset=True)
    changes = {
        name: value for name, value in changes.items() if value is not None or name == "purpose"
    }
    if "filter" in changes:
        require_saveable(ask(request, snapshot, key, changes["filter"], purpose=None))
    after = saved.change(
        database_of(request),
        audience_id,
        changes,
        by=key.key_id,
        now=datetime.now(UTC),
        expected=version_of(if_match),
    )
    return described(request, response, after, snapshot, key)


@router.delete("/{audience_id}", responses=problems(401, 403, 404, 412, 422, 500, 503))
def remove_audience(
    audience_id: AudienceId,
    request: Request,
    snapshot: LiveSnapshot,
    key: CanRead,
    if_match: IfMatch = None,
) -> Removed:
    """Forget a saved audience and its versions; only its owner may, or an admin."""
    require_owner(saved.find(database_of(request), audience_id), key)
    saved.remove(database_of(request), audience_id, expected=version_of(if_match))
    return Removed(run_id=snapshot.run_id, removed=audience_id)


def described(
    request: Request, response: Response, found: Saved, snapshot: Snapshot, key: Key
) -> SavedAudienceAnswer:
    """Say how many a saved audience holds now; the last count that worked is kept for later."""
    response.headers["ETag"] = f'"{snapshot.version}.{found.version}"'
    last = saved.last_count(database_of(request), found.audience_id)
    facts: dict[str, Any] = {"run_id": snapshot.run_id, **vars(found)}
    try:
        asked = ask(request, snapshot, key, found.filter, purpose=found.purpose)
    except FilterError as error:
        facts |= {"status": "stale", "problem": str(error), "size": None}
    else:
        facts |= {"status": "fresh", "problem": None, "size": asked.size()}
        last = renewed(request, asked, found, last)
    facts["last_good"] = last and shown(last, is_exact=key.allows("members"))
    return SavedAudienceAnswer.model_validate(facts)


def renewed(request: Request, asked: Asked, found: Saved, last: Counted | None) -> Counted:
    """Keep the first count of each run and version."""
    here = (asked.snapshot.run_id, found.version)
    if last is not None and (last.run_id, last.version) == here:
        return last
    counted = Counted(
        run_id=asked.snapshot.run_id,
        version=found.version,
        count=len(asked.audience),
        told=asked.guarded().count,
        at=datetime.now(UTC),
    )
    saved.remember_count(database_of(request), found.audience_id, counted)
    return counted


def shown(last: Counted, *, is_exact: bool) -> dict[str, Any]:
    """The last good count, as far as the caller may know."""
    return {**vars(last), "count": last.count if is_exact else last.told}


def require_saveable(asked: Asked) -> None:
    """Refuse to keep an id in a filter, from where no erasure would remove it."""
    if asked.audience.uses(IDENTITY):
        raise InvalidValue(
            f"A saved audience cannot ask for `{IDENTITY}`: it would outlive the person's erasure.",
            field="body.filter",
        )


def require_owner(found: Saved, key: Key) -> None:
    """Refuse whoever neither made the audience nor is an admin."""
    if key.key_id != found.owner and not key.allows("admin"):
        raise Forbidden(
            f"The audience `{found.audience_id}` belongs to another key. Save one of your own."
        )


def version_of(if_match: str | None) -> int | None:
    """Read the version from an `If-Match`, which is the audience's `ETag`; `*` is any."""
    if if_match is None or if_match.strip() == "*":
        return None
    try:
        return int(if_match.strip().strip('"').rpartition(".")[2])
    except ValueError as error:
        raise InvalidValue(
            "`If-Match` must be the `ETag` of the audience.", field="header.if-match"
        ) from error
