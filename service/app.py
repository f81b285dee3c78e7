"""The application: settings in, one ASGI application out."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import cache, partial
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import State

from segmentation.audit import AuditLog
from segmentation.database import Database, open_database
from segmentation.errors import SegmentationError
from segmentation.store import Store
from service.auth import Doorkeeper, KeyRing
from service.conditional import ConditionalGet
from service.decided import DecisionBook
from service.description import DescribedApp
from service.heads import HeadAsGet
from service.hot import HOT, HotLookUp
from service.limits import BodyLimit, TimeLimit
from service.live import LiveSnapshots
from service.pace import Pace
from service.pools import share_pool
from service.refusing import install_error_handlers
from service.replay import Replay
from service.routes import (
    audiences,
    audit,
    campaigns,
    circles,
    console,
    content,
    flywheel,
    growth,
    manual,
    operating,
    ops,
    rulings,
    runs,
    saved,
    sending,
    standing,
    tiers,
    users,
    webhooks,
)
from service.settings import Settings
from service.telemetry import Telemetry, TelemetryMiddleware
from service.witness import Witness

MOST_BYTES = 2 << 20
FLUSH_SECONDS = 0.5
OUTSIDE = (SQLAlchemyError, SegmentationError, OSError)
"""What a store or a database out of reach fails with; it may come back."""
SETTLE_SECONDS = 0.05
SETTLED_AT_ONCE = 64
SWITCH_SECONDS = 0.0005
PATIENCE_SECONDS = 10.0
"""How long a thread may keep the one that answers from going on; Python's own is ten times that."""
ROUTERS = (
    rulings,
    circles,
    users,
    audiences,
    saved,
    content,
    standing,
    tiers,
    flywheel,
    growth,
    sending,
    operating,
    runs,
    campaigns,
    webhooks,
    audit,
    ops,
    console,
    manual,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the service over a store; without settings they come from the environment."""
    settings = settings or Settings()
    app = DescribedApp(
        title="Coterie",
        summary="Who belongs together, what they will share, which rights keep them.",
        version=version("coterie"),
        lifespan=keep_watch,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
    )
    furnish(app, settings)
    install_error_handlers(app)
    for module in ROUTERS:
        app.include_router(module.router)
    app.state.routes = [route for module in ROUTERS for route in module.router.routes]
    app.router.routes.insert(0, users.fast_route)
    return app


def create_served_app() -> FastAPI:
    """Build the service for a process that does nothing else.

    What is there by now lives as long as the process: the garbage collector, which `coterie serve`
    keeps still until here, need never look at it. A full collection stops every answer for 80 ms of
    CPU time, without those objects for less than one.
    """
    share_pool()
    app = create_app()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()
    gc.enable()
    return app


def operation_id(route: APIRoute) -> str:
    """The name of an operation's function: generated clients call it so as well."""
    return route.name


def furnish(app: FastAPI, settings: Settings) -> None:
    """Give the application its snapshots, its doorkeeper and its telemetry."""
    telemetry = Telemetry(log_level=settings.log_level, shared=settings.metrics_folder)
    app.state.settings = settings
    app.state.telemetry = telemetry
    app.state.store = Store(settings.store)
    app.state.live = LiveSnapshots(app.state.store, telemetry=telemetry)
    app.state.database = cache(
        partial(open_database, settings.store, settings.database_url, patience=PATIENCE_SECONDS)
    )
    app.state.decided = DecisionBook(app.state.database, app.state.live)
    app.state.live.refresh()
    app.state.audit = AuditLog(app.state.database)
    app.state.door = Doorkeeper(
        key_ring(settings, app.state.database),
        Pace(settings.calls_per_second, burst=2 * settings.calls_per_second),
    )
    app.state.hot = HotLookUp(app.state.door, app.state.live, telemetry, app.state.audit)
    app.state.figures = Pace(settings.figures_per_hour / 3600, burst=settings.figures_per_hour)
    app.add_middleware(Replay, database=app.state.database)
    app.add_middleware(BodyLimit, most_bytes=MOST_BYTES)
    app.add_middleware(TimeLimit, seconds=settings.arrival_seconds)
    app.add_middleware(ConditionalGet)
    app.add_middleware(Witness, audit=app.state.audit)
    app.add_middleware(TelemetryMiddleware, telemetry=telemetry)
    app.add_middleware(HeadAsGet)


def key_ring(settings: Settings, database: Callable[[], Database]) -> KeyRing | None:
    """Open the keys, or none at all where the owner of the machine asks without."""
    return None if settings.no_auth else KeyRing(database(), seconds=settings.key_seconds)


@asynccontextmanager
async def keep_watch(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
    """Look for the next live snapshot for as long as the application runs."""
    audit: AuditLog = app.state.audit
    live: LiveSnapshots = app.state.live
    watch = asyncio.create_task(live.watch(app.state.settings.poll_seconds))
    writing = asyncio.create_task(keep_writing(audit, app.state.telemetry))
    settling = asyncio.create_task(keep_settling(app.state.telemetry))
    asking = asyncio.create_task(keep_asking(app.state))
    yield {HOT: app.state.hot}
    audit.hurry()
    for task in (watch, writing, settling, asking):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await asyncio.to_thread(audit.flush)
    app.state.telemetry.settle()


async def keep_asking(state: State) -> None:
    """Look what people decided, at once and then again and again, until cancelled."""
    while True:
        try:
            await asyncio.to_thread(state.decided.refresh)
        except OUTSIDE as error:
            state.telemetry.unread(error)
        await asyncio.sleep(state.settings.poll_seconds)


async def keep_writing(audit: AuditLog, telemetry: Telemetry) -> None:
    """Write what the audit log took, again and again, until cancelled.

    In a thread of its own: each thread that ever wrote would keep the memory it took for that.
    """
    run = asyncio.get_running_loop().run_in_executor
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit") as thread:
        while True:
            await run(thread, audit.wait, FLUSH_SECONDS)
            try:
                await run(thread, audit.flush)
            except OUTSIDE as error:
                telemetry.unwritten(error)


async def keep_settling(telemetry: Telemetry) -> None:
    """Count and log what was answered, some at a time between answers, until cancelled.

    A thread of its own would fight the one that answers for the interpreter, which costs more than
    the work. While nobody asks, nothing is done.
    """
    while True:
        await telemetry.waiting()
        await asyncio.sleep(SETTLE_SECONDS)
        while telemetry.settle(SETTLED_AT_ONCE):
            await asyncio.sleep(0)
