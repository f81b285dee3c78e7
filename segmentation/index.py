"""The read side: one snapshot mapped into memory, and what it answers."""

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from segmentation.answers import Answers, Row, Vocabulary
from segmentation.audience import Audience, AudienceIndex
from segmentation.billionths import WHOLE
from segmentation.bitmaps import NOBODY, Places
from segmentation.config import FACETS, ChannelsConfig
from segmentation.erased import SCRUBBED, Erased
from segmentation.errors import NotFound, StoreDamaged
from segmentation.guard import Guard
from segmentation.layout import NONE
from segmentation.manifest import read_json, read_manifest
from segmentation.overlay import HandSets, Overlay, overlay_of
from segmentation.packed import Packed
from segmentation.placing import READING, Placer
from segmentation.registry import Registry, Strings
from segmentation.resonance import FOLDER as SHARELOG
from segmentation.resonance import ContentResonance

if TYPE_CHECKING:
    from segmentation.appeal import Appeal
    from segmentation.carriers import Carriers

DOCUMENTS = ("circles", "flywheel", "policy", "report")


class Found(NamedTuple):
    """Users that are known, in the order asked for, and the ids that are not."""

    users: list[Row]
    missing: list[str]


class Standing(NamedTuple):
    """A user's tier and why, and their place in the snapshot's own order."""

    row: int
    user_id: str
    tier: str
    score: float | None
    reason_codes: list[str]


class Snapshot:
    """One run's answers. Opening maps files and reads little; nothing is ever written here.

    Whoever was erased since is in no answer; `circles` and other aggregates stay as they were.
    Tiers set by hand since are laid over by `seen_with`.
    Times are given as UTC text such as `2026-11-01T02:00:00Z`, what is not known as None.
    """

    _under: "Snapshot | None" = None
    overlay = Overlay()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: Row = read_manifest(folder)
        self.run_id: str = self.manifest["run_id"]
        self._documents = {name: read_json(folder / f"{name}.json") for name in DOCUMENTS}
        self._circles: list[Row] = with_children(self._documents["circles"]["circles"])
        self._tier_policies: list[Row] = self._documents["policy"]["tiers"]
        self._places = {row["circle_id"]: place for place, row in enumerate(self._circles)}
        index = folder / "index"
        self._packed = Packed(index)
        self._vocabulary = self._read_vocabulary(index)
        self._answers = Answers(self._vocabulary, self._packed)
        self._registry = Registry.open(index)
        self._changed = Strings.open(index, "change")
        self.guard = Guard(self.manifest)
        self.erased = Erased(index)
        self.audiences = AudienceIndex(
            index,
            self._registry,
            tiers=self._vocabulary.tiers,
            erased=self.erased,
            scales=self._vocabulary.scales,
        )

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Map the snapshot in a folder.

        Raises
        ------
        StoreDamaged
            When one of its files is missing or cannot be read.
        """
        try:
            return cls(folder)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise StoreDamaged(
                f"`{folder}` cannot be opened: {error}. Roll back, or make this run again."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the mapped files; the snapshot must not be asked again."""
        self._packed.close()
        del self._registry, self._changed, self.audiences

    def seen_with(self, hand: HandSets) -> "Snapshot":
        """This run with tiers set by hand laid over; the run as it is where none counts."""
        plain = self.as_published
        overlay = overlay_of(
            hand, row_of=plain.row_of, told=plain._told_tier, tiers=self._vocabulary.tiers
        )
        if not overlay.seq:
            return plain
        seen = copy(plain)
        seen._under, seen.overlay = plain, overlay
        seen.audiences = plain.audiences.with_tiers(overlay)
        return seen

    @property
    def as_published(self) -> "Snapshot":
        """The run as it went live, whatever was set by hand since."""
        return self if self._under is None else self._under

    @property
    def version(self) -> str:
        """What names all that is answered here: the run, and the place of what was set by hand."""
        return f"{self.run_id}.{self.overlay.seq}" if self.overlay.seq else self.run_id

    @property
    def n_users(self) -> int:
        """How many people the snapshot knows."""
        return len(self._registry.ids)

    @property
    def tier_change_count(self) -> int:
        """How many people changed tier in this run."""
        return len(self._changed)

    def circles(self, facet: str | None = None) -> list[Row]:
        """All circles, or those of one facet: by facet, the largest first.

        Parents stand among them; `children` names the circles a parent is made of.
        """
        return [dict(row) for row in self._circles if facet in (None, row["facet"])]

    def circle(self, circle_id: str) -> Row:
        """One circle's row."""
        return dict(self._circles[self._place(circle_id)])

    def crosstab(self) -> list[Row]:
        """Interest and lifestyle circles that go together, or apart, surely; surest first."""
        return [dict(row) for row in self._documents["circles"].get("crosstab", ())]

    def lineage(self, circle_id: str) -> list[Row]:
        """What this run did to a circle, retired ones included."""
        every: list[Row] = self._documents["circles"]["lineage"]
        rows = [dict(row) for row in every if row["circle_id"] == circle_id]
        if not rows:
            self._place(circle_id)
        return rows

    def member_count(self, circle_id: str) -> int:
        """How many members a circle has."""
        count = self._packed.count("circle", self._place(circle_id))
        return count - self.audiences.erased_in("circle", circle_id)

    def members(self, circle_id: str, *, offset: int = 0, limit: int = 100) -> list[Row]:
        """A circle's members, the strongest first."""
        held = self._packed.members(self._place(circle_id), offset=offset, limit=limit)
        ids, gone = self._registry.ids, self.erased.rows
        return [
            {"user_id": ids[row], "strength": strength / WHOLE, "rank": rank}
            for row, strength, rank in held
            if row not in gone
        ]

    def member_rows(self, circle_id: str) -> npt.NDArray[np.int64]:
        """The rows of a circle's members, ascending."""
        return self._packed.member_rows(self._place(circle_id))

    def strengths(self, circle_id: str, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """How strongly a circle holds each of some of its members."""
        return self._packed.strengths(self._place(circle_id), rows)

    def row_of(self, user_id: str) -> int:
        """The row of a user; -1 when nobody has the id."""
        return self._registry.find(user_id)

    def user(self, user_id: str) -> Row:
        """Everything known of a user."""
        return self._describe(self._row(user_id), user_id)

    def users(self, user_ids: Iterable[str]) -> Found:
        """Everything known of some users, and which of them are not known."""
        rows = {user_id: self._registry.find(user_id) for user_id in user_ids}
        found = [self._describe(row, user_id) for user_id, row in rows.items() if row != NONE]
        return Found(found, [user_id for user_id, row in rows.items() if row == NONE])

    def audience(self, text: str, *, hidden: Places = NOBODY) -> Audience:
        """Those of whom a filter is true, but the hidden; raises `FilterError`."""
        return self.audiences.audience(text, hidden=hidden)

    @cached_property
    def placer(self) -> Placer:
        """What places people by their tags, as the run did."""
        if self._under is not None:
            return self._under.placer
        return Placer(self.folder / "models", {row["circle_id"]: row for row in self._circles})

    @cached_property
    def resonance(self) -> ContentResonance:
        """What says how contents resonate with the circles, as the run learned it."""
        if self._under is not None:
            return self._under.resonance
        circles = {row["circle_id"]: row for row in self._circles}
        try:
            return ContentResonance(self.folder / SHARELOG, circles)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise StoreDamaged(
                f"`{self.folder / SHARELOG}` cannot be read: {error}. Make this run again."
            ) from error

    @cached_property
    def carriers(self) -> "Carriers":
        """Who carries its circles outward."""
        if self._under is not None:
            return self._under.carriers
        from segmentation.carriers import Carriers  # it imports this file

        return Carriers(self)

    @cached_property
    def appeal(self) -> "Appeal":
        """What says how likely everybody is to share one content."""
        from segmentation.appeal import Appeal  # it imports this file

        return Appeal(self)

    @cached_property
    def money(self) -> tuple[str, ...]:
        """The channels whose events may have a negative value."""
        path = self.folder / "models" / READING
        told = read_json(path) if path.exists() else {}
        return tuple(told.get("money", ChannelsConfig().money))

    def explanation(self, user_id: str) -> list[Row]:
        """Why a user is in their circles, tag by tag, and what would change it; by facet."""
        row = self._row(user_id)
        return [self.placer.facet(name).explained(row) for name in FACETS]

    def tiers(self) -> list[Row]:
        """The policy's tiers, lowest first, each with how many people hold it as `members`."""
        return [
            {**tier, "members": self.assignment_count(tier["name"])} for tier in self._tier_policies
        ]

    def assignment_count(self, tier: str | None = None) -> int:
        """How many people hold a tier, or any."""
        named = self._named_tiers(tier)
        return sum(self._holders(name) - self.audiences.erased_in("tier", name) for name in named)

    def assignments(
        self, *, tier: str | None = None, offset: int = 0, limit: int = 100
    ) -> list[Row]:
        """Who holds a tier, or any, and why: by tier, lowest first, then by user id."""
        rows: list[int] = []
        for name in self._named_tiers(tier):
            given = self._packed.holders(self._vocabulary.tiers.index(name))
            rows += self.overlay.window(name, given, offset, limit - len(rows))
            offset = max(0, offset - self._holders(name))
        ids, gone = self._registry.ids, self.erased.rows
        return [
            {"user_id": ids[row], **told}
            for row in rows
            if row not in gone and (told := self._told_tier(row)) is not None
        ]

    def tier_of(self, user_id: str) -> Row | None:
        """The tier of a user and why; None for nobody's and nobody."""
        row = self._registry.find(user_id)
        return None if row == NONE else self._told_tier(row)

    def told_by_hand(self) -> Iterator[tuple[str, Row]]:
        """The users whose tier is told otherwise than by the run, and how."""
        return ((self._registry.ids[row], told) for row, told in self.overlay.tiers.items())

    def standings(self) -> Iterator[Standing]:
        """The tier of everyone who holds one, by user id."""
        for row in range(self.n_users):
            held = self._told_tier(row)
            if held is not None and row not in self.erased.rows:
                user_id = self._registry.ids[row]
                yield Standing(row, user_id, held["tier"], held["score"], held["reason_codes"])

    def tier_changes(self, *, offset: int = 0, limit: int = 100) -> list[Row]:
        """Who changed tier in this run, from which to which, and why; the earliest first."""
        stop = min(offset + limit, len(self._changed))
        rows = (self._answers.change(place, self._changed[place]) for place in range(offset, stop))
        return [row for row in rows if not row["user_id"].startswith(SCRUBBED)]

    def flywheel(self) -> Row:
        """Stages, speed, friction and weight."""
        return self._documents["flywheel"]

    def report(self) -> Row:
        """What the run says of itself."""
        return self._documents["report"]

    def _read_vocabulary(self, index: Path) -> Vocabulary:
        return Vocabulary(
            **read_json(index / "vocabulary.json"),
            benefits=[tier["benefits"] for tier in self._tier_policies],
            circles=[
                {name: row[name] for name in ("circle_id", "facet", "name")}
                for row in self._circles
            ],
        )

    def _row(self, user_id: str) -> int:
        row = self._registry.find(user_id)
        if row == NONE:
            raise NotFound.of("user", user_id)
        return row

    def _place(self, circle_id: str) -> int:
        if circle_id not in self._places:
            raise NotFound.of("circle", circle_id)
        return self._places[circle_id]

    def _named_tiers(self, tier: str | None) -> Sequence[str]:
        """One tier of the policy, or all of them, lowest first."""
        if tier is None:
            return self._vocabulary.tiers
        if tier not in self._vocabulary.tiers:
            raise NotFound.of("tier", tier)
        return [tier]

    def _holders(self, tier: str) -> int:
        """How many rows hold a tier, those of the erased among them."""
        held = self._packed.count("tier", self._vocabulary.tiers.index(tier))
        return held + self.overlay.gain(tier)

    def _told_tier(self, row: int) -> Row | None:
        """The tier of a row and why: as set by hand since, or as the run gave it."""
        if (told := self.overlay.tiers.get(row)) is not None:
            return told
        return self._answers.tier(row)

    def _describe(self, row: int, user_id: str) -> Row:
        known = self._answers.user(row, user_id)
        if (told := self.overlay.tiers.get(row)) is not None:
            known["tier"] = self._answers.with_benefits(told)
        known.update(self.audiences.consent(row))
        return known


def with_children(circles: list[Row]) -> list[Row]:
    """The circles' rows, each with the ids of the circles it is the parent of, largest first."""
    children: dict[str, list[str]] = {row["circle_id"]: [] for row in circles}
    for row in circles:
        if row["parent_id"] is not None:
            children[row["parent_id"]].append(row["circle_id"])
    return [{**row, "children": children[row["circle_id"]]} for row in circles]
