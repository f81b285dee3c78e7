"""Two workers under load while runs are published and rolled back: no answer fails or is mixed.

Every answer is compared with what the run it names holds; one that differs, or is no success, ends
the program with an error. Run `python -m benchmarks.load --seconds 20`.
"""

import argparse
import asyncio
import os
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

import orjson

from benchmarks.server import COTERIE, free_port, wait_for
from segmentation import keys
from segmentation.database import open_database
from segmentation.store import Store
from tests.service.stores import RUNS, fill
from tests.snapshots import user_id

CONNECTIONS = 8
WORKERS = 2
EVERY_SECONDS = 1.0
BEGINNING_SECONDS = 0.5
"""While keys are verified and the database is first asked."""
FILTER = b'{"filter": "tag:yoga AND tier >= gold"}'


@dataclass
class Seen:
    """What the clients saw."""

    runs: Counter[str] = field(default_factory=Counter)
    until_warm: float = field(default_factory=lambda: time.perf_counter() + BEGINNING_SECONDS)
    first: float = 0.0
    worst: float = 0.0

    def took(self, began: float) -> None:
        """Take note of how long an answer took: of the slowest, at first and later."""
        now = time.perf_counter()
        if now < self.until_warm:
            self.first = max(self.first, now - began)
        else:
            self.worst = max(self.worst, now - began)


@dataclass(frozen=True)
class Expected:
    """The answers each run must give."""

    users: dict[tuple[str, str], bytes]
    counts: dict[str, int]


def main() -> None:
    """Load the workers, publish under them, and print what was seen."""
    given = arguments()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(fill(Path(folder) / "store", users=given.users))
        secret = keys.create(
            open_database(store.path), name="load", scopes=("read", "members"), now=now()
        ).secret
        expected = answers_of(store, given.users)
        with served(store.path) as port:
            seen, published = asyncio.run(load(port, secret, expected, store, given))
    total = sum(seen.runs.values())
    print(f"{total:,} answers in {given.seconds} s, none failed or mixed; {published} publications")
    print(f"of each run {sorted(seen.runs.values())}")
    print(f"slowest {1e3 * seen.worst:.0f} ms, {1e3 * seen.first:.0f} ms in the first half second")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Publish under load.")
    parser.add_argument("--users", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    return parser.parse_args()


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def answers_of(store: Store, users: int) -> Expected:
    """What every run says of everyone, and how many its filter holds."""
    known, counts = {}, {}
    for run_id in RUNS:
        with store.snapshot(run_id) as snapshot:
            counts[run_id] = len(snapshot.audience(orjson.loads(FILTER)["filter"]))
            for person in map(user_id, range(users)):
                known[run_id, person] = orjson.dumps({"run_id": run_id, **snapshot.user(person)})
    return Expected(known, counts)


@contextmanager
def served(store: Path) -> Iterator[int]:
    """Run the workers on a free port."""
    port = free_port()
    command = [COTERIE, "serve", "--store", str(store), "--workers", str(WORKERS),
               "--port", str(port)]  # fmt: skip
    server = subprocess.Popen(command, env=os.environ | {"COTERIE_LOG_LEVEL": "error"})
    try:
        wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait()


async def load(
    port: int, secret: str, expected: Expected, store: Store, given: argparse.Namespace
) -> tuple[Seen, int]:
    """Ask over some connections until the time is over, publishing all the while."""
    seen, until = Seen(), time.monotonic() + given.seconds
    clients = [ask(port, secret, expected, seen, until, turn) for turn in range(CONNECTIONS)]
    results = await asyncio.gather(publish(store, until), *clients)
    return seen, results[0]


async def publish(store: Store, until: float) -> int:
    """Put one run after another live, and now and then go back."""
    times = 0
    for run_id in cycle(RUNS):
        if time.monotonic() > until:
            return times
        await asyncio.to_thread(store.publish, run_id, now=now())
        times += 1
        if times % 3 == 0:
            await asyncio.to_thread(store.rollback, now=now())
            times += 1
        await asyncio.sleep(EVERY_SECONDS)
    return times


async def ask(
    port: int, secret: str, expected: Expected, seen: Seen, until: float, turn: int
) -> None:
    """Ask for one person after another, and every tenth time for a count."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n"
    users = len(expected.users) // len(RUNS)
    number = turn
    while time.monotonic() < until:
        person, is_count = user_id(number % users), number % 10 == 0
        began = time.perf_counter()
        writer.write(counting(head) if is_count else looking(head, person))
        body = await answer(reader)
        seen.took(began)
        told = orjson.loads(body)
        is_right = (
            told["count"] == expected.counts[told["run_id"]]
            if is_count
            else body == expected.users[told["run_id"], person]
        )
        if not is_right:
            raise SystemExit(f"A mixed answer: {body!r}.")
        seen.runs[told["run_id"]] += 1
        number += CONNECTIONS
    writer.close()


def looking(head: str, person: str) -> bytes:
    """A look-up of one person."""
    return f"GET /v1/users/{quote(person)}{head}\r\n".encode()


def counting(head: str) -> bytes:
    """A count of an audience."""
    about = f"Content-Type: application/json\r\nContent-Length: {len(FILTER)}\r\n\r\n"
    return f"POST /v1/audiences:count{head}{about}".encode() + FILTER


async def answer(reader: asyncio.StreamReader) -> bytes:
    """Read one answer to its end; anything but a success ends the program."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise SystemExit(f"A failed answer: {head!r}.")
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    return await reader.readexactly(length)


if __name__ == "__main__":
    main()
