"""Programs that know nothing but the description use the service."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from segmentation import keys
from segmentation.database import open_database
from tests.service.stores import NOW, fill

HERE = Path(__file__).parent
COTERIE = Path(sys.executable).with_name("coterie")
HOOKED = os.environ | {
    "SCHEMATHESIS_HOOKS": "tests.service.availability",
    "PYTHONPATH": str(HERE.parents[1]),
}
PROGRAM = Path(sys.executable).with_name("schemathesis")


@contextmanager
def serving(store):
    """A real server of a store on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [COTERIE, "serve", "--store", str(store), "--port", str(port)]
    settings = os.environ | {"COTERIE_LOG_LEVEL": "error"}
    server = subprocess.Popen(command, env=settings)
    try:
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
            assert client.get(f"{address}/readyz").status_code == 200
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["--max-examples", "50"],
        ["--max-examples", "200", "--phases", "stateful",
         "--include-path-regex", "/(audiences|webhooks)"],
    ],
    ids=["all", "chains"],
)  # fmt: skip
def test_a_stranger_finds_no_fault_in_any_operation(tmp_path, words):
    """Schemathesis with all its checks: examples, borders, random calls and chains of calls."""
    store = fill(tmp_path / "store", users=200)
    secret = keys.create(open_database(store), name="x", scopes=("admin",), now=NOW).secret
    shutil.copy(HERE / "schemathesis.toml", tmp_path)
    with serving(store) as address:
        command = [PROGRAM, "run", f"{address}/openapi.json", "--checks", "all",
                   "--exclude-checks", "ensure_resource_availability",  # see `availability.py`
                   "--seed", "1", "--no-color", *words,
                   "-H", f"Authorization: Bearer {secret}"]  # fmt: skip
        done = subprocess.run(
            command, cwd=tmp_path, env=HOOKED, capture_output=True, text=True, check=False
        )

    assert done.returncode == 0, done.stdout[-5000:]
