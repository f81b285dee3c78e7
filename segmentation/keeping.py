"""What a snapshot keeps for placing people and folding in later events."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.rows import Rows
from segmentation import queries
from segmentation.arrays import save_arrays
from segmentation.config import FACETS, Facet, FacetConfig
from segmentation.context import Context
from segmentation.durable import link
from segmentation.manifest import write_json
from segmentation.placing import READING, People
from segmentation.tagsources import ROLES


def keep_models(context: Context, folder: Path) -> None:
    """Put each facet's model beside its words, everyone's tags, and how events are read."""
    folder.mkdir()
    for name in FACETS:
        identity = context.work.load(f"identity/{name}.json")
        words = {"tag_names": context.facet(name).tags} | {
            key: identity[key] for key in ("circle_ids", "own_names")
        }
        arrays = {key: np.array(value, dtype=np.str_) for key, value in words.items()}
        save_arrays(folder / f"{name}.npz", context.circles(name).model.to_arrays() | arrays)
        people_of(context, name).save(folder, name)
    reading = {
        "max_circles": context.config.circles.max_circles,
        "tastes": {name: tastes_of(context, name) for name in FACETS},
        "ties": {name: getattr(context.config.facets, name).ties for name in FACETS},
        "money": list(context.config.channels.money),
    }
    write_json(folder / READING, reading)


def people_of(context: Context, name: Facet) -> People:
    """Everyone's tags in a facet, those ties lend among them."""
    own, matrix = context.facet(name).matrix, context.evidence(name).matrix
    starts, tags = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)
    if matrix.nnz == own.nnz:
        return People(starts, tags, matrix.data)
    return People(starts, tags, matrix.data, is_lent=~is_among(Rows.of(matrix), Rows.of(own)))


def is_among(rows: Rows, others: Rows) -> npt.NDArray[np.bool_]:
    """Whether each entry of rows is one of the other rows' as well."""
    places, known = (each.owners * each.n_columns + each.columns for each in (rows, others))
    return np.isin(places, known, assume_unique=True)


def keep_sums(context: Context, folder: Path) -> None:
    """Put the sums of everyone's tastes beside the models, for later events to be added to."""
    folder.mkdir()
    for path in sorted((context.work.folder / "sums").glob("*")):
        link(path, folder / path.name)


def tastes_of(context: Context, name: Facet) -> dict[str, Any] | None:
    """How a facet reads events, for those sent in a call; None when it reads habits alone."""
    settings: FacetConfig = getattr(context.config.facets, name)
    roles = [source for source in settings.sources if source in ROLES]
    if not roles:
        return None
    without = "interest" in roles
    every = context.config.channels.roles().items()
    context.engine.register("events", context.tables / "events.parquet")
    return {
        "channels": sorted(channel for channel, role in every if (role in roles) != without),
        "are_left_out": without,
        "typical": dict(context.engine.rows(queries.typical_values())),
        "half_life_days": settings.half_life_days,
        "clip": settings.clip,
    }
