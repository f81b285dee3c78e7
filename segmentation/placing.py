"""Placing people by their tags on the read side: the fitted circles of a snapshot, applied.

The function is `models.profiles.assign`, the very one that placed everyone in the run.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.counterfactual import counterfactual
from models.explanation import explain
from models.lookalikes import Tastes as Everyone
from models.profiles import TagProfiles, assign, reasons
from models.rows import Rows
from segmentation.arrays import load_arrays, map_array
from segmentation.billionths import to_parts_of_one, to_shares
from segmentation.errors import StoreDamaged
from segmentation.manifest import read_json
from segmentation.recent_tags import Act, Tastes

Row = dict[str, Any]
Circles = Mapping[str, Row]

READING = "reading.json"


@dataclass(frozen=True, eq=False)
class People:
    """Everyone's tags in a facet, as mapped columns: those of row `i` lie between two starts.

    `is_lent` tells tags that the people one is tied to have, not oneself; None where none are.
    """

    starts: npt.NDArray[np.int64]
    tags: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float64]
    is_lent: npt.NDArray[np.bool_] | None = None

    @classmethod
    def open(cls, folder: Path, name: str) -> "People":
        """Map what `save` kept."""
        paths = {part: folder / f"{name}_{part}.npy" for part in (*PARTS, LENT)}
        return cls(
            **{
                part: map_array(path)
                for part, path in paths.items()
                if part in PARTS or path.exists()
            }
        )

    def save(self, folder: Path, name: str) -> None:
        """Keep each column in a file of its own."""
        for part in (*PARTS, LENT):
            column = getattr(self, part)
            if column is not None:
                np.save(folder / f"{name}_{part}.npy", column)

    def lent_to(self, at: int) -> Set[int]:
        """The tags of a row that only the people it is tied to have."""
        if self.is_lent is None:
            return frozenset()
        span = slice(int(self.starts[at]), int(self.starts[at + 1]))
        return frozenset(self.tags[span][self.is_lent[span]].tolist())

    def row(self, at: int, n_tags: int) -> Rows:
        """One person's tags, without those whose weight is 0."""
        span = slice(int(self.starts[at]), int(self.starts[at + 1]))
        weights, tags = np.array(self.weights[span]), np.array(self.tags[span], np.int64)
        held = weights > 0
        return rows_of(tags[held], weights[held], n_tags)


PARTS, LENT = ("starts", "tags", "weights"), "is_lent"


class FacetPlacer:
    """The fitted circles of one facet.

    Parameters
    ----------
    folder : Path
        The models of a snapshot.
    name : str
        The facet.
    circles : mapping
        Facts of each circle by its id.
    """

    def __init__(self, folder: Path, name: str, circles: Circles) -> None:
        arrays = load_arrays(folder / f"{name}.npz")
        self.name = name
        self.profiles = TagProfiles.from_arrays(arrays)
        self.tags: list[str] = arrays["tag_names"].tolist()
        self._circle_ids: list[str] = arrays["circle_ids"].tolist()
        self._circles = circles
        self._folder = folder
        self._columns = {tag: column for column, tag in enumerate(self.tags)}
        reading = read_json(folder / READING)
        told = reading["tastes"][name]
        self._tastes = Tastes(**told) if told else None
        self._max_circles: int = reading["max_circles"]

    @cached_property
    def people(self) -> People:
        """The tags of everyone in the run."""
        return People.open(self._folder, self.name)

    @cached_property
    def everyone(self) -> Everyone:
        """The same, for asking who is like whom."""
        starts, tags, weights = (np.asarray(getattr(self.people, part)) for part in PARTS)
        return Everyone(Rows(starts, tags, weights, self.profiles.n_tags))

    @property
    def known_tags(self) -> Set[str]:
        """The tags its circles were fitted on."""
        return self._columns.keys()

    def weigh(self, acts: Iterable[Act]) -> dict[str, float]:
        """Weigh the tags of some events; a facet made of habits alone reads none."""
        return {} if self._tastes is None else self._tastes.weigh(acts)

    def place(self, weights: Mapping[str, float]) -> Row:
        """Say which circles some weighed tags belong to, or why to none."""
        known = sorted(
            (self._columns[tag], weights[tag]) for tag in weights if tag in self._columns
        )
        row = rows_of(
            np.array([column for column, _ in known], np.int64),
            np.array([weight for _, weight in known], np.float64),
            self.profiles.n_tags,
        )
        return self.placed(row)

    def placed(self, row: Rows) -> Row:
        """Place one row of tags."""
        found = assign(self.profiles, row, max_circles=self._max_circles)
        strengths = to_shares(to_parts_of_one(found.members.values))
        members = zip(found.members.columns.tolist(), strengths.tolist(), strict=True)
        ordered = sorted(members, key=lambda member: (-member[1], member[0]))
        return {
            "facet": self.name,
            "circles": [
                {**self._circle(place), "strength": strength, "rank": rank}
                for rank, (place, strength) in enumerate(ordered, start=1)
            ],
            "reason": str(reasons(found, min_tags=self.profiles.min_tags)[0]) or None,
        }

    def explained(self, at: int) -> Row:
        """Say tag by tag why a person of the run is in their circle, and what would change it."""
        row = self.people.row(at, self.profiles.n_tags)
        told, other = explain(self.profiles, row), counterfactual(self.profiles, row)
        weight = dict(zip(row.columns.tolist(), row.values.tolist(), strict=True))
        lent = self.people.lent_to(at)
        return self.placed(row) | {
            "nearest_circle": self._named(told.circle),
            "log_odds": told.log_odds,
            "prior_log_odds": told.prior_log_odds,
            "contributions": [
                {
                    "tag": self.tags[tag],
                    "weight": weight[tag],
                    "contribution": contribution,
                    "is_lent": tag in lent,
                }
                for tag, contribution in zip(
                    told.tags.tolist(), told.contributions.tolist(), strict=True
                )
            ],
            "counterfactual": {
                "without_tags": [self.tags[tag] for tag in other.removed.tolist()],
                "circle_then": self._named(other.instead),
                "changes": other.instead != other.circle,
                "is_smallest": other.is_smallest,
            },
        }

    def _circle(self, place: int) -> Row:
        row = self._circles[self._circle_ids[place]]
        return {name: row[name] for name in ("circle_id", "facet", "name")}

    def _named(self, place: int) -> str | None:
        return None if place < 0 else self._circle_ids[place]


class Placer:
    """The fitted circles of all facets of a snapshot, opened when first asked."""

    def __init__(self, folder: Path, circles: Circles) -> None:
        self._folder = folder
        self._circles = circles
        self._opened: dict[str, FacetPlacer] = {}

    def facet(self, name: str) -> FacetPlacer:
        """The circles of one facet."""
        if name not in self._opened:
            try:
                self._opened[name] = FacetPlacer(self._folder, name, self._circles)
            except (OSError, KeyError, TypeError, ValueError) as error:
                raise StoreDamaged(
                    f"The {name} model in `{self._folder}` cannot be read: {error}. "
                    "Make this run again."
                ) from error
        return self._opened[name]

    def expected_propensity(self, placed: Row) -> float | None:
        """What the members of a person's circles share on average, by strength."""
        pairs = [
            (circle["strength"], self._circles[circle["circle_id"]]["share_propensity"])
            for circle in placed["circles"]
        ]
        known = [(strength, chance) for strength, chance in pairs if chance is not None]
        total = sum(strength for strength, _ in known)
        return sum(strength * chance for strength, chance in known) / total if total else None


def rows_of(columns: npt.NDArray[np.int64], values: npt.NDArray[np.float64], n_tags: int) -> Rows:
    """One row of tags."""
    return Rows(np.array([0, len(columns)], dtype=np.int64), columns, values, n_tags)
