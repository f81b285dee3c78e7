"""From a facet's matrix to circles people can be shown: fitted, and everyone placed in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.circles import FEWEST_PEOPLE, CircleClusterer
from models.guidance import Wish
from models.profiles import TagProfiles, assign
from models.profiles import reasons as why_not
from models.remnants import Past
from models.revision import revised
from models.trimming import crowd_only, only
from segmentation.arrays import load_arrays, save_arrays
from segmentation.config import CirclesConfig, Facet
from segmentation.memory import Memory
from segmentation.tags import FacetMatrix

IntArray = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class FacetCircles:
    """The circles of one facet and everyone's place in them, people in registry order.

    `labels` is -1 for people in no circle, and `reasons` then says why ('' otherwise);
    `members` is people x circles, strengths, the primary circle's the largest in its row.
    `keys` are ids that circles were given by hand ('' for most), `conflicts` wishes not granted.
    """

    labels: IntArray
    members: sparse.csr_array
    reasons: npt.NDArray[np.str_]
    model: TagProfiles
    keys: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()

    def save(self, folder: Path) -> None:
        """Keep everything in a folder, without pickle."""
        save_arrays(folder / "model.npz", self.model.to_arrays())
        members = self.members
        save_arrays(
            folder / "people.npz",
            {
                "labels": self.labels,
                "reasons": self.reasons,
                "starts": members.indptr,
                "circles": members.indices,
                "strengths": members.data,
                "keys": np.array(self.keys, dtype=np.str_),
                "conflicts": np.array(self.conflicts, dtype=np.str_),
            },
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what `save` kept."""
        model = TagProfiles.from_arrays(load_arrays(folder / "model.npz"))
        people = load_arrays(folder / "people.npz")
        parts = (people["strengths"], people["circles"], people["starts"])
        members = sparse.csr_array(parts, shape=(len(people["labels"]), model.n_circles))
        said = (tuple(people[name].tolist()) for name in ("keys", "conflicts"))
        return cls(people["labels"], members, people["reasons"], model, *said)


def find_circles(
    facet: FacetMatrix,
    config: CirclesConfig,
    *,
    name: Facet,
    seed: int,
    memory: Memory | None = None,
    wishes: Sequence[Wish] = (),
    about: int | None = None,
    past: Past | None = None,
) -> FacetCircles:
    """Fit the circles of a facet on the people with enough tags and place each of them.

    What is remembered of the run before gives the fit a warm start; `wishes` are granted last.
    There will be `about` so many; by default as the settings say. `past` is what is known of
    people from the run before.
    """
    eligible = np.flatnonzero(facet.reasons == "")
    if not len(eligible):
        return nobody_placed(facet)
    X = facet.matrix[eligible]
    asked = asked_for(config, name) if about is None else about
    placeable = len(eligible) / len(facet.reasons)
    memory = memory or Memory()
    before = memory if config.warm_start else Memory()
    clusterer = clusterer_of(config, asked, seed, placeable=placeable, before=before).fit(X)
    known = memory.seeds(facet.tags)
    # Asked for a number of circles, the fit's own answer is not cut, nor added to.
    is_free = clusterer.n_circles is None
    looked = revised(
        clusterer.model_,
        X,
        seeds=known if config.warm_start and is_free else known[:0],
        cut=is_free,
        fewest=max(config.min_circle_share * len(eligible), FEWEST_PEOPLE),
        wishes=wishes,
        known=known,
        coverage=clusterer.coverage,
        past=past.of(eligible) if past is not None and is_free else None,
        seed=seed,
    )
    return placed(facet, config, looked.profiles, keys=looked.keys, conflicts=looked.conflicts)


def placed(
    facet: FacetMatrix,
    config: CirclesConfig,
    model: TagProfiles,
    *,
    keys: tuple[str, ...],
    conflicts: tuple[str, ...],
) -> FacetCircles:
    """Place everyone with enough tags in the circles of a model."""
    eligible = np.flatnonzero(facet.reasons == "")
    reasons = facet.reasons.astype("<U16")
    labels = np.full(len(reasons), -1, dtype=np.int32)
    answer = assign(model, facet.matrix[eligible], max_circles=config.max_circles)
    reasons[eligible] = why_not(answer, min_tags=model.min_tags)
    labels[eligible] = answer.labels
    members = spread(answer.strengths, eligible, len(reasons))
    return FacetCircles(labels, members, reasons, model, keys, conflicts)


def keeping(
    circles: FacetCircles, kept: npt.NDArray[np.int64], facet: FacetMatrix, config: CirclesConfig
) -> FacetCircles:
    """Let all circles but the `kept` ones go and place everyone among those."""
    model = only(circles.model, kept) if len(kept) else crowd_only(circles.model)
    keys = tuple(circles.keys[circle] for circle in kept) if circles.keys else ()
    return placed(facet, config, model, keys=keys, conflicts=circles.conflicts)


def nobody_placed(facet: FacetMatrix) -> FacetCircles:
    """Nobody has enough tags: no circle, and the facet's reasons."""
    people, tags = facet.matrix.shape
    return FacetCircles(
        labels=np.full(people, -1, dtype=np.int32),
        members=sparse.csr_array((people, 0)),
        reasons=facet.reasons.astype("<U16"),
        model=nothing_known(tags),
    )


def nothing_known(n_tags: int) -> TagProfiles:
    """The model of a facet nobody has enough tags in: no circle."""
    none = np.zeros(0)
    return TagProfiles(
        starts=np.zeros(1, dtype=np.int64),
        tags=none.astype(np.int64),
        shares=none,
        background=np.full(n_tags, 1.0 / max(n_tags, 1)),
        sizes=none,
        noise=0.5,
        grid=np.full(1, 0.5),
        grid_weights=np.ones(1),
    )


def clusterer_of(
    config: CirclesConfig,
    about: int | None,
    seed: int,
    *,
    placeable: float,
    before: Memory,
) -> CircleClusterer:
    """The estimator as the settings ask for it, for `about` so many circles.

    `placeable` is the share of all people who have enough tags and may be placed: coverage is
    asked of all, so more of those must be. `before` says what earlier circles were like.
    """
    wanted = None if config.coverage == "auto" else min(config.coverage / placeable, 1.0)
    return CircleClusterer(
        about,
        min_circle_share=config.min_circle_share,
        coverage=wanted,
        max_circles=config.max_circles,
        random_state=seed,
        was_whole=before.is_whole,
        was_relative=before.is_relative,
    )


def asked_for(config: CirclesConfig, name: Facet) -> int | None:
    """How many circles the settings ask for, of interests only; None leaves it to the data."""
    return config.count if name == "interest" and config.count != "auto" else None


def spread(
    rows: sparse.csr_array, at: npt.NDArray[np.int64] | npt.NDArray[np.int32], height: int
) -> sparse.csr_array:
    """Put rows back to where they were taken from; the others are empty."""
    counts = np.zeros(height, dtype=np.int64)
    counts[at] = np.diff(rows.indptr)
    starts = np.concatenate([[0], np.cumsum(counts)])
    return sparse.csr_array((rows.data, rows.indices, starts), shape=(height, rows.shape[1]))
