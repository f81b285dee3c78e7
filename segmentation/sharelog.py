"""What a snapshot keeps of sharing beside the model: the dated facts its features count.

The facts are people's acts, ties and exposures by number; only `person.parquet` names anybody.
Asking about any moment then reads what was known before it, by the very queries that taught the
model. Where nothing was learned no fact is kept.
"""

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from segmentation.durable import replacing
from segmentation.engine import Engine
from segmentation.evidence import build_facts
from segmentation.newcontents import ABOUT
from segmentation.resonance import FOLDER
from segmentation.selfimage import LEVER_TABLE
from segmentation.sharestate import STATE, scrub

FACTS = {
    "person": "SELECT user_id, person, circle FROM person ORDER BY person",
    "item": "SELECT item, content_id, author_code, author FROM item ORDER BY item",
    "theme": "SELECT theme, tag FROM theme ORDER BY theme",
    "item_theme": "SELECT item, theme FROM item_theme ORDER BY item, theme",
    "exposure": "SELECT * FROM exposure ORDER BY row",
    "act": "SELECT person, moment, theme, voice, private FROM act ORDER BY ALL",
    "tie": "SELECT person, moment FROM tie ORDER BY ALL",
}
PERSONAL = ("person", "exposure", "act", "tie")


def keep_facts(engine: Engine, folder: Path) -> None:
    """Write the dated facts; needs the logs of `build_logs`."""
    for name, sql in FACTS.items():
        engine.write(sql, folder / f"{name}.parquet")


def open_facts(engine: Engine, snapshot: Path, *, further: Path | None = None) -> None:
    """Make a snapshot's dated facts readable by `counts_before`.

    The folder `further` has facts about contents the snapshot does not know.
    """
    for name in FACTS:
        more = [further / f"{name}.parquet"] if further and name in ABOUT else []
        engine.register(name, [snapshot / FOLDER / f"{name}.parquet", *more])
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
