"""Audiences: filters answered from a snapshot's bitmaps and columns by one evaluator."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import partial
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from pyroaring import FrozenBitMap

from models.lifecycle import STAGES
from segmentation.amounts import AS_IT_IS
from segmentation.arrays import map_array
from segmentation.bitmaps import NOBODY, Amended, Bitmaps, Key, Places, array_of, bitmap_of
from segmentation.conditions import MEASURES, Condition, Selector, bind, cut, union, without
from segmentation.erased import Erased
from segmentation.filter_tree import (
    And,
    Node,
    Not,
    Or,
    Restriction,
    conditions,
    kind_of,
    parts_of,
    written,
)
from segmentation.filters import parse
from segmentation.layout import NONE
from segmentation.overlay import Overlay
from segmentation.ranges import FloatArray, Measure, Span, marks_of
from segmentation.refusals import Refusals
from segmentation.registry import Registry

FOLDER = "audience"


class AudienceIndex:
    """What audiences are asked from: mapped bitmaps and orders of one snapshot.

    A place is a user's rank by primary interest circle and share propensity; a row, by user id.
    """

    def __init__(
        self,
        index: Path,
        registry: Registry,
        *,
        tiers: Sequence[str],
        erased: Erased,
        scales: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        folder = index / FOLDER
        self._erased = erased
        self._gone: tuple[Places, Places] = (NOBODY, NOBODY)
        self.rows: npt.NDArray[np.int32] = load(folder / "rows.npy")
        self.places: npt.NDArray[np.int32] = load(folder / "places.npy")
        self._saved = saved = Bitmaps(folder)
        self.bitmaps: Bitmaps | Amended = saved
        self.registry = registry
        self.ranks: Mapping[str, Sequence[str]] = {"tier": tiers, "stage": STAGES}
        people = load(index / "users.npy")
        self.measures = {
            name: self._measure(folder, name, people[name], scales.get(name, AS_IT_IS))
            for name in MEASURES
        }
        self._refusals = Refusals(
            {purpose: saved.get("refused", purpose) for purpose in saved.words("refused")}
        )
        self.everyone = FrozenBitMap(range(len(self.rows)))

    def audience(self, text: str, *, hidden: Places = NOBODY) -> "Audience":
        """Read a filter and bind it to this snapshot; whoever is hidden is in no audience.

        Raises
        ------
        FilterError
            When the filter cannot be read, or names what the snapshot does not have.
        """
        tree = parse(text)
        bound = {id(each): bind(self, each) for each in conditions(tree)}
        return Audience(self, tree, bound, self.everyone - hidden - self.erased())

    def erased(self) -> Places:
        """The places of those who were erased."""
        rows = self._erased.rows
        if rows is not self._gone[0]:
            self._gone = rows, bitmap_of(self.places[array_of(rows)])
        return self._gone[1]

    def erased_in(self, *key: str) -> int:
        """How many of the people under a key were erased."""
        gone = self.erased()
        return self.bitmaps.get(*key).intersection_cardinality(gone) if gone else 0

    def refusing(self, purpose: str) -> Places:
        """Those who refused a purpose, or every purpose without allowing this one since."""
        return self._refusals.of(purpose)

    def refusing_throughout(self, purpose: str) -> Places:
        """Those refusing a purpose who decided nothing about it since the run."""
        return self._refusals.throughout(purpose)

    def amend(self, decisions: Iterable[tuple[str, str, bool]]) -> None:
        """Let later decisions (user, purpose, granted) win over those the run knew of."""
        self._refusals.amend(decisions, place_of=self._place_of)

    def consent(self, row: int) -> dict[str, list[str]]:
        """Which purposes a user refuses, and for which of the others they may be asked."""
        return self._refusals.told(int(self.places[row]))

    def with_tiers(self, overlay: Overlay) -> Self:
        """The same people, some of them in other tiers; what they decide later reaches both."""
        seen = copy(self)
        amended: dict[Key, Places] = {}
        for tier in self.ranks["tier"]:
            if overlay.moves(tier):
                came, went = (
                    bitmap_of(self.places[np.array(rows, dtype=np.int64)])
                    for rows in (overlay.came.get(tier, ()), overlay.went.get(tier, ()))
                )
                amended["tier", tier] = (self._saved.get("tier", tier) - went) | came
        seen.bitmaps = Amended(self._saved, amended)
        return seen

    def id_at(self, row: int) -> bytes:
        """The id at a row; of an erased one, that of the last row before that is not."""
        gone, ids = self._erased.rows, self.registry.ids
        while row in gone:
            row -= 1
        return bytes(ids.text[ids.ends[row] : ids.ends[row + 1]]) if row >= 0 else b""

    def ids(self, places: Places) -> Iterator[str]:
        """The user ids at some places, in the order of places."""
        ids = self.registry.ids
        return (ids[row] for row in self.rows[array_of(places)])

    def _place_of(self, user_id: str) -> int | None:
        row = self.registry.find(user_id)
        return None if row == NONE else int(self.places[row])

    def _measure(self, folder: Path, name: str, values: FloatArray, scale: int) -> Measure:
        order = load(folder / f"{name}_order.npy")
        marks = marks_of(len(order))
        return Measure(name, values, self.rows, order, marks, self._saved, scale)


class Audience:
    """Those of whom a filter is true, in one snapshot."""

    def __init__(
        self, index: AudienceIndex, tree: Node, bound: Mapping[int, Condition], within: Places
    ) -> None:
        self._bound = bound
        self.index = index
        self.tree = tree
        self.within = within
        self.places = self.find(tree)

    def __len__(self) -> int:
        return len(self.places)

    def ids(self, *, offset: int = 0, limit: int | None = None) -> Iterator[str]:
        """User ids by primary interest circle, the likeliest to share first."""
        stop = len(self.places) if limit is None else offset + limit
        return self.index.ids(self.places[offset:stop])

    def find(self, node: Node) -> Places:
        """Those of whom a tree of this filter's conditions is true."""
        return self._find(node, self.within)

    def rank(self, place: int) -> int:
        """How many of them are at a lower place."""
        return self.places.rank(place - 1) if place else 0

    def explain(self, count: Callable[[Node], int | None] | None = None) -> dict[str, Any]:
        """The tree of the filter with how many people each of its parts holds by itself.

        `count` says how many are told of for a part; by itself, all.
        """
        return self._explained(self.tree, count or (lambda node: len(self.find(node))))

    def uses(self, field: str) -> bool:
        """Whether a condition is on a field."""
        return any(each.name == field for each in conditions(self.tree))

    def _find(self, node: Node, within: Places) -> Places:
        """Those within of whom a part is true; in a conjunction the rarest part narrows first."""
        match node:
            case Restriction():
                return self._bound[id(node)].select(within)
            case Not(part):
                sets = self._sets(part)
                return within - self._find(part, within) if sets is None else without(within, sets)
            case Or(parts):
                return self._find_any(parts, within)
            case And(parts):
                return self._find_all(parts, within)

    def _find_all(self, parts: Sequence[Node], within: Places) -> Places:
        """Those within of whom every part is true; bounds of one measure are taken as one.

        Sets come first: what is cut with them stays dense, and dense sets are cut ten times as
        fast as the sparse ones that remain.
        """
        steps: list[tuple[bool, int, Selector]] = []
        spans: dict[str, Span] = {}
        for part in parts:
            if (span := self._span(part)) is None:
                is_ready = self._sets(part.part if isinstance(part, Not) else part) is not None
                steps.append((not is_ready, self._size(part), partial(self._find, part)))
            else:
                name = span.measure.name
                spans[name] = span & spans[name] if name in spans else span
        steps += [(True, len(span), span.select) for span in spans.values()]
        for *_, select in sorted(steps, key=itemgetter(0, 1)):
            within = select(within)
        return within

    def _find_any(self, parts: Sequence[Node], within: Places) -> Places:
        """Those within of whom any part is true; whole sets are taken at once."""
        sets: list[Places] = []
        found: list[Places] = []
        for part in parts:
            whole = self._sets(part)
            if whole is None:
                found.append(self._find(part, within))
            else:
                sets += whole
        return union([*found, cut(within, sets)]) if sets else union(found)

    def _sets(self, node: Node) -> tuple[Places, ...] | None:
        """The sets a part is the union of, None where it is no such thing."""
        return self._bound[id(node)].sets if isinstance(node, Restriction) else None

    def _span(self, node: Node) -> Span | None:
        """What a part spans of a measure, None where it is no such thing."""
        return self._bound[id(node)].span if isinstance(node, Restriction) else None

    def _size(self, node: Node) -> int:
        """About how many people a part holds, told without looking at anyone."""
        match node:
            case Restriction():
                return self._bound[id(node)].size
            case Not(part):
                return len(self.within) - self._size(part)
            case Or(parts):
                return sum(self._size(part) for part in parts)
            case And(parts):
                return min((self._size(part) for part in parts), default=len(self.within))

    def _explained(self, node: Node, count: Callable[[Node], int | None]) -> dict[str, Any]:
        return {
            "kind": kind_of(node),
            "text": written(node),
            "count": count(node),
            "parts": [self._explained(part, count) for part in parts_of(node)],
        }


def load(path: Path) -> npt.NDArray[Any]:
    """Map a saved array."""
    # A plain view: numpy's class for mapped files makes each access slower.
    return np.asarray(map_array(path))
