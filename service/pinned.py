"""Reading for a campaign: from the run it keeps, for its length, beside the run that is live.

Erasure and consent reach every run that is kept, so they win here as well. Tiers set by hand are
those that were in force when the campaign began.
"""

import asyncio
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from segmentation.campaigns import CampaignClosed, kept_by
from segmentation.errors import NotFound
from segmentation.index import Snapshot
from service.asking import database_of
from service.auth import Caller
from service.errors import Gone
from service.live import etag, live_snapshots

For = Annotated[
    str | None,
    Query(
        alias="campaign",
        max_length=200,
        description="A campaign, such as `camp-0a1b2c3d4e5f6071`: one that keeps a run reads that.",
    ),
]


async def snapshot_for(request: Request, _: Caller, campaign: For = None) -> Snapshot:
    """Return the run a campaign keeps, or the live one; raise `Gone` when the campaign is over."""
    snapshots = live_snapshots(request)
    if campaign is None:
        return snapshots.current()
    try:
        kept = await asyncio.to_thread(kept_by, database_of(request), campaign)
    except CampaignClosed as error:
        raise Gone(str(error), resync=request.url.path) from error
    if kept is None:
        return snapshots.current()
    try:
        return await asyncio.to_thread(snapshots.seen_through, kept.run_id, kept.tiers_through)
    except NotFound as error:
        why = f"The run `{kept.run_id}` of this campaign is no longer kept."
        raise Gone(why, resync=request.url.path) from error


async def named_snapshot(
    response: Response, snapshot: Annotated[Snapshot, Depends(snapshot_for)]
) -> Snapshot:
    """Pin that run for one request and name it in the answer's `ETag`."""
    response.headers["ETag"] = etag(snapshot.version)
    return snapshot


BeginsAt = Annotated[Snapshot, Depends(snapshot_for)]
ReadSnapshot = Annotated[Snapshot, Depends(named_snapshot)]
