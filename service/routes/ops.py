"""Operations: is it alive, is it ready, what does it count."""

from typing import cast

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from service.errors import problems
from service.live import live_snapshots
from service.schemas import Health
from service.telemetry import Telemetry

router = APIRouter(tags=["operations"])


@router.get("/healthz", responses=problems(500))
async def is_alive() -> Health:
    """Answer as long as the process can answer at all."""
    return Health(status="ok", run_id=None)


@router.get("/readyz", responses=problems(500, 503))
async def is_ready(request: Request) -> Health:
    """Answer once a snapshot is live; until then a 503 says what is missing."""
    return Health(status="ok", run_id=live_snapshots(request).current().run_id)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problems(500)},
)
async def show_metrics(request: Request) -> Response:
    """Give the server's figures to Prometheus."""
    telemetry = cast(Telemetry, request.app.state.telemetry)
    return Response(telemetry.exposition(), media_type=CONTENT_TYPE_LATEST)
