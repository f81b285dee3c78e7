"""Look-alikes: whom of a snapshot to reach next, and how like the seeds they are."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from models.expansion import most_alike, reach_curve
from models.lookalikes import (
    Likeness,
    everyones_scores,
    likeness,
)
from models.rows import BoolArray, FloatArray, IntArray
from segmentation.config import Facet
from segmentation.index import Snapshot
from segmentation.seeds import PURPOSE, Seeds, allowed, require_enough

TOP_TAGS = 10


@dataclass(frozen=True, eq=False)
class Expansion:
    """A set of seeds and everyone's likeness to them.

    Attributes
    ----------
    seeds : Seeds
        Those asked for; they are never look-alikes themselves.
    crowd : ndarray of shape (n_people,)
        Whether somebody may be spoken of: not erased, refuses nothing.
    taught : int
        How many of them do not refuse the purpose.
    like : Likeness
        What sets those apart.
    scores : ndarray of shape (n_people,)
        Everyone's score, NaN for whoever has no tag.
    """

    snapshot: Snapshot
    seeds: Seeds
    purpose: str | None
    crowd: BoolArray
    taught: int
    like: Likeness
    scores: FloatArray

    @classmethod
    def of(cls, snapshot: Snapshot, seeds: Seeds, *, purpose: str | None = PURPOSE) -> "Expansion":
        """Learn from the seeds and score everyone.

        Raises
        ------
        UsageError
            When too few seeds are left to learn from.
        """
        tastes = [snapshot.placer.facet(name).everyone for name in seeds.facets]
        crowd = allowed(snapshot, purpose)
        taught = np.intersect1d(seeds.rows, crowd, assume_unique=True)
        require_enough(len(taught))
        like = likeness(tastes, taught, crowd=crowd)
        may = np.zeros(snapshot.n_users, dtype=bool)
        may[crowd] = True
        return cls(snapshot, seeds, purpose, may, len(taught), like, everyones_scores(tastes, like))

    @cached_property
    def candidates(self) -> BoolArray:
        """Whether somebody may be reached: may be spoken of, is no seed and has a tag."""
        candidates = self.crowd & ~np.isnan(self.scores)
        candidates[self.seeds.rows] = False
        return candidates

    @cached_property
    def similarity(self) -> FloatArray:
        """Everyone's similarity to the seeds, 0 to 1; NaN for whoever has no tag."""
        return self.like.similarity(self.scores)

    @cached_property
    def closeness(self) -> FloatArray:
        """How close everyone is to the seeds, 0 to 1; NaN for whoever has no tag."""
        return self.like.closeness(self.scores)

    def best(self, limit: int) -> IntArray:
        """The rows of the most alike candidates."""
        return most_alike(self.scores, self.candidates)[:limit]

    def facts(self, limit: int) -> dict[str, Any]:
        """The expansion as JSON, with its most alike people by id."""
        ids = self.snapshot.audiences.registry.ids
        return {
            "run_id": self.snapshot.run_id,
            "eligible_for": self.purpose,
            "seeds": len(self.seeds.rows),
            "seeds_unknown": self.seeds.unknown,
            "seeds_taught": self.taught,
            "candidates": int(np.count_nonzero(self.candidates)),
            "lookalikes": [
                {
                    "user_id": ids[row],
                    "similarity": float(self.similarity[row]),
                    "closeness": float(self.closeness[row]),
                }
                for row in self.best(limit)
            ],
            "curve": [asdict(point) for point in reach_curve(self.similarity[self.candidates])],
            "tags": self.tags(),
        }

    def tags(self) -> list[dict[str, Any]]:
        """The tags that set the seeds apart most, the most telling first."""
        names = [(facet, tag) for facet in self.seeds.facets for tag in self._names(facet)]
        told = np.concatenate(self.like.contributions)
        return [
            {"facet": names[at][0], "tag": names[at][1], "contribution": float(told[at])}
            for at in np.argsort(-told, kind="stable")[:TOP_TAGS]
        ]

    def _names(self, facet: Facet) -> list[str]:
        return self.snapshot.placer.facet(facet).tags
