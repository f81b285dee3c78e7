"""The fixed-width records of a snapshot's index, as its writer and its reader both know them.

Times are UTC microseconds, `NO_TIME` for none; tiers, stages and the like are places in a
vocabulary, `NONE` for none.
"""

import struct
from typing import NamedTuple

import numpy as np

NONE = -1
NO_TIME = -(1 << 63)

_CODES = {
    "f8": "d", "i8": "q", "i4": "i", "u4": "I", "i2": "h", "u2": "H", "i1": "b", "u1": "B",
}  # fmt: skip


class UserRecord(NamedTuple):
    """What is known of one user; NaN, `UNKNOWN`, `NOTHING` and `NONE` stand for nothing known.

    Shares are in billionths, amounts in parts of the snapshot's scales or as they are; `standing`
    and `course` are places among those records, reasons places in a vocabulary.
    """

    share_propensity: int
    share_low: int
    share_high: int
    social_currency: int
    stickiness: int
    influence: int | float
    value: int | float
    score: int | float
    standing: int
    course: int
    interest_reason: int
    lifestyle_reason: int


class MembershipRecord(NamedTuple):
    """A circle of a user: its place, how strongly it holds them in billionths, and its rank."""

    circle: int
    strength: int
    rank: int


class StandingRecord(NamedTuple):
    """A tier, why it is held, since when and until when: many users have the same."""

    since: int
    review_after: int
    reason_codes: int
    tier: int


class CourseRecord(NamedTuple):
    """A stage of the lifecycle, the one before, and since when: many users have the same."""

    since: int
    stage: int
    previous_stage: int


class ChangeRecord(NamedTuple):
    """One change of tier: from which to which, why, by which policy and when."""

    at: int
    reason_codes: int
    policy_version: int
    before: int
    after: int


_USER = ("u4",) * 5 + ("f8",) * 3 + ("i4",) * 2 + ("i2",) * 2
_MEMBERSHIP = ("u2", "u4", "i1")
_STANDING = ("i8", "i8", "i4", "i2")
_COURSE = ("i8", "i2", "i2")
_CHANGE = ("i8", "i4", "i4", "i2", "i2")


def _dtype(names: tuple[str, ...], kinds: tuple[str, ...]) -> np.dtype[np.void]:
    return np.dtype([(name, f"<{kind}") for name, kind in zip(names, kinds, strict=True)])


def struct_of(dtype: np.dtype[np.void]) -> struct.Struct:
    """What reads one record, whose fields are as narrow as a snapshot's numbers let them be."""
    return _struct(tuple(dtype[name].str[1:] for name in dtype.names or ()))


def _struct(kinds: tuple[str, ...]) -> struct.Struct:
    return struct.Struct("<" + "".join(_CODES[kind] for kind in kinds))


USER_DTYPE = _dtype(UserRecord._fields, _USER)
MEMBERSHIP_DTYPE = _dtype(MembershipRecord._fields, _MEMBERSHIP)
"""At their widest; a snapshot's own say how wide they are."""
STANDING_DTYPE, STANDING_STRUCT = _dtype(StandingRecord._fields, _STANDING), _struct(_STANDING)
COURSE_DTYPE, COURSE_STRUCT = _dtype(CourseRecord._fields, _COURSE), _struct(_COURSE)
CHANGE_DTYPE, CHANGE_STRUCT = _dtype(ChangeRecord._fields, _CHANGE), _struct(_CHANGE)
