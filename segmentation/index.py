"""The read side: one snapshot mapped into memory, and what it answers."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeAlias

from segmentation.errors import NotFound, StoreDamaged
from segmentation.layout import (
    CHANGE_STRUCT,
    NO_TIME,
    NONE,
    USER_STRUCT,
    ChangeRecord,
    UserRecord,
)
from segmentation.manifest import read_json, read_manifest
from segmentation.registry import Registry, Strings, mapped

Row: TypeAlias = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAPPED = (
    "users",
    "changes",
    "membership_ends",
    "membership_circle",
    "membership_strength",
    "membership_rank",
    "circle_ends",
    "circle_users",
    "circle_memberships",
    "tier_ends",
    "tier_users",
)


class Found(NamedTuple):
    """Users that are known, in the order asked for, and the ids that are not."""

    users: list[Row]
    missing: list[str]


class Snapshot:
    """One run's answers. Opening maps files and reads little; nothing is ever written.

    Times are given as UTC text such as `2026-11-01T02:00:00Z`, what is not known as None.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: Row = read_manifest(folder)
        self.run_id: str = self.manifest["run_id"]
        self._vocabulary: Row = read_json(folder / "index" / "vocabulary.json")
        self._documents: dict[str, Row] = {
            name: read_json(folder / f"{name}.json")
            for name in ("circles", "flywheel", "policy", "report")
        }
        self._circles: list[Row] = self._documents["circles"]["circles"]
        self._places = {row["circle_id"]: place for place, row in enumerate(self._circles)}
        self._labels = [
            {name: row[name] for name in ("circle_id", "facet", "name")} for row in self._circles
        ]
        self._benefits: list[list[Row]] = [tier["benefits"] for tier in self._tier_policies()]
        self._map(folder / "index")

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
        except (OSError, KeyError, ValueError) as error:
            raise StoreDamaged(f"`{folder}` cannot be opened: {error}. Verify the run.") from error

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
        self._maps.clear()
        del self._ids, self._changed

    @property
    def n_users(self) -> int:
        """How many people the snapshot knows."""
        return len(self._ids.ids)

    @property
    def tier_change_count(self) -> int:
        """How many people changed tier in this run."""
        return len(self._changed)

    def circles(self, facet: str | None = None) -> list[Row]:
        """All circles, or those of one facet: by facet, the largest first."""
        return [dict(row) for row in self._circles if facet in (None, row["facet"])]

    def circle(self, circle_id: str) -> Row:
        """One circle's row."""
        return dict(self._circles[self._place(circle_id)])

    def lineage(self, circle_id: str) -> list[Row]:
        """What this run did to a circle, retired ones included."""
        rows = [
            row for row in self._documents["circles"]["lineage"] if row["circle_id"] == circle_id
        ]
        if not rows:
            self._place(circle_id)
        return rows

    def member_count(self, circle_id: str) -> int:
        """How many members a circle has."""
        place = self._place(circle_id)
        ends = self._maps["circle_ends"]
        return int(ends[place + 1] - ends[place])

    def members(self, circle_id: str, *, offset: int = 0, limit: int = 100) -> list[Row]:
        """A circle's members, the strongest first."""
        where = self._window("circle", self._place(circle_id), offset, limit)
        maps, ids = self._maps, self._ids.ids
        strengths, ranks = maps["membership_strength"], maps["membership_rank"]
        return [
            {"user_id": ids[row], "strength": strengths[at], "rank": ranks[at]}
            for row, at in zip(
                maps["circle_users"][where], maps["circle_memberships"][where], strict=True
            )
        ]

    def user(self, user_id: str) -> Row:
        """Everything known of a user."""
        row = self._ids.find(user_id)
        if row == NONE:
            raise NotFound.of("user", user_id)
        return self._describe(row, user_id)

    def users(self, user_ids: Iterable[str]) -> Found:
        """Everything known of some users, and which of them are not known."""
        found: list[Row] = []
        missing: list[str] = []
        for user_id in user_ids:
            row = self._ids.find(user_id)
            if row == NONE:
                missing.append(user_id)
            else:
                found.append(self._describe(row, user_id))
        return Found(found, missing)

    def tiers(self) -> list[Row]:
        """The policy's tiers, lowest first, each with how many people hold it as `members`."""
        return [
            {**tier, "members": self.assignment_count(tier["name"])}
            for tier in self._tier_policies()
        ]

    def assignment_count(self, tier: str | None = None) -> int:
        """How many people hold a tier, or any."""
        ends = self._maps["tier_ends"]
        if tier is None:
            return int(ends[-1])
        place = self._tier_place(tier)
        return int(ends[place + 1] - ends[place])

    def assignments(
        self, *, tier: str | None = None, offset: int = 0, limit: int = 100
    ) -> list[Row]:
        """Who holds a tier, or any, and why: by tier, lowest first, then by user id."""
        place = None if tier is None else self._tier_place(tier)
        rows = self._maps["tier_users"][self._window("tier", place, offset, limit)]
        return [{"user_id": self._ids.ids[row], **self._tier(self._record(row))} for row in rows]

    def tier_changes(self, *, offset: int = 0, limit: int = 100) -> list[Row]:
        """Who changed tier in this run, from which to which, and why."""
        stop = min(offset + limit, len(self._changed))
        return [self._change(place) for place in range(offset, stop)]

    def flywheel(self) -> Row:
        """Stages, speed, friction and weight."""
        return self._documents["flywheel"]

    def report(self) -> Row:
        """What the run says of itself."""
        return self._documents["report"]

    def _map(self, folder: Path) -> None:
        self._maps = {name: mapped(folder / f"{name}.npy") for name in MAPPED}
        self._ids = Registry.open(folder)
        self._changed = Strings.open(folder, "change")

    def _tier_policies(self) -> list[Row]:
        tiers: list[Row] = self._documents["policy"]["tiers"]
        return tiers

    def _place(self, circle_id: str) -> int:
        if circle_id not in self._places:
            raise NotFound.of("circle", circle_id)
        return self._places[circle_id]

    def _tier_place(self, tier: str) -> int:
        tiers: Sequence[str] = self._vocabulary["tiers"]
        if tier not in tiers:
            raise NotFound.of("tier", tier)
        return tiers.index(tier)

    def _window(self, group: str, place: int | None, offset: int, limit: int) -> slice:
        ends = self._maps[f"{group}_ends"]
        first, last = (0, ends[-1]) if place is None else (ends[place], ends[place + 1])
        start = min(first + offset, last)
        return slice(start, min(start + limit, last))

    def _record(self, row: int) -> UserRecord:
        return UserRecord._make(
            USER_STRUCT.unpack_from(self._maps["users"], row * USER_STRUCT.size)
        )

    def _describe(self, row: int, user_id: str) -> Row:
        record, reasons = self._record(row), self._vocabulary["reasons"]
        return {
            "user_id": user_id,
            "circles": self._memberships(row),
            "reasons": {
                "interest": _word(reasons, record.interest_reason),
                "lifestyle": _word(reasons, record.lifestyle_reason),
            },
            "share_propensity": {
                "estimate": _known(record.share_propensity),
                "low": _known(record.share_low),
                "high": _known(record.share_high),
            },
            "social_currency": _known(record.social_currency),
            "influence": _known(record.influence),
            "value": _known(record.value),
            "stickiness": _known(record.stickiness),
            "tier": self._tier_with_benefits(record),
            "lifecycle": self._lifecycle(record),
        }

    def _memberships(self, row: int) -> list[Row]:
        maps = self._maps
        ends, places = maps["membership_ends"], maps["membership_circle"]
        strengths, ranks = maps["membership_strength"], maps["membership_rank"]
        return [
            {**self._labels[places[at]], "strength": strengths[at], "rank": ranks[at]}
            for at in range(ends[row], ends[row + 1])
        ]

    def _tier_with_benefits(self, record: UserRecord) -> Row | None:
        if record.tier == NONE:
            return None
        return {**self._tier(record), "benefits": self._benefits[record.tier]}

    def _tier(self, record: UserRecord) -> Row:
        return {
            "tier": self._vocabulary["tiers"][record.tier],
            "score": _known(record.score),
            "reason_codes": self._vocabulary["reason_codes"][record.reason_codes],
            "since": _time(record.tier_since),
            "review_after": _time(record.review_after),
        }

    def _lifecycle(self, record: UserRecord) -> Row:
        stages = self._vocabulary["stages"]
        return {
            "stage": _word(stages, record.stage),
            "previous_stage": _word(stages, record.previous_stage),
            "since": _time(record.stage_since),
        }

    def _change(self, place: int) -> Row:
        words = self._vocabulary
        packed = CHANGE_STRUCT.unpack_from(self._maps["changes"], place * CHANGE_STRUCT.size)
        change = ChangeRecord._make(packed)
        return {
            "user_id": self._changed[place],
            "before": _word(words["tiers"], change.before),
            "after": _word(words["tiers"], change.after),
            "reason_codes": words["reason_codes"][change.reason_codes],
            "policy_version": words["policy_versions"][change.policy_version],
            "at": _time(change.at),
        }


def _word(words: Sequence[str], place: int) -> str | None:
    return None if place == NONE else words[place]


def _known(value: float) -> float | None:
    return value if value == value else None


def _time(microseconds: int) -> str | None:
    if microseconds == NO_TIME:
        return None
    return (EPOCH + timedelta(microseconds=microseconds)).isoformat()[:-6] + "Z"
