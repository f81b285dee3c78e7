"""What a run remembers of the circles of the run before: their ids and tag signatures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from segmentation.arrays import load_arrays
from segmentation.config import Facet
from segmentation.errors import NotFound
from segmentation.store import Store


@dataclass(frozen=True, eq=False)
class Memory:
    """The circles of a facet as a run left them; `signatures` are circles x `tags`.

    `own_names` are the names circles would have had nobody named them by hand; `is_whole` says
    that signatures hold every tag, not only those that mark a circle, and `is_relative` that a tag
    weighed by what it is beside the person's others.
    """

    circle_ids: list[str] = field(default_factory=list)
    signatures: sparse.csr_array = field(default_factory=lambda: sparse.csr_array((0, 0)))
    tags: list[str] = field(default_factory=list)
    own_names: list[str] = field(default_factory=list)
    is_whole: bool = False
    is_relative: bool = False

    @classmethod
    def of(cls, store: Store, run_id: str | None, facet: Facet) -> Self:
        """Read the circles of a run; without one there is nothing to remember."""
        if run_id is None:
            return cls()
        model = load_arrays(store.folder(run_id) / "models" / f"{facet}.npz")
        circle_ids, tags = model["circle_ids"].tolist(), model["tag_names"].tolist()
        parts = (model["shares"], model["tags"], model["starts"])
        shape = (len(circle_ids), len(tags))
        names = model["own_names"].tolist() if "own_names" in model else []
        is_whole = bool(model["crowd_prior"] > 0.0)
        is_relative = "relative" in model and bool(model["relative"])
        signatures = sparse.csr_array(parts, shape=shape)
        return cls(circle_ids, signatures, tags, names, is_whole, is_relative)

    def shares(self, circle_id: str) -> dict[str, float]:
        """What a circle is like: the share of each of its tags."""
        if circle_id not in self.circle_ids:
            raise NotFound.of("circle", circle_id)
        row = self.signatures[[self.circle_ids.index(circle_id)]]
        return {
            self.tags[tag]: float(share) for tag, share in zip(row.indices, row.data, strict=True)
        }

    def seeds(self, tags: Sequence[str]) -> npt.NDArray[np.float64]:
        """The signatures over other tags; rows add up to 1, or to 0 when no tag is left."""
        table = np.asarray(aligned(self.signatures, self.tags, tags).todense())
        sums = table.sum(axis=1, keepdims=True)
        return np.asarray(table / np.where(sums > 0, sums, 1.0))


def aligned(profiles: sparse.csr_array, tags: Sequence[str], to: Sequence[str]) -> sparse.csr_array:
    """Return profiles over other tags: columns in the order of `to`, tags not there left out."""
    place = {tag: column for column, tag in enumerate(to)}
    target = np.array([place.get(tag, -1) for tag in tags], dtype=np.int64)
    kept = np.flatnonzero(target >= 0)
    move = sparse.csr_array((np.ones(len(kept)), (kept, target[kept])), shape=(len(tags), len(to)))
    return sparse.csr_array(profiles @ move)
