"""A million people scored on one content, and what sixty circles would share of one.

    python -m benchmarks.sharing --million

Facts and the model are drawn at random; the work is that of `coterie score` and of
`POST /v1/content:resonance`, the answer checked by its schema and written as JSON.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.evidence import FEATURES
from models.propensity import SharePropensity
from models.resonance import Resonance, gaps
from segmentation.arrays import save_arrays
from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.resonance import FILE, FOLDER, GAPS, ContentResonance
from segmentation.scoring import score_exposures
from segmentation.sharelog import STATE, Learned, keep_learned, open_facts
from segmentation.sharestate import read_state
from service.contents import ResonanceAnswer

PEOPLE, ITEMS, TAGS, CIRCLES = 1_000_000, 20_000, 2_000, 60
DAY = 86_400_000_000
START = 1_700_000_000_000_000


def main() -> None:
    """Plant the facts of a million people and time the answer."""
    with tempfile.TemporaryDirectory() as scratch:
        snapshot = Path(scratch)
        plant(snapshot / FOLDER)
        with DuckEngine(temp_directory=snapshot / "spill") as engine:
            open_facts(engine, snapshot)
            read_state(engine, people=PEOPLE).save(snapshot / FOLDER / STATE)
        path = snapshot / "asked.parquet"
        ask_everybody(path)
        for _ in range(3):
            wall, cpu = time.perf_counter(), time.process_time()
            told = score_exposures(snapshot, [str(path)], base=snapshot, config=Config())
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            print(f"{told.rows.valid:,} people and one content: {wall:.1f} s, {cpu:.1f} CPU s")
        time_resonance(snapshot / FOLDER)


def time_resonance(folder: Path) -> None:
    """Time answers about contents of five tags, every pair of circle and tag known."""
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
        unknown=np.array([0.3, 0.1]),
        power=np.array([1.0]),
    )
    names = [f"interest-{number}" for number in range(CIRCLES)]
    words = {"tag_names": np.array([f"t{n}" for n in range(TAGS)]), "circle_ids": np.array(names)}
    missed = {f"{GAPS}{name}": values for name, values in vars(gaps(found)).items()}
    save_arrays(folder / FILE, found.to_arrays() | words | missed)
    size = PEOPLE // CIRCLES
    circles = {name: {"circle_id": name, "name": name, "size": size} for name in names}
    told = ContentResonance(folder, circles)
    seconds = []
    for _ in range(500):
        tags = [f"t{number}" for number in rng.choice(TAGS, 5, replace=False)]
        begin = time.perf_counter()
        ResonanceAnswer.model_validate({"run_id": "x", **told.answer(tags)}).model_dump_json()
        seconds.append(time.perf_counter() - begin)
    middle, high = 1000 * np.quantile(seconds, [0.5, 0.95])
    print(f"resonance of {CIRCLES} circles: median {middle:.1f} ms, p95 {high:.1f} ms")


def ask_everybody(path: Path) -> None:
    """Write a table that asks of everybody and one content."""
    moment = pa.array(np.full(PEOPLE, START + 61 * DAY), pa.timestamp("us"))
    users = [f"u{number:08d}" for number in range(PEOPLE)]
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
            "user_id": [f"u{number:08d}" for number in range(PEOPLE)],
            "person": np.arange(PEOPLE),
            "circle": np.arange(PEOPLE) % (CIRCLES + 5) - 5,
        },
        "item": {
            "item": np.arange(ITEMS),
            "content_id": [f"c{number}" for number in range(ITEMS)],
            "author_code": np.arange(ITEMS) % 500,
            "author": [f"a{number % 500}" for number in range(ITEMS)],
        },
        "theme": {"theme": np.arange(TAGS), "tag": [f"t{number}" for number in range(TAGS)]},
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
