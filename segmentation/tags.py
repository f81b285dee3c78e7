"""A facet as a matrix: every person's weighted tags, summed from the valid tables."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from segmentation import queries
from segmentation.arrays import load_arrays, save_arrays
from segmentation.config import ChannelsConfig, Config, Facet, FacetConfig
from segmentation.durable import replace_text
from segmentation.engine import Engine, literal
from segmentation.errors import ConfigError
from segmentation.habits import HABITS, PREFIXES, Habits

EVERYONE = 0.95  # a habit of more people than this tells nobody apart
INPUTS = ("events", "labels", "consent", "people")
ROLES = ("interest", "sharing", "money", "voice", "invitations")


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
) -> FacetMatrix:
    """Sum a facet's tags for everyone in the valid tables under `tables`.

    Files, their order and their split do not change a byte, and multiplying one channel's values
    by a thousand changes no weight.
    """
    settings: FacetConfig = getattr(config.facets, facet)
    for table in INPUTS:
        engine.register(table, tables / f"{table}.parquet")
    weighed = weights(settings, config.channels, as_of=as_of)
    engine.rows(f"CREATE OR REPLACE TEMP TABLE facet_sums AS {queries.tag_sums(weighed)}")
    held = dict(engine.rows(queries.holders()))
    dropped = left_out(held, settings, config.privacy.sensitive_tags, _people_with_tags(engine))
    kept = sorted(held.keys() - {tag.tag for tag in dropped})
    matrix = _matrix(engine, [tag.tag for tag in dropped], len(kept))
    reasons = _reasons(engine, matrix, settings.min_tags)
    engine.rows("DROP TABLE facet_sums")
    return FacetMatrix(matrix, kept, reasons, dropped)


def weights(
    settings: FacetConfig, channels: ChannelsConfig, *, as_of: datetime | None
) -> list[str]:
    """Return the queries of a facet's sources: one for the roles together, one for each habit.

    Raises
    ------
    ConfigError
        When a source is neither a role nor a habit.
    """
    unknown = [source for source in settings.sources if source not in {*ROLES, *HABITS}]
    if unknown:
        raise ConfigError.unknown_key("the sources of a facet", unknown[0], [*ROLES, *HABITS])
    habits = Habits(channels.money, as_of, settings.half_life_days)
    queried = [HABITS[source](habits) for source in settings.sources if source in HABITS]
    roles = [source for source in settings.sources if source in ROLES]
    if roles:
        queried.append(
            queries.tastes(
                channels_of(roles, channels),
                half_life=settings.half_life_days,
                clip=settings.clip,
            )
        )
    return queried


def channels_of(roles: Sequence[str], channels: ChannelsConfig) -> str:
    """Return the condition on an event's channel; one in no role counts as interest."""
    without = "interest" in roles
    named = [channel for channel, role in channels.roles().items() if (role in roles) != without]
    listed = ", ".join(literal(channel) for channel in sorted(named)) or "''"
    return f"{'NOT ' if without else ''}events.channel IN ({listed})"


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


def _people_with_tags(engine: Engine) -> int:
    return int(engine.rows("SELECT COUNT(DISTINCT user_id) FROM facet_sums")[0][0])


def _matrix(engine: Engine, dropped: list[str], n_tags: int) -> sparse.csr_array:
    people = int(engine.rows("SELECT COUNT(*) FROM people")[0][0])
    entries: Any = engine.execute(queries.entries(dropped))
    person, tag, weight = (entries.column(name).to_numpy() for name in entries.column_names)
    starts = np.concatenate([[0], np.cumsum(np.bincount(person, minlength=people))])
    return sparse.csr_array((weight / queries.UNIT, tag, starts), shape=(people, n_tags))


def _reasons(engine: Engine, matrix: sparse.csr_array, min_tags: int) -> npt.NDArray[np.str_]:
    refused = engine.execute(
        f"SELECT user_id IN ({queries.refusals()}) AS refused FROM people ORDER BY user_id"
    )
    is_light = np.diff(matrix.indptr) < min_tags
    reasons = np.where(is_light, "too_few_tags", "")
    return np.where(refused.column("refused").to_numpy(), "consent", reasons)
