"""Whom new events touch: weighed anew, and placed by the live snapshot's circles as they are."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from models.layers import People as Numbers
from models.layers import rows_together
from models.profiles import TagProfiles, assign, reasons
from models.windows import Forgetting, Weighed
from segmentation.arrays import load_arrays
from segmentation.circling import FacetCircles, spread
from segmentation.config import FACETS, Facet, FacetConfig
from segmentation.context import Context
from segmentation.durable import link
from segmentation.manifest import write_json
from segmentation.placing import PARTS, READING, People
from segmentation.tastesums import TasteSums

UNKNOWN = "too_few_tags"
"""Why somebody new is in no circle until their tags say otherwise."""


@dataclass(frozen=True, eq=False)
class Anew:
    """The people of a facet whom new events touch: their rows, their weights, their circles."""

    people: Numbers
    weights: sparse.csr_array
    found: FacetCircles

    def save(self, folder: Path) -> None:
        """Keep everything in a folder."""
        self.found.save(folder)
        People(self.weights.indptr, self.weights.indices, self.weights.data).save(folder, "anew")
        np.save(folder / "rows.npy", self.people)

    @classmethod
    def load(cls, folder: Path) -> "Anew":
        """Read back what `save` kept."""
        found = FacetCircles.load(folder)
        weights = matrix_of(People.open(folder, "anew"), found.model.n_tags)
        return cls(np.load(folder / "rows.npy"), weights, found)


def place_anew(context: Context, name: Facet, sums: TasteSums, people: Numbers) -> Anew:
    """Weigh the tags of some people and place them by the circles as they are."""
    arrays = load_arrays(context.store.live_folder() / "models" / f"{name}.npz")
    model = TagProfiles.from_arrays(arrays)
    settings: FacetConfig = getattr(context.config.facets, name)
    reading = context.work.load(READING)
    tastes = reading["tastes"][name]
    forgetting = Forgetting(tastes["half_life_days"], tastes["clip"])
    weighed = weighed_rows(sums, people, forgetting, tags=arrays["tag_names"].tolist())
    weights = matrix_of(weighed, model.n_tags)
    eligible = np.flatnonzero(np.diff(weights.indptr) >= settings.min_tags)
    answer = assign(model, weights[eligible], max_circles=reading["max_circles"])
    why = np.full(len(people), UNKNOWN, dtype="<U16")
    why[eligible] = reasons(answer, min_tags=model.min_tags)
    labels = np.full(len(people), -1, dtype=np.int32)
    labels[eligible] = answer.labels
    members = spread(answer.strengths, eligible, len(people))
    return Anew(people, weights, FacetCircles(labels, members, why, model))


def weighed_rows(
    sums: TasteSums, people: Numbers, forgetting: Forgetting, *, tags: list[str]
) -> Weighed:
    """Lay the layers of some people together and weigh those tags that the circles know."""
    column = {tag: number for number, tag in enumerate(tags)}
    numbers = np.array([column.get(tag, -1) for tag in sums.tags], dtype=np.int32)
    together = rows_together(sums.layers, people)
    return forgetting.weigh(together, sums.latest[people]).renumbered(numbers)


def matrix_of(rows: People | Weighed, n_tags: int) -> sparse.csr_array:
    """People x tags as a matrix."""
    starts = np.asarray(rows.starts)
    parts = (np.asarray(rows.weights), np.asarray(rows.tags), starts)
    return sparse.csr_array(parts, shape=(len(starts) - 1, n_tags))


def moved_of(context: Context) -> Numbers:
    """Where each person of the live snapshot stands now, -1 for who was erased."""
    moved: Numbers = load_arrays(context.work.folder / "moved.npz")["moved"]
    return moved


def keep_models(context: Context, folder: Path) -> None:
    """Carry the models over, with everyone's tags as they are now."""
    folder.mkdir()
    live = context.store.live_folder() / "models"
    rewritten = {f"{name}_{part}.npy" for name in FACETS for part in PARTS} | {READING}
    for path in sorted(live.iterdir()):
        if path.name not in rewritten:
            link(path, folder / path.name)
    for name in FACETS:
        matrix = weights_now(context, name)
        starts, tags = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)
        People(starts, tags, matrix.data).save(folder, name)
    write_json(folder / READING, context.work.load(READING))


def weights_now(context: Context, name: Facet) -> sparse.csr_array:
    """Everyone's weights in a facet: as they were, but for those whom events touch."""
    live, moved = context.store.live_folder() / "models", moved_of(context)
    n_tags = len(load_arrays(live / f"{name}.npz")["tag_names"])
    before = matrix_of(People.open(live, name), n_tags)
    people = len(context.user_ids())
    anew = anew_of(context, name)
    stays = moved >= 0
    if anew is not None:
        stays &= ~np.isin(moved, anew.people)
    carried = spread(before[np.flatnonzero(stays)], moved[stays], people)
    if anew is None:
        return carried
    return sparse.csr_array(carried + spread(anew.weights, anew.people, people))


def anew_of(context: Context, name: Facet) -> Anew | None:
    """Who was placed anew in a facet; None when it reads no events."""
    folder = context.work.folder / "anew" / name
    return Anew.load(folder) if folder.is_dir() else None
