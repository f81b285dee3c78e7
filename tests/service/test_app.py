"""The application as a whole."""

import asyncio
import os
import subprocess
import sys
from types import SimpleNamespace

from starlette.datastructures import State

from segmentation.errors import StoreUnwritable
from service.app import create_app, keep_asking
from service.settings import Settings
from tests.service.callers import caller

HEAVY = "sklearn hdbscan duckdb pandas scipy pyarrow numba"


def test_a_serving_process_loads_no_heavy_package(planted):
    """Answering needs numpy alone, so that a server starts fast and its image is small."""
    script = f"""
import sys
from service.app import create_app
from service.settings import Settings
from tests.service.callers import caller
api = caller(create_app(Settings(store={str(planted)!r}, no_auth=True)))
for path in ("circles", "tiers", "flywheel", "runs", "users/user-00000"):
    assert api.get("/v1/" + path).status_code == 200, path
for call in ("count", "query", "export"):
    assert api.post("/v1/audiences:" + call, json=dict(filter="tag:yoga")).status_code == 200, call
asked = dict(tags=dict(yoga=3, books=1))
assert api.post("/v1/users:assign", json=asked).status_code == 200
rates = dict(engaged=1, advocacy=0, referrals=0, persistence=0)
assert api.post("/v1/flywheel:project", json=rates).status_code == 200
print(*sorted(set({HEAVY!r}.split()) & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, encoding="utf-8"
    )

    assert done.stdout.splitlines()[-1] == ""


def test_documentation_is_open_and_finds_the_description(guarded):
    """Whoever writes a client needs no key to read how."""
    stranger = caller(guarded)

    assert "/openapi.json" in stranger.get("/docs").text
    assert stranger.get("/openapi.json").json()["info"]["title"] == "Coterie"


def test_two_applications_in_one_process_do_not_meet(planted, tmp_path):
    """Nothing of an application is global."""
    full = caller(create_app(Settings(store=planted, no_auth=True)))
    empty = caller(create_app(Settings(store=tmp_path, no_auth=True)))

    assert full.get("/readyz").status_code == 200
    assert empty.get("/readyz").status_code == 503


def test_a_server_s_collector_never_looks_at_what_lives_as_long_as_it(tmp_path):
    """Else a full collection would stop every answer."""
    code = (
        "import gc\n"
        "from service.app import create_served_app\n"
        "app = create_served_app()\n"
        "print(gc.get_freeze_count() > 10 * len(gc.get_objects()))\n"
    )
    environment = os.environ | {"COTERIE_STORE": str(tmp_path), "COTERIE_LOG_LEVEL": "error"}

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout == "True\n"


def test_a_store_that_could_not_be_written_is_looked_at_again():
    """A look that fails is told and is not the last."""
    failures = [StoreUnwritable("read-only"), OSError(30, "read-only")]
    told, looked = [], asyncio.Event()

    def refresh():
        if failures:
            raise failures.pop()
        loop.call_soon_threadsafe(looked.set)

    async def look():
        looking = asyncio.create_task(keep_asking(state))
        await asyncio.wait_for(looked.wait(), 30)
        looking.cancel()

    state = State()
    state.decided = SimpleNamespace(refresh=refresh)
    state.telemetry = SimpleNamespace(unread=told.append)
    state.settings = SimpleNamespace(poll_seconds=0)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(look())
    loop.close()

    assert [type(error) for error in told] == [OSError, StoreUnwritable]
