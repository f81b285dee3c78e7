"""A facet as a matrix: every person's weighted tags, summed from the valid tables."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.partition import Partition
from models.windows import Forgetting, Weighed
from segmentation import queries
from segmentation.arrays import load_arrays, save_arrays
from segmentation.config import Config, Facet, FacetConfig
from segmentation.durable import replace_text
from segmentation.engine import Engine
from segmentation.errors import ConfigError
from segmentation.habits import PREFIXES
from segmentation.ids import HashedIds
from segmentation.summing import Keep, nothing_kept, park_habits, park_tastes, weigh_all
from segmentation.tagsources import TagSources
from segmentation.tastesums import SumsWriter

EVERYONE = 0.95  # a habit of more people than this tells nobody apart
INPUTS = ("events", "labels", "consent", "people")


@dataclass(frozen=True)
class DroppedTag:
    """A tag left out: how many users have it, and `too_few_users`, `sensitive` or `everyone`."""

    tag: str
    users: int
    reason: str


@dataclass(frozen=True, eq=False)
class FacetMatrix:
    """People x tags, both in bytewise order.

    `matrix` holds undamped weights >= 0. `reasons` says of each person why they cannot be placed:
    `too_few_tags`, `consent` (their row is empty), or '' when they can.
    """

    matrix: sparse.csr_array
    tags: list[str]
    reasons: npt.NDArray[np.str_]
    dropped: tuple[DroppedTag, ...]

    def save(self, path: Path) -> None:
        """Write arrays to `path` (npz) and words beside it (json); equal facets, equal bytes."""
        save_arrays(
            path,
            {
                "weights": self.matrix.data,
                "tags": self.matrix.indices,
                "starts": self.matrix.indptr,
                "reasons": self.reasons,
            },
        )
        words = {"tags": self.tags, "dropped": [asdict(tag) for tag in self.dropped]}
        replace_text(path.with_suffix(".json"), json.dumps(words, ensure_ascii=False))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read back what `save` wrote."""
        arrays = load_arrays(path)
        words = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        shape = (len(arrays["reasons"]), len(words["tags"]))
        return cls(
            sparse.csr_array((arrays["weights"], arrays["tags"], arrays["starts"]), shape=shape),
            words["tags"],
            arrays["reasons"].astype(np.str_),
            tuple(DroppedTag(**tag) for tag in words["dropped"]),
        )


def facet_matrix(
    engine: Engine,
    config: Config,
    facet: Facet,
    tables: Path,
    *,
    as_of: datetime | None,
    kept_sums: Path | None = None,
) -> FacetMatrix:
    """Sum a facet's tags for everyone in the valid tables under `tables`.

    With a folder for `kept_sums`, the sums of tastes stay there for later events to be added to.

    Files, their order and their split do not change a byte, and multiplying one channel's values
    by a thousand changes no weight.
    """
    settings: FacetConfig = getattr(config.facets, facet)
    forgetting = forgetting_of(settings, facet)
    for table in INPUTS:
        engine.register(table, tables / f"{table}.parquet")
    sources = TagSources.of(engine, settings, config.channels, as_of=as_of)
    ids = HashedIds.of(engine, queries.tag_names(sources.tagged))
    sensitive, threads = config.privacy.sensitive_tags, config.resources.threads
    partition = parked(engine, sources, ids, forgetting)
    with ExitStack() as files:
        keep: Keep = nothing_kept
        if kept_sums and sources.tastes:
            shown = ["" if is_sensitive(tag, sensitive) else tag for tag in ids.names]
            writer = SumsWriter(kept_sums, facet, tags=shown, latest=partition.latest)
            keep = files.enter_context(writer).add
        weighed = weigh_all(partition, forgetting, threads=threads, keep=keep)
    users = weighed.holders(len(ids.names))
    held = {tag: int(users[number]) for number, tag in enumerate(ids.names) if users[number]}
    people = int(np.count_nonzero(np.diff(weighed.starts)))
    dropped = left_out(held, settings, sensitive, people)
    kept = sorted(held.keys() - {tag.tag for tag in dropped})
    matrix = matrix_of(weighed, ids.names, kept)
    return FacetMatrix(matrix, kept, _reasons(matrix, ids.refused, settings.min_tags), dropped)


def forgetting_of(settings: FacetConfig, facet: Facet) -> Forgetting:
    """How a facet forgets; raises `ConfigError` when its settings do not allow it."""
    try:
        return Forgetting(settings.half_life_days, settings.clip)
    except ValueError as error:
        raise ConfigError(f"[facets.{facet}] cannot be used: {error}") from error


def parked(
    engine: Engine, sources: TagSources, ids: HashedIds, forgetting: Forgetting
) -> Partition:
    """Stream a facet's sources into a partition."""
    partition = Partition(n_people=len(ids.refused), n_tags=len(ids.names), n_events=sources.rows)
    if sources.tastes:
        park_tastes(engine, sources.tastes, ids, forgetting, partition)
    park_habits(engine, sources.habits, ids, partition)
    return partition


def matrix_of(weighed: Weighed, names: Sequence[str], kept: Sequence[str]) -> sparse.csr_array:
    """Lay weights out as a matrix of the kept tags alone."""
    place = {tag: column for column, tag in enumerate(kept)}
    numbers = np.array([place.get(tag, -1) for tag in names], dtype=np.int32)
    if len(kept) < len(names):
        weighed = weighed.renumbered(numbers)
    entries = len(weighed.tags)
    # scipy widens the columns to the width of the starts.
    starts = weighed.starts.astype(np.int32 if entries <= np.iinfo(np.int32).max else np.int64)
    shape = (len(starts) - 1, len(kept))
    return sparse.csr_array((weighed.weights, weighed.tags, starts), shape=shape)


def left_out(
    held: dict[str, int], settings: FacetConfig, sensitive: Sequence[str], people: int
) -> tuple[DroppedTag, ...]:
    """Name the tags that stay out of the matrix, and why."""
    reasons = {
        tag: _why_out(tag, users, settings, sensitive, people) for tag, users in held.items()
    }
    return tuple(
        DroppedTag(tag, held[tag], reason) for tag, reason in sorted(reasons.items()) if reason
    )


def is_sensitive(tag: str, patterns: Sequence[str]) -> bool:
    """Whether a tag is one of `patterns`, which are tags or globs such as `label:health=*`."""
    return any(tag == pattern or fnmatchcase(tag, pattern) for pattern in patterns)


def _why_out(
    tag: str, users: int, settings: FacetConfig, sensitive: Sequence[str], people: int
) -> str:
    if is_sensitive(tag, sensitive):
        return "sensitive"
    if users < settings.min_users:
        return "too_few_users"
    is_habit = tag.startswith(PREFIXES)
    return "everyone" if is_habit and users > EVERYONE * people else ""


def _reasons(
    matrix: sparse.csr_array, refused: npt.NDArray[np.bool_], min_tags: int
) -> npt.NDArray[np.str_]:
    is_light = np.diff(matrix.indptr) < min_tags
    return np.where(refused, "consent", np.where(is_light, "too_few_tags", ""))
