"""Permanent circle ids: which circle of this run goes on from which of the run before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from models.distinction import Mark, tag_marks
from models.lineage import UNKNOWN, Event, Presence, match_circles
from models.naming import circle_names, says_denied
from segmentation.circling import FacetCircles
from segmentation.config import Facet
from segmentation.memory import Memory, aligned
from segmentation.store import Store
from segmentation.tables import empty
from segmentation.tags import FacetMatrix

IntArray = npt.NDArray[np.int64]
SHOWN = 12
"""Distinctive tags listed for a circle."""


@dataclass(frozen=True)
class Identity:
    """Who the circles of a facet are, in the model's order, and how they came to be.

    `own_names` are the names they have but for those given by hand.
    `lineage` holds rows of the table of that name, those of earlier runs first.
    """

    circle_ids: list[str]
    names: list[str]
    own_names: list[str]
    top_tags: list[list[dict[str, Any]]]
    first_run: list[str]
    next_number: int
    lineage: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """The identity as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Earlier:
    """The same facet in the run before; without one, nothing.

    `people` are all the users that run knew; `signatures` are circles x `tags`; `members` is a
    table of the people whose primary circle each was; `parents` are the circles one level up.
    """

    people: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))
    circles: list[dict[str, Any]] = field(default_factory=list)
    members: pa.Table = field(default_factory=lambda: empty("members"))
    signatures: sparse.csr_array = field(default_factory=lambda: sparse.csr_array((0, 0)))
    tags: list[str] = field(default_factory=list)
    lineage: list[dict[str, Any]] = field(default_factory=list)
    next_number: int = 1
    parents: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, store: Store, run_id: str | None, facet: Facet) -> Self:
        """Read the facet of a run; its numbers go on after those of every run in the store."""
        next_number = first_free(store, facet)
        if run_id is None:
            return cls(next_number=next_number)
        memory = Memory.of(store, run_id, facet)
        order = {circle: row for row, circle in enumerate(memory.circle_ids)}
        rows = rows_of(store.table(run_id, "circles"), facet)
        own = dict(zip(memory.circle_ids, memory.own_names, strict=False))
        circles = [
            row | {"name": own.get(row["circle_id"], row["name"])}
            for row in rows
            if row["circle_id"] in order
        ]
        members = store.table(run_id, "members")
        primary = pc.and_(pc.equal(members["facet"], facet), pc.equal(members["rank"], 1))
        return cls(
            people=store.table(run_id, "users")["user_id"].combine_chunks(),
            circles=sorted(circles, key=lambda row: order[row["circle_id"]]),
            members=members.filter(primary),
            signatures=memory.signatures,
            tags=memory.tags,
            lineage=rows_of(store.table(run_id, "lineage"), facet),
            next_number=next_number,
            parents=[row for row in rows if row["circle_id"] not in order],
        )

    @property
    def circle_ids(self) -> list[str]:
        """The ids of the circles, in the order of their signatures."""
        return [row["circle_id"] for row in self.circles]

    def labels(self, user_ids: pa.Array) -> IntArray:
        """Each person's primary circle then; -1 for none, -2 for people not known then."""
        at = pc.index_in(user_ids, self.members["user_id"])
        numbers = pc.index_in(
            self.members["circle_id"].take(at), pa.array(self.circle_ids, pa.string())
        )
        labels = numbers.fill_null(-1).to_numpy().astype(np.int64)
        known = pc.is_in(user_ids, self.people).to_numpy(zero_copy_only=False)
        return np.where(known, labels, UNKNOWN)


def identify(
    found: FacetCircles,
    matrix: FacetMatrix,
    *,
    facet: Facet,
    user_ids: Sequence[str],
    earlier: Earlier,
    run_id: str,
    denied: Sequence[str],
    reserved: Collection[str] = (),
    given: Mapping[str, str] | None = None,
    about: Presence | None = None,
    ended: Collection[str] = (),
) -> Identity:
    """Give every circle its id: the one it had, or a number never used before.

    No new name is one of `reserved`. `given` are the names people gave, by id. `about` says of
    `user_ids` who was about before each of the two runs. No circle goes on with an id of `ended`.
    """
    signatures = found.model.signatures.to_csr()
    before, after = everybody(earlier, user_ids, found.labels)
    lineage = match_circles(
        before,
        after,
        profiles_before=aligned(earlier.signatures, earlier.tags, matrix.tags),
        profiles_after=signatures,
        held=held_ids(found.keys, earlier),
        about=with_the_gone(about, len(before)),
        ended=[row for row, circle in enumerate(earlier.circle_ids) if circle in ended],
    )
    promised = promised_ids(found.keys, earlier)
    circle_ids, next_number = numbered(lineage.origins, earlier, facet, promised)
    kept = {
        circle: earlier.circles[origin]
        for circle, origin in enumerate(lineage.origins.tolist())
        if origin >= 0
    }
    marks = tag_marks(
        matrix.matrix,
        found.members,
        profiles=signatures,
        background=found.model.background,
        tags=matrix.tags,
        denied=denied,
    )
    by_hand = given or {}
    own_names = circle_names(
        marks,
        matrix.tags,
        denied=denied,
        taken=names_kept(kept, earlier.tags, denied),
        reserved=[*reserved, *by_hand.values()],
    )
    return Identity(
        circle_ids=circle_ids,
        names=[by_hand.get(*pair) for pair in zip(circle_ids, own_names, strict=True)],
        own_names=own_names,
        top_tags=[[shown(mark) for mark in row if mark.is_sure][:SHOWN] for row in marks],
        first_run=[
            kept[circle]["first_run"] if circle in kept else run_id
            for circle in range(len(circle_ids))
        ],
        next_number=next_number,
        lineage=earlier.lineage
        + [row_of(event, circle_ids, earlier, run_id, facet) for event in lineage.events],
    )


def first_free(store: Store, facet: Facet) -> int:
    """The first number no run has used, be it live, rolled back or never published."""
    return max((run["next_circle_numbers"].get(facet, 1) for run in store.runs()), default=1)


def names_kept(
    kept: Mapping[int, Mapping[str, Any]], tags: Sequence[str], denied: Sequence[str]
) -> dict[int, str]:
    """The names of circles that go on, but for those that say a tag denied since."""
    return {
        circle: row["name"]
        for circle, row in kept.items()
        if not says_denied(row["name"], tags, denied)
    }


def shown(mark: Mark) -> dict[str, Any]:
    """A distinctive tag as the circles table lists it."""
    return {
        "tag": mark.tag,
        "lift": mark.lift,
        "share": mark.share,
        "q_value": mark.q_value,
    }


def everybody(
    earlier: Earlier, user_ids: Sequence[str], labels: npt.NDArray[np.int32]
) -> tuple[IntArray, IntArray]:
    """The circles then and now of all the people of either run, those gone since at the end."""
    here = pa.array(user_ids, pa.string())
    gone = earlier.people.filter(pc.invert(pc.is_in(earlier.people, here)))
    now = np.concatenate([labels, np.full(len(gone), UNKNOWN)])
    return earlier.labels(pa.concat_arrays([here, gone])), now.astype(np.int64)


def with_the_gone(about: Presence | None, people: int) -> Presence | None:
    """Who was about of all the people of either run; who is gone since was about in neither."""
    if about is None:
        return None
    gone = np.zeros(people - len(about.before), dtype=bool)
    return Presence(*(np.concatenate([there, gone]) for there in (about.before, about.after)))


def held_ids(keys: Sequence[str], earlier: Earlier) -> dict[int, int]:
    """Which earlier circle goes on as which new one because people said so."""
    known = {circle_id: place for place, circle_id in enumerate(earlier.circle_ids)}
    return {circle: known[key] for circle, key in enumerate(keys) if key in known}


def promised_ids(keys: Sequence[str], earlier: Earlier) -> dict[int, str]:
    """Ids promised to circles that are new; one that was ever in use is never given again."""
    used = {row["circle_id"] for row in earlier.lineage} | set(earlier.circle_ids)
    return {circle: key for circle, key in enumerate(keys) if key and key not in used}


def numbered(
    origins: IntArray, earlier: Earlier, facet: Facet, promised: Mapping[int, str] | None = None
) -> tuple[list[str], int]:
    """The ids in the model's order, and the next number free."""
    promises = promised or {}
    beyond = [int(circle_id.rsplit("-", 1)[1]) + 1 for circle_id in promises.values()]
    ids, number = [], max([earlier.next_number, *beyond])
    for circle, origin in enumerate(origins.tolist()):
        if origin >= 0:
            ids.append(earlier.circle_ids[origin])
        elif circle in promises:
            ids.append(promises[circle])
        else:
            ids.append(f"{facet}-{number}")
            number += 1
    return ids, number


def row_of(
    event: Event, circle_ids: Sequence[str], earlier: Earlier, run_id: str, facet: Facet
) -> dict[str, Any]:
    """One row of the lineage table."""
    from_ids = [earlier.circle_ids[origin] for origin in event.origins]
    return {
        "run_id": run_id,
        "facet": facet,
        "circle_id": circle_ids[event.circle] if event.circle >= 0 else from_ids[0],
        "event": event.event,
        "from_ids": from_ids,
        "overlap": event.overlap,
    }


def rows_of(table: pa.Table, facet: Facet) -> list[dict[str, Any]]:
    """The rows of one facet."""
    rows: list[dict[str, Any]] = table.filter(pc.equal(table["facet"], facet)).to_pylist()
    return rows
