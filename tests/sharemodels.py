"""A model of sharing planted by hand, with where everybody stands, as a snapshot keeps them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import special

from models.calibration import identity
from models.evidence import FEATURES
from models.linear import Linear
from models.sharemodel import ShareModel
from models.trees import no_trees
from segmentation.learned import Learned, keep_learned
from segmentation.sharestate import STATE, ShareState

RATE = 0.1
CONTENTS = ("c0", "c1", "c2")
AUTHOR = "a0"
GLADLY = 'a "quoted" * tag'
"""The first of the tags in their order: the one the first content is about."""


def plant_scores(folder: Path, user_ids: Sequence[str], tags: Sequence[str]) -> None:
    """Write a model that goes by pooled evidence; user `i` shared `i % 4` of 10 contents seen.

    Content `i` is about tag `i`; the first and its tag were shared most, and one user in two
    consumes that tag.
    """
    people, column = len(user_ids), FEATURES.index("all_lifts")
    model = ShareModel(
        trees=no_trees(0.0),
        linear=Linear.of_column(column, len(FEATURES), intercept=float(special.logit(RATE))),
        calibration=identity(),
        spread=np.array([0.5, 0.2]),
        base_rate=RATE,
        tree_share=0.0,
    )
    keep_learned(folder, Learned("model", (RATE, 0.09, 0.11), model.spread, model))
    facts = {
        "person": {"user_id": list(user_ids), "person": np.arange(people)},
        "item": {"item": np.arange(3), "content_id": CONTENTS, "author_code": [0, 1, 1],
                 "author": [AUTHOR, None, None]},
        "theme": {"theme": np.arange(len(tags)), "tag": list(tags)},
    }  # fmt: skip
    for name, columns in facts.items():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    past_of(people, len(tags)).save(folder / STATE)


def past_of(people: int, tags: int) -> ShareState:
    """Where everybody stands: ten exposures each, in three circles and none."""
    shares = np.arange(people) % 4
    totals = np.column_stack(
        [np.full(people, 10), shares, np.full(people, 20), shares, np.full(people, 15), shares]
    )
    tasters = np.arange(0, people, 2)
    return ShareState(
        until=np.array([1_000_000]),
        circle=np.arange(people) // 4 % 4 - 1,
        latest=np.full(people, 900_000),
        totals=totals,
        month=np.full(people, 3),
        taste_starts=np.minimum(np.arange(tags + 1), 1) * tasters.size,
        taste_person=tasters,
        taste_count=np.full(tasters.size, 5),
        cell_circle=np.repeat(np.arange(-1, 3), 3),
        cell_item=np.tile(np.arange(3), 4),
        cell_exposures=np.full(12, 100),
        cell_shares=np.tile([20, 10, 0], 4),
        item_author=np.array([0, -1, -1]),
        topic_starts=np.arange(4),
        topic=np.arange(3),
    )
