"""How fast one user is looked up over HTTP, beside a framework that does nothing.

Every server runs in a process of its own: one worker, the same loop and parser, the same client,
one after another, several rounds. The client may be the narrower side, so CPU time of the server
stands beside requests a second. Run `python -m benchmarks.server --users 20000`.
"""

import argparse
import asyncio
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from urllib.parse import quote

import psutil
from fastapi import FastAPI

from segmentation import keys
from segmentation.database import open_database
from segmentation.store import Store
from service.app import create_app
from service.routes.users import fast_route
from tests.snapshots import RUN_ID, build_snapshot, user_id

CONNECTIONS = 8
COTERIE = str(Path(sys.executable).with_name("coterie"))
UVICORN = (
    sys.executable,
    "-m",
    "uvicorn",
    "--factory",
    "--no-access-log",
    "--log-level",
    "warning",
)
SERVERS = {
    "bare FastAPI route, constant dict": (*UVICORN, "benchmarks.server:bare_app"),
    "GET /v1/users/{id}, ordinary route": (*UVICORN, "benchmarks.server:ordinary_app"),
    "GET /v1/users/{id}, as shipped": (COTERIE, "serve", "--store", "{store}"),
    "the same without a log line each": (COTERIE, "serve", "--store", "{store}"),
}
QUIET = "the same without a log line each"


@dataclass(frozen=True)
class Figures:
    """What one round cost."""

    requests_per_second: float
    cpu_microseconds: float
    worst_milliseconds: float


def bare_app() -> FastAPI:
    """Build the least a FastAPI application can do."""
    app = FastAPI()

    @app.get("/v1/users/{user_id:path}")
    async def constant(user_id: str) -> dict[str, str]:
        return {"hello": "world"}

    return app


def ordinary_app() -> FastAPI:
    """Build the service without its short cuts for users."""
    app = create_app()
    app.router.routes.remove(fast_route)
    return app


def main() -> None:
    """Measure every server and print a table."""
    given = arguments()
    with tempfile.TemporaryDirectory() as folder:
        secret = prepare(Path(folder), users=given.users, crowd=given.crowd)
        name = user_id if given.crowd is None else "user-{:08}".format
        requests = write_requests(secret, name, users=given.users, count=given.requests)
        rounds = [measure_all(Path(folder), requests) for _ in range(given.rounds)]
    print(f"{given.users} users, {given.requests} requests a round, median of {given.rounds}")
    print(f"{'server':38}{'requests/s':>12}{'CPU µs each':>13}{'worst ms':>10}")
    for name in SERVERS:
        rates, costs, worst = zip(*(astuple(each[name]) for each in rounds), strict=True)
        print(f"{name:38}{median(rates):12,.0f}{median(costs):13.0f}{median(worst):10.1f}")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure look-ups of a user over HTTP.")
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--crowd", type=Path, help="A snapshot of `benchmarks.crowd` to copy.")
    return parser.parse_args()


def prepare(store: Path, *, users: int, crowd: Path | None) -> str:
    """Publish a planted snapshot and return the secret of a key that may read it."""
    now, run = datetime.now(UTC), store / "runs" / RUN_ID
    if crowd is None:
        build_snapshot(run, users=users).close()
    else:
        shutil.copytree(crowd, run)
    Store(store).publish(RUN_ID, now=now)
    return keys.create(open_database(store), name="bench", scopes=("read",), now=now).secret


def write_requests(
    secret: str, name: Callable[[int], str], *, users: int, count: int
) -> list[bytes]:
    """Write the same requests for every server, for users drawn at random."""
    draw = random.Random(0)
    head = f" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n\r\n"
    paths = (f"/v1/users/{quote(name(draw.randrange(users)))}" for _ in range(count))
    return [f"GET {path}{head}".encode() for path in paths]


def measure_all(store: Path, requests: Sequence[bytes]) -> dict[str, Figures]:
    """Measure each server once, in turn."""
    figures = {}
    for name, program in SERVERS.items():
        with running(program, store, log_level="warning" if name == QUIET else "info") as (
            port,
            server,
        ):
            asyncio.run(send_all(port, requests[: len(requests) // 10]))
            figures[name] = measure(port, server, requests)
    return figures


def measure(port: int, server: psutil.Process, requests: Sequence[bytes]) -> Figures:
    """Send all requests and look at the clock and at the server's CPU time."""
    began, used = time.perf_counter(), cpu_seconds(server)
    worst = asyncio.run(send_all(port, requests))
    seconds, spent = time.perf_counter() - began, cpu_seconds(server) - used
    return Figures(len(requests) / seconds, 1e6 * spent / len(requests), 1e3 * worst)


def cpu_seconds(server: psutil.Process) -> float:
    """Return the CPU time a process used so far."""
    times = server.cpu_times()
    return float(times.user + times.system)


@contextmanager
def running(
    program: Sequence[str], store: Path, *, log_level: str = "info"
) -> Iterator[tuple[int, psutil.Process]]:
    """Run a server on a free port until the measuring is done."""
    port = free_port()
    command = [*(word.format(store=store) for word in program), "--port", str(port)]
    server = subprocess.Popen(
        command,
        env={
            **os.environ,
            "COTERIE_STORE": str(store),
            "COTERIE_CALLS_PER_SECOND": "0",
            "COTERIE_LOG_LEVEL": log_level,
        },
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(port, server)
        yield port, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Return once the server takes connections."""
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"The server ended with {server.returncode} before it took connections.")


async def send_all(port: int, requests: Sequence[bytes]) -> float:
    """Send the requests over a few connections and return the worst seconds one took."""
    shares = (requests[at::CONNECTIONS] for at in range(CONNECTIONS))
    return max(await asyncio.gather(*(send_in_turn(port, share) for share in shares)))


async def send_in_turn(port: int, requests: Sequence[bytes]) -> float:
    """Send requests one after another over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    worst = 0.0
    for request in requests:
        began = time.perf_counter()
        writer.write(request)
        await read_answer(reader)
        worst = max(worst, time.perf_counter() - began)
    writer.close()
    await writer.wait_closed()
    return worst


async def read_answer(reader: asyncio.StreamReader) -> None:
    """Read one answer to its end, and look that it is a success."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(f"The server refused: {head!r}.")
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    await reader.readexactly(length)


if __name__ == "__main__":
    main()
