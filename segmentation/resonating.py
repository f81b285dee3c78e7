"""Learn what resonates with which circle from a run's exposures, and keep it in the snapshot."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from models.resonance import FloatArray, IntArray, gaps
from models.resonating import Shown, learn_resonance
from segmentation.arrays import save_arrays
from segmentation.engine import Engine
from segmentation.evidence import as_floats
from segmentation.exposures import keep, keep_table
from segmentation.resonance import FILE, GAPS

MOST_CELLS = 400_000
"""Circles times contents learned from; beyond, an even choice of contents stands for all."""
SCATTER = 2_654_435_761
TASTE_WORTH = 5.0
"""Events a circle's taste for a tag is drawn toward everybody's by."""


def keep_resonance(
    engine: Engine, folder: Path, *, tags: Sequence[str], circle_ids: Sequence[str]
) -> bool:
    """Learn from the settled exposures and write what was learned; False when nothing was shared.

    Needs the tables of `prepare`. Only the named tags count; circles are those of `person`.
    """
    shown = read_shown(engine, tags=tags, n_circles=len(circle_ids))
    if shown.shares.sum() == 0 or not circle_ids or not tags:
        return False
    found = learn_resonance(shown)
    words = {
        "tag_names": np.array(tags, dtype=np.str_),
        "circle_ids": np.array(circle_ids, dtype=np.str_),
    }
    missed = {f"{GAPS}{name}": values for name, values in vars(gaps(found)).items()}
    save_arrays(folder / FILE, found.to_arrays() | words | missed)
    return True


def read_shown(engine: Engine, *, tags: Sequence[str], n_circles: int) -> Shown:
    """Count what each circle was shown and shared, content by content."""
    named = pa.table({"tag": pa.array(tags, pa.string()), "number": np.arange(len(tags))})
    keep_table(engine, "resonant", named, """
        SELECT theme, number FROM resonant_file JOIN theme USING (tag)""")  # fmt: skip
    keep(engine, "cell", """
        SELECT circle, item, count(*) AS exposures, sum(shared) AS shares
        FROM exposure JOIN person USING (person)
        WHERE settled GROUP BY circle, item""")  # fmt: skip
    ((cells,),) = engine.rows("SELECT count(*) FROM cell")
    kept = f"item * {SCATTER} % 4294967296 < {4_294_967_296 * MOST_CELLS // max(cells, 1)}"
    rows = engine.execute(f"SELECT * FROM cell WHERE {kept} ORDER BY circle, item")
    topics = engine.execute("""
        SELECT DISTINCT item, number FROM item_theme JOIN resonant USING (theme)
        SEMI JOIN cell USING (item) ORDER BY item, number""")
    return Shown(
        circle=numbers(rows, "circle"),
        content=numbers(rows, "item"),
        exposures=as_floats(rows, "exposures"),
        shares=as_floats(rows, "shares"),
        content_tag=np.column_stack([numbers(topics, "item"), numbers(topics, "number")]),
        taste=read_taste(engine, n_circles=n_circles, n_tags=len(tags)),
    )


def read_taste(engine: Engine, *, n_circles: int, n_tags: int) -> FloatArray:
    """Return how much more than everybody each circle consumes each tag, as a shrunk log."""
    rows = engine.execute("""
        SELECT circle, number, count(*) AS events FROM act
        JOIN person USING (person) JOIN resonant USING (theme)
        WHERE private = 1 AND circle >= 0 GROUP BY circle, number ORDER BY circle, number""")
    counts = np.zeros((n_circles, n_tags))
    counts[numbers(rows, "circle"), numbers(rows, "number")] = as_floats(rows, "events")
    total = max(counts.sum(), 1.0)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / total
    return np.asarray(np.log((counts + TASTE_WORTH) / (expected + TASTE_WORTH)))


def numbers(table: pa.Table, column: str) -> IntArray:
    """Return a column as whole numbers."""
    return as_floats(table, column).astype(np.int64)
