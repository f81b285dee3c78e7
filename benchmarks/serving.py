"""One worker over a million people: start, memory, latency at half load, users and ids a second.

Everything is asked over HTTP of `coterie serve`, with a key; CPU is the server's own. Run
`python -m benchmarks.serving --users 1000000`.
"""

import argparse
import asyncio
import random
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

import httpx
import psutil

from benchmarks.audience import QUERIES
from benchmarks.crowd import build
from benchmarks.server import CONNECTIONS, COTERIE, cpu_seconds, read_answer, running
from segmentation import keys
from segmentation.database import open_database
from segmentation.store import Store
from tests.snapshots import RUN_ID

ASKED = 10_000
SERVE = (COTERIE, "serve", "--store", "{store}")
SCOPES = ("read", "members", "export")


def main() -> None:
    """Measure one server and print each figure."""
    given = arguments()
    with tempfile.TemporaryDirectory() as folder:
        secret = prepare(Path(folder), given.users, crowd=given.crowd)
        with running(SERVE, Path(folder), log_level="warning") as (port, server):
            address, headers = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {secret}"}
            with httpx.Client(base_url=address, headers=headers, timeout=120) as client:
                client.get("/v1/users/user-00000001").raise_for_status()
                print(f"start to first answer: {cpu_seconds(server):.2f} CPU s")
                show_memory("after the first answer", server)
                show_counts(client)
                show_batches(client, server, given.users)
                show_export(client, server)
            show_half_load(port, secret, given.users)
            show_memory("at the end", server)
    show_help()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure one worker over many people.")
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--crowd", type=Path, help="A snapshot of `benchmarks.crowd` to copy.")
    return parser.parse_args()


def prepare(folder: Path, users: int, *, crowd: Path | None) -> str:
    """Publish a planted crowd; return the secret of a key."""
    now = datetime.now(UTC)
    run = folder / "runs" / RUN_ID
    run.parent.mkdir(parents=True)
    if crowd is None:
        build(run, users)
    else:
        shutil.copytree(crowd, run)
    Store(folder).publish(RUN_ID, now=now)
    return keys.create(open_database(folder), name="bench", scopes=SCOPES, now=now).secret


def show_memory(when: str, server: psutil.Process) -> None:
    """Print what a worker holds: its own, and of mapped files."""
    lines = Path(f"/proc/{server.pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]
    held = {name.rstrip(":"): int(size) / 1024 for name, size, _ in map(str.split, lines)}
    own, mapped = held["Anonymous"], held["Rss"] - held["Anonymous"]
    print(f"memory {when}: {own:.0f} MiB anonymous, {mapped:.0f} MiB of files")


def show_counts(client: httpx.Client) -> None:
    """Print how long each query takes, one after another."""
    for name, (text, _) in QUERIES.items():
        times = []
        for _ in range(300):
            began = time.perf_counter()
            client.post("/v1/audiences:count", json={"filter": text}).raise_for_status()
            times.append(1e3 * (time.perf_counter() - began))
        print(f"count, {name}: {told(times)}")


def show_batches(client: httpx.Client, server: psutil.Process, users: int) -> None:
    """Print how many users a second of CPU gives in batches of a thousand."""
    draw, before = random.Random(0), cpu_seconds(server)
    for _ in range(30):
        ids = [f"user-{draw.randrange(users):08}" for _ in range(1000)]
        answer = client.post("/v1/users:batchGet", json={"user_ids": ids}).raise_for_status()
        if len(answer.json()["users"]) != len(set(ids)):
            raise SystemExit("Somebody was not found.")
    print(f"batchGet: {30_000 / (cpu_seconds(server) - before):,.0f} users a CPU second")


def show_export(client: httpx.Client, server: psutil.Process) -> None:
    """Print how many ids a second of CPU writes."""
    before, lines = cpu_seconds(server), 0
    with client.stream("POST", "/v1/audiences:export", json={"filter": ""}) as answer:
        for piece in answer.raise_for_status().iter_bytes():
            lines += piece.count(b"\n")
    seconds = cpu_seconds(server) - before
    print(f"export: {lines:,} ids, {lines / seconds / 1e6:.1f} million a CPU second")


def show_half_load(port: int, secret: str, users: int) -> None:
    """Print how long look-ups take at full load and at half of it."""
    draw = random.Random(1)
    head = f" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n\r\n"
    ids = (f"user-{draw.randrange(users):08}" for _ in range(ASKED))
    requests = [f"GET /v1/users/{user}{head}".encode() for user in ids]
    began = time.perf_counter()
    full = asyncio.run(send(port, requests, pause=lambda _: asyncio.sleep(0)))
    rate = ASKED / (time.perf_counter() - began)
    half = asyncio.run(send(port, requests, pause=at_rate(rate / 2)))
    print(f"look-ups, {rate:,.0f} a second: {told(full)}")
    print(f"look-ups, {rate / 2:,.0f} a second: {told(half)}")


def at_rate(rate: float) -> Callable[[int], Awaitable[None]]:
    """Wait until it is a request's turn."""
    began = time.perf_counter()

    async def pause(number: int) -> None:
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))

    return pause


async def send(
    port: int, requests: Sequence[bytes], *, pause: Callable[[int], Awaitable[None]]
) -> list[float]:
    """Send requests over some connections, each in its turn; return the milliseconds each took."""
    times: list[float] = []

    async def ask(first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in range(first, len(requests), CONNECTIONS):
            await pause(number)
            began = time.perf_counter()
            writer.write(requests[number])
            await read_answer(reader)
            times.append(1e3 * (time.perf_counter() - began))
        writer.close()

    await asyncio.gather(*map(ask, range(CONNECTIONS)))
    return times


def told(times: Sequence[float]) -> str:
    """The usual figures of some times."""
    cuts = quantiles(times, n=100)
    return f"p50 {median(times):.2f} ms, p95 {cuts[94]:.2f}, p99 {cuts[98]:.2f}"


def show_help() -> None:
    """Print what `coterie --help` costs."""
    costs = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([COTERIE, "--help"], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(f"coterie --help: {median(costs):.2f} CPU s")


if __name__ == "__main__":
    main()
