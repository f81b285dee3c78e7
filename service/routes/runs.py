"""Runs: which snapshots are kept, and what each reported of itself."""

from typing import cast

from fastapi import APIRouter, Request

from segmentation.errors import NotFound
from segmentation.jobs import PREFIX
from segmentation.store import Store
from service.auth import CanSeeRuns
from service.errors import problems
from service.paging import PageSize, PageToken, Place, listing_of, read_token, write_token
from service.schemas import Run, RunAnswer, RunId, RunList

router = APIRouter(prefix="/v1/runs", tags=["runs"])


@router.get("", responses=problems(401, 403, 422, 500))
def list_runs(
    request: Request, _: CanSeeRuns, page_size: PageSize = 100, page_token: PageToken = None
) -> RunList:
    """List the runs still kept, the newest first. Has no `ETag`: it changes without the live run.

    A page goes on after the last run of the one before, whatever was made or pruned meanwhile.
    """
    store, listing = store_of(request), listing_of(request)
    runs = store.runs()
    if page_token:
        last = read_token(page_token, listing=listing).run_id
        runs = [manifest for manifest in runs if manifest["run_id"] < last]
    here = [Run.model_validate(manifest) for manifest in runs[:page_size]]
    more = len(runs) > page_size
    token = write_token(Place(here[-1].run_id, 0), listing=listing) if more else None
    return RunList(run_id=store.current(), runs=here, next_page_token=token)


@router.get("/{run_id}", responses=problems(401, 403, 404, 422, 500))
def get_run(run_id: RunId, request: Request, _: CanSeeRuns) -> RunAnswer:
    """Describe one run and what it measured of itself."""
    if run_id.startswith(PREFIX):
        raise NotFound(
            f"`{run_id}` is a queued run: `GET /v1/jobs/{run_id}` tells how far it is and, once it "
            "is made, its `run_id`."
        )
    store = store_of(request)
    report = store.report(run_id)
    report.get("rights", {}).pop("samples", None)  # runs of earlier versions named people there
    facts = {"live": run_id == store.current(), "report": report}
    return RunAnswer.model_validate({**store.manifest(run_id), **facts})


def store_of(request: Request) -> Store:
    """Return the store the application serves."""
    return cast(Store, request.app.state.store)
