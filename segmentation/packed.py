"""The mapped columns of a snapshot's index: a record a user, a span a circle or tier."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from segmentation.arrays import map_array
from segmentation.billionths import to_shares
from segmentation.layout import (
    CHANGE_STRUCT,
    COURSE_STRUCT,
    STANDING_STRUCT,
    ChangeRecord,
    CourseRecord,
    StandingRecord,
    UserRecord,
    struct_of,
)
from segmentation.registry import mapped

COLUMNS = (
    "users",
    "standings",
    "courses",
    "changes",
    "membership_ends",
    "memberships",
    "circle_ends",
    "circle_users",
    "circle_memberships",
    "tier_ends",
    "tier_users",
)
Group: TypeAlias = Literal["circle", "tier"]


Membership: TypeAlias = tuple[int, int, int]
"""A user in a circle: the row of the one or the place of the other, how strong in billionths,
which rank."""
as_user = partial(tuple.__new__, UserRecord)  # twice as fast as `_make`, for every look-up


class Packed:
    """Users by their rows, circles and tiers by their places in a snapshot's own order.

    Opening maps the files and reads nothing.
    """

    def __init__(self, index: Path) -> None:
        self._columns = {name: mapped(index / f"{name}.npy") for name in COLUMNS}
        self._user = struct_of(map_array(index / "users.npy").dtype)
        self._kind = map_array(index / "memberships.npy").dtype
        self._membership = struct_of(self._kind)

    def close(self) -> None:
        """Let go of the files; nothing may be asked again."""
        self._columns.clear()

    def user(self, row: int) -> UserRecord:
        """What is known of a user."""
        record = self._user
        return as_user(record.unpack_from(self._columns["users"], row * record.size))

    def standing(self, place: int) -> StandingRecord:
        """A tier, why and since when, as one or many users hold it."""
        start = place * STANDING_STRUCT.size
        return StandingRecord._make(STANDING_STRUCT.unpack_from(self._columns["standings"], start))

    def course(self, place: int) -> CourseRecord:
        """A stage and since when, as one or many users are in it."""
        start = place * COURSE_STRUCT.size
        return CourseRecord._make(COURSE_STRUCT.unpack_from(self._columns["courses"], start))

    def change(self, place: int) -> ChangeRecord:
        """One change of tier."""
        start = place * CHANGE_STRUCT.size
        return ChangeRecord._make(CHANGE_STRUCT.unpack_from(self._columns["changes"], start))

    def memberships(self, row: int) -> Iterator[Membership]:
        """The circles of a user."""
        ends, size = self._columns["membership_ends"], self._membership.size
        held = self._columns["memberships"][ends[row] * size : ends[row + 1] * size]
        return self._membership.iter_unpack(held)

    def members(self, circle: int, *, offset: int, limit: int) -> Iterator[Membership]:
        """Some of the users of a circle, the strongest first."""
        rows, places = self._members(self._span("circle", circle)[offset : offset + limit])
        held, record = self._columns["memberships"], self._membership
        for row, at in zip(rows, places, strict=True):
            _, strength, rank = record.unpack_from(held, at * record.size)
            yield row, strength, rank

    def member_rows(self, circle: int) -> npt.NDArray[np.int64]:
        """The rows of all users of a circle, ascending."""
        rows, _ = self._members(self._span("circle", circle))
        return np.sort(np.asarray(rows)).astype(np.int64)

    def strengths(self, circle: int, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """How strongly a circle holds each of some of its users."""
        members, places = map(np.asarray, self._members(self._span("circle", circle)))
        order = np.argsort(members)
        at = places[order[np.searchsorted(members, rows, sorter=order)]]
        held = np.asarray(self._columns["memberships"]).view(self._kind)
        return to_shares(held["strength"][at])

    def holders(self, tier: int) -> Sequence[int]:
        """The rows of all who hold a tier, ascending."""
        span = self._span("tier", tier)
        rows: Sequence[int] = self._columns["tier_users"][span.start : span.stop]
        return rows

    def count(self, group: Group, place: int) -> int:
        """How many users a circle or tier has."""
        return len(self._span(group, place))

    def _members(self, span: range) -> tuple[memoryview, memoryview]:
        """The rows of a circle's users in a span, and where each membership lies."""
        columns, where = self._columns, slice(span.start, span.stop)
        return columns["circle_users"][where], columns["circle_memberships"][where]

    def _span(self, group: Group, place: int) -> range:
        """Where the entries of a circle or tier lie."""
        ends = self._columns[f"{group}_ends"]
        return range(ends[place], ends[place + 1])
