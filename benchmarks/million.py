"""A million people scored on one content, and what sixty circles would share of one.

    python -m benchmarks.sharing --million

Facts and the model are drawn at random beside a planted crowd; the work is that of `coterie score`,
`POST /v1/content:resonance` and `POST /v1/content:score`, as a user or a client asks them.
"""

import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.crowd import build
from benchmarks.server import COTERIE, running
from benchmarks.serving import SERVE, told
from models.effects import DRAWS
from models.evidence import FEATURES
from models.propensity import SharePropensity
from models.resonance import Resonance, gaps
from segmentation import keys
from segmentation.arrays import save_arrays
from segmentation.database import open_database
from segmentation.engine import DuckEngine
from segmentation.learned import Learned, keep_learned
from segmentation.resonance import FILE, FOLDER, GAPS
from segmentation.sharelog import open_facts
from segmentation.sharestate import STATE
from segmentation.sharetotals import read_state
from segmentation.store import Store
from tests.snapshots import RUN_ID

PEOPLE, ITEMS, TAGS, CIRCLES = 1_000_000, 20_000, 2_000, 60
DAY = 86_400_000_000
START = 1_700_000_000_000_000
ROUNDS = 3


def main() -> None:
    """Plant a million people and time the answers."""
    with tempfile.TemporaryDirectory() as scratch:
        store = Path(scratch) / "store"
        secret = prepare(store)
        path = Path(scratch) / "asked.parquet"
        ask_everybody(path)
        out = Path(scratch) / "said.parquet"
        for title, words in {
            "a file of a million people and one content": ("--exposures", path),
            "everybody and one content": ("--content-id", "c7"),
            "the best 1,000 of everybody, with reasons": ("--content-id", "c7", "--best", "1000",
                                                          "--reasons"),
        }.items():  # fmt: skip
            time_command(title, "score", *words, "--out", out, "--store", store)
        with running(SERVE, store, log_level="warning") as (port, _):
            address, headers = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {secret}"}
            with httpx.Client(base_url=address, headers=headers, timeout=120) as client:
                time_routes(client)


def prepare(store: Path) -> str:
    """Publish a crowd with facts, a model and resonance; return the secret of a key."""
    run, now = store / "runs" / RUN_ID, datetime.now(UTC)
    run.parent.mkdir(parents=True)
    build(run, PEOPLE)
    plant(run / FOLDER)
    plant_resonance(run / FOLDER)
    with DuckEngine(temp_directory=store / "spill") as engine:
        open_facts(engine, run)
        read_state(engine, people=PEOPLE).save(run / FOLDER / STATE)
    Store(store).publish(RUN_ID, now=now)
    return keys.create(
        open_database(store), name="bench", scopes=("read", "members"), now=now
    ).secret


def time_command(title: str, *words: object) -> None:
    """Print the time of a command from start to end, of the fastest of some rounds."""
    spent = []
    for _ in range(ROUNDS):
        wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([COTERIE, *map(str, words)], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        spent.append((time.perf_counter() - wall, cpu))
    wall, cpu = (min(column) for column in zip(*spent, strict=True))
    print(f"{title}: {wall:.1f} s, {cpu:.1f} CPU s", flush=True)


def time_routes(client: httpx.Client) -> None:
    """Print how long answers about contents take over HTTP, one after another."""
    rng = np.random.default_rng(1)

    def tags() -> list[str]:
        return [f"tag-{number:04}" for number in rng.choice(TAGS, 5, replace=False)]

    def users() -> list[str]:
        return [f"user-{number:08}" for number in rng.integers(PEOPLE, size=100)]

    def asked(path: str, body: Callable[[], dict[str, object]], rounds: int) -> None:
        client.post(path, json=body()).raise_for_status()
        times = []
        for _ in range(rounds):
            words, began = body(), time.perf_counter()
            client.post(path, json=words).raise_for_status()
            times.append(1e3 * (time.perf_counter() - began))
        print(f"{path} {list(words)}: {told(times)}", flush=True)

    asked("/v1/content:resonance", lambda: {"tags": tags()}, 500)
    asked("/v1/content:score", lambda: {"tags": tags(), "user_ids": users()}, 100)
    asked("/v1/content:score", lambda: {"tags": tags(), "limit": 100}, 20)


def plant_resonance(folder: Path) -> None:
    """Write resonance in which every pair of a circle and a tag is known."""
    rng = np.random.default_rng(1)
    pairs = CIRCLES * TAGS
    found = Resonance(
        base=rng.normal(-4, 0.3, CIRCLES),
        base_variance=np.full(CIRCLES, 0.01),
        usual=np.full(CIRCLES, 0.02),
        effect=rng.normal(0, 0.5, TAGS),
        effect_variance=np.full(TAGS, 0.02),
        pair_starts=np.arange(TAGS + 1) * CIRCLES,
        pair_circle=np.tile(np.arange(CIRCLES), TAGS),
        own=rng.normal(0, 0.5, pairs),
        own_variance=np.full(pairs, 0.05),
        pair_exposures=rng.poisson(50, pairs).astype(np.float64),
        pair_shares=np.ones(pairs),
        unknown=np.array([0.3, 0.1, 0.05]),
        power=np.array([1.0]),
        base_draws=rng.normal(0, 0.1, (CIRCLES, DRAWS)).astype(np.float32),
        effect_draws=rng.normal(0, 0.14, (TAGS, DRAWS)).astype(np.float32),
    )
    words = {
        "tag_names": np.array([f"tag-{number:04}" for number in range(TAGS)]),
        "circle_ids": np.array([f"interest-{number + 1}" for number in range(CIRCLES)]),
    }
    missed = {f"{GAPS}{name}": values for name, values in vars(gaps(found)).items()}
    save_arrays(folder / FILE, found.to_arrays() | words | missed)


def ask_everybody(path: Path) -> None:
    """Write a table that asks of everybody and one content."""
    moment = pa.array(np.full(PEOPLE, START + 61 * DAY), pa.timestamp("us"))
    users = [f"user-{number:08}" for number in range(PEOPLE)]
    pq.write_table(pa.table({"user_id": users, "content_id": ["c7"] * PEOPLE, "ts": moment}), path)


def plant(folder: Path) -> None:
    """Write a model and random facts: six exposures, twenty acts and two ties a person."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    seen, acts, ties = 6 * PEOPLE, 20 * PEOPLE, 2 * PEOPLE
    moment = np.sort(rng.integers(60 * DAY, size=seen)) + START
    shared = (rng.random(seen) < 0.03).astype(np.int32)
    facts = {
        "person": {
            "user_id": [f"user-{number:08}" for number in range(PEOPLE)],
            "person": np.arange(PEOPLE),
            "circle": np.arange(PEOPLE) % (CIRCLES + 5) - 5,
        },
        "item": {
            "item": np.arange(ITEMS),
            "content_id": [f"c{number}" for number in range(ITEMS)],
            "author_code": np.arange(ITEMS) % 500,
            "author": [f"a{number % 500}" for number in range(ITEMS)],
        },
        "theme": {"theme": np.arange(TAGS), "tag": [f"tag-{number:04}" for number in range(TAGS)]},
        "item_theme": {
            "item": np.repeat(np.arange(ITEMS), 2),
            "theme": rng.integers(TAGS, size=2 * ITEMS),
        },
        "exposure": {
            "row": np.arange(seen),
            "person": rng.integers(PEOPLE, size=seen),
            "item": rng.integers(ITEMS, size=seen),
            "moment": moment,
            "shared": shared,
            "known_at": pa.array(moment, mask=shared == 0),
            "settled": np.ones(seen, dtype=bool),
        },
        "act": {
            "person": np.sort(rng.integers(PEOPLE, size=acts)),
            "moment": rng.integers(60 * DAY, size=acts) + START,
            "theme": rng.integers(TAGS, size=acts),
            "voice": (rng.random(acts) < 0.05).astype(np.int32),
            "private": (rng.random(acts) < 0.8).astype(np.int32),
        },
        "tie": {
            "person": rng.integers(PEOPLE, size=ties),
            "moment": rng.integers(60 * DAY, size=ties) + START,
        },
    }
    for name, columns in facts.items():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet", compression="zstd")
    X = rng.normal(size=(50_000, len(FEATURES)))
    y = rng.random(50_000) < 0.03
    X[:, :3] += y[:, None]
    model = SharePropensity().fit(X, y, groups=rng.integers(1_000, size=(50_000, 2))).model_
    keep_learned(folder, Learned("model", (0.03, 0.029, 0.031), model.spread, model))
