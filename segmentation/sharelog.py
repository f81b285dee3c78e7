"""What a snapshot keeps of sharing: the fitted model, and the dated facts its features count.

The facts are people's acts, ties and exposures by number; only `person.parquet` names anybody.
Asking about any moment then reads what was known before it, by the very queries that taught the
model. Where nothing was learned no fact is kept.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.evidence import FEATURES
from models.sharemodel import ShareModel
from segmentation.arrays import load_arrays, save_arrays
from segmentation.durable import replacing
from segmentation.engine import Engine
from segmentation.errors import StoreError
from segmentation.evidence import build_facts
from segmentation.manifest import read_json, write_json
from segmentation.resonance import FOLDER
from segmentation.selfimage import LEVER_TABLE
from segmentation.sharestate import scrub

FACTS = {
    "person": "SELECT user_id, person, circle FROM person ORDER BY person",
    "item": "SELECT item, content_id, author_code, author FROM item ORDER BY item",
    "theme": "SELECT theme, tag FROM theme ORDER BY theme",
    "item_theme": "SELECT item, theme FROM item_theme ORDER BY item, theme",
    "exposure": "SELECT * FROM exposure ORDER BY row",
    "act": "SELECT person, moment, theme, voice, private FROM act ORDER BY ALL",
    "tie": "SELECT person, moment FROM tie ORDER BY ALL",
}
STATE = "state"
PERSONAL = ("person", "exposure", "act", "tie")


@dataclass(frozen=True, eq=False)
class Learned:
    """What answers are given by: a model, or the crowd's rate alone where `model` is None.

    `crowd` holds the crowd's rate as mean, low and high. `spread` says how far users and contents
    differ beyond what is known of them, as in `ShareModel`.
    """

    basis: str
    crowd: tuple[float, float, float]
    spread: npt.NDArray[np.float64]
    model: ShareModel | None


def keep_learned(folder: Path, learned: Learned) -> None:
    """Write a model as arrays and the rest as JSON; equal models give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"basis": learned.basis, "crowd": learned.crowd, "features": FEATURES}
    write_json(folder / "model.json", facts | {"spread": learned.spread.tolist()})
    if learned.model is not None:
        save_arrays(folder / "model.npz", learned.model.to_arrays())


def keep_facts(engine: Engine, folder: Path) -> None:
    """Write the dated facts; needs the logs of `build_logs`."""
    for name, sql in FACTS.items():
        engine.write(sql, folder / f"{name}.parquet")


def read_learned(snapshot: Path) -> Learned:
    """Read what a snapshot learned of sharing.

    Raises
    ------
    StoreError
        When the snapshot kept nothing, or a model of other features than this Coterie counts.
    """
    folder = snapshot / FOLDER
    if not (folder / "model.json").exists():
        raise StoreError(
            f"The run {snapshot.name} was made before models of sharing were kept. "
            "Make a run; it can be asked then."
        )
    told: dict[str, Any] = read_json(folder / "model.json")
    if tuple(told["features"]) != FEATURES:
        raise StoreError(
            f"The model of run {snapshot.name} reads other features than this Coterie counts. "
            "Make a run with this version."
        )
    path = folder / "model.npz"
    return Learned(
        basis=told["basis"],
        crowd=tuple(told["crowd"]),
        spread=np.array(told["spread"], dtype=np.float64),
        model=ShareModel.from_arrays(load_arrays(path)) if path.exists() else None,
    )


def open_facts(engine: Engine, snapshot: Path) -> None:
    """Make a snapshot's dated facts readable by `counts_before`."""
    for name in FACTS:
        engine.register(name, snapshot / FOLDER / f"{name}.parquet")
    build_facts(engine)


def erase_from(snapshot: Path, user_id: str) -> None:
    """Write every dated fact, and everybody's levers, anew without a person's."""
    folder = snapshot / FOLDER
    drop(folder / LEVER_TABLE, "user_id", user_id)
    people = folder / "person.parquet"
    if not people.exists():
        return
    table = pq.read_table(people)
    found = table.filter(pc.equal(table["user_id"], user_id))["person"].to_pylist()
    for person in found:
        for name in PERSONAL:
            drop(folder / f"{name}.parquet", "person", person)
        scrub(folder / STATE, person)


def drop(path: Path, column: str, value: object) -> None:
    """Write a table anew without the rows that hold a value, where there is such a table."""
    if path.exists():
        table = pq.read_table(path)
        with replacing(path) as beside:
            pq.write_table(table.filter(pc.not_equal(table[column], value)), beside)
