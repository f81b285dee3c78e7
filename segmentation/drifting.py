"""What shifted between two runs: tags, sizes of circles, and what circles are about."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.drift import Shift, shift
from models.lineage import cosine
from segmentation.config import FACETS, Facet
from segmentation.memory import Memory, aligned
from segmentation.placing import People
from segmentation.quality import Finding
from segmentation.store import Store

IntArray = npt.NDArray[np.int64]
SHOWN = 20
CHANGED = 0.5
"""Cosine of its tags then and now below which a circle is about something else."""


@dataclass(frozen=True, eq=False)
class State:
    """A facet of one run: who has which tag, and the circles by id.

    `holders` are people by tag, `sizes` members by circle, both of `people` in all.
    """

    people: int
    tags: list[str]
    holders: IntArray
    circle_ids: list[str]
    sizes: IntArray
    signatures: sparse.csr_array

    @classmethod
    def of(cls, store: Store, run_id: str, facet: Facet) -> Self | None:
        """Read the facet of a run; None for one that kept no tags of people."""
        folder = store.folder(run_id) / "models"
        if not (folder / f"{facet}_tags.npy").exists():
            return None
        everyone, memory = People.open(folder, facet), Memory.of(store, run_id, facet)
        rows = store.table(run_id, "circles").select(["circle_id", "size"]).to_pylist()
        size = {row["circle_id"]: row["size"] for row in rows}
        return cls(
            people=len(everyone.starts) - 1,
            tags=memory.tags,
            holders=held_by(np.asarray(everyone.tags), len(memory.tags)),
            circle_ids=memory.circle_ids,
            sizes=np.array([size.get(circle, 0) for circle in memory.circle_ids], dtype=np.int64),
            signatures=memory.signatures,
        )


@dataclass(frozen=True)
class Drift:
    """What shifted in one facet, the largest shift first; nothing means nothing surely did.

    A tag has `before` and `after`, its share of people, and `growth` beside the usual tag; a
    circle's size likewise. A circle about something else has the `cosine` of its tags, and the
    tags it gained and lost most.
    """

    facet: str
    tags: list[dict[str, Any]]
    sizes: list[dict[str, Any]]
    circles: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """The drift as plain values."""
        return asdict(self)

    def findings(self) -> list[Finding]:
        """What people should hear of it; drift blocks no run."""
        told = [
            ("tag_drift", "What people like has shifted: " + said(self.tags, "tag"), self.tags),
            ("size_drift", "Circles changed in size: " + said(self.sizes, "circle_id"), self.sizes),
            (
                "circle_drift",
                "Circles are about something else: "
                + ", ".join(row["circle_id"] for row in self.circles),
                self.circles,
            ),
        ]
        return [
            Finding(name=name, facet=self.facet, blocks=False, message=f"{message}.")
            for name, message, rows in told
            if rows
        ]


def said(rows: Sequence[dict[str, Any]], name: str, *, most: int = 5) -> str:
    """The first few shifts in words."""
    words = [f"{row[name]} x {row['growth']:.2f}" for row in rows[:most]]
    more = len(rows) - most
    return ", ".join(words) + (f" and {more} more" if more > 0 else "")


def drift_between(before: State, after: State, *, facet: Facet) -> Drift:
    """Compare two states of a facet."""
    return Drift(
        facet=facet,
        tags=tag_shifts(before, after),
        sizes=size_shifts(before, after),
        circles=changed_circles(before, after),
    )


def drift_of(store: Store, a: str, b: str) -> list[Drift]:
    """What shifted from one finished run to another, by facet."""
    states = [(facet, State.of(store, a, facet), State.of(store, b, facet)) for facet in FACETS]
    return [
        drift_between(before, after, facet=facet)
        for facet, before, after in states
        if before is not None and after is not None
    ]


def held_by(tags: npt.NDArray[np.int32], count: int) -> IntArray:
    """How many people have each tag."""
    return np.bincount(tags, minlength=count).astype(np.int64)


def tag_shifts(before: State, after: State) -> list[dict[str, Any]]:
    """The tags that more, or fewer, people have than the growth of all tags explains."""
    tags = sorted({*before.tags, *after.tags})
    counts = [on(tags, state.tags, state.holders) for state in (before, after)]
    people = (before.people, after.people)
    return listed(shift(*counts, people=people), counts, people, tags, "tag")


def size_shifts(before: State, after: State) -> list[dict[str, Any]]:
    """Circles in both runs that grew or shrank beside the others."""
    kept = sorted({*before.circle_ids} & {*after.circle_ids})
    counts = [on(kept, state.circle_ids, state.sizes) for state in (before, after)]
    people = (before.people, after.people)
    return listed(shift(*counts, people=people), counts, people, kept, "circle_id")


def listed(
    found: Shift, counts: Sequence[IntArray], people: Sequence[int], names: Sequence[str], kind: str
) -> list[dict[str, Any]]:
    """The sure shifts as rows."""
    return [
        {
            kind: names[at],
            "before": round(int(counts[0][at]) / max(people[0], 1), 6),
            "after": round(int(counts[1][at]) / max(people[1], 1), 6),
            "growth": round(min(float(found.growth[at]), 1e6), 3),
            "q_value": float(found.q_values[at]),
        }
        for at in found.by_size.tolist()[:SHOWN]
    ]


def changed_circles(before: State, after: State) -> list[dict[str, Any]]:
    """Circles that keep their id but whose tags are others; what they gained and lost most."""
    moved = aligned(before.signatures, before.tags, after.tags)
    rows = []
    for circle in sorted({*before.circle_ids} & {*after.circle_ids}):
        was = moved[[before.circle_ids.index(circle)]]
        now = after.signatures[[after.circle_ids.index(circle)]]
        likeness = float(cosine(was, now)[0, 0])
        if likeness < CHANGED:
            change = np.asarray((now - was).todense()).ravel()
            order = np.argsort(change, kind="stable")
            rows.append(
                {
                    "circle_id": circle,
                    "cosine": round(likeness, 3),
                    "gained": [after.tags[at] for at in order[::-1][:3] if change[at] > 0],
                    "lost": [after.tags[at] for at in order[:3] if change[at] < 0],
                }
            )
    return rows


def on(names: Sequence[str], own: Sequence[str], counts: IntArray) -> IntArray:
    """Counts by name in the order of `names`, 0 for what is not there."""
    by_name = dict(zip(own, counts.tolist(), strict=True))
    return np.array([by_name.get(name, 0) for name in names], dtype=np.int64)
