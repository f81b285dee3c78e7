"""Contents a question tells of: the run never heard of them, but of their tags and authors."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from segmentation.engine import Engine
from segmentation.exposures import keep
from segmentation.resonance import FOLDER
from segmentation.sharestate import Contents

ABOUT = ("item", "item_theme")
"""Facts that say what contents are about."""


@dataclass(frozen=True, eq=False)
class Further:
    """Contents numbered on from those of a run; `folder` has the `ABOUT` facts of them."""

    names: pa.Array
    contents: Contents
    folder: Path


def read_further(engine: Engine, snapshot: Path, known: Contents, *, folder: Path) -> Further:
    """Take what the engine's table `content` tells of contents a run does not know.

    Authors and tags that are unknown too tell nothing. The facts are written to `folder`.
    """
    for name in ("item", "theme"):
        engine.register(f"known_{name}", snapshot / FOLDER / f"{name}.parquet")
    keep(engine, "new_item", f"""
        SELECT row_number() OVER (ORDER BY content_id) - 1 + {len(known)} AS item, content_id,
               author_code, CASE WHEN author_code IS NOT NULL THEN author END AS author
        FROM (SELECT content_id, max(author) AS author FROM content
              ANTI JOIN known_item USING (content_id) GROUP BY content_id)
        LEFT JOIN (SELECT DISTINCT author, author_code FROM known_item WHERE author IS NOT NULL)
        USING (author)""")  # fmt: skip
    engine.write("SELECT * FROM new_item ORDER BY item", folder / "item.parquet")
    themes = """
        SELECT DISTINCT item, theme FROM content
        JOIN new_item USING (content_id) JOIN known_theme USING (tag) ORDER BY item, theme"""
    engine.write(themes, folder / "item_theme.parquet")
    items, tags = (pq.read_table(folder / f"{name}.parquet") for name in ABOUT)
    counts = np.bincount(tags["item"].to_numpy() - len(known), minlength=items.num_rows)
    about = [part.tolist() for part in np.split(tags["theme"].to_numpy(), np.cumsum(counts)[:-1])]
    authors = items["author_code"].cast(pa.int64()).fill_null(-1)
    return Further(
        names=items["content_id"].combine_chunks(),
        contents=known.knowing(authors.to_pylist(), about[: items.num_rows]),
        folder=folder,
    )
