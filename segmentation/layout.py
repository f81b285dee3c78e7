"""The fixed-width records of a snapshot's index, as its writer and its reader both know them."""

import struct
from typing import NamedTuple

import numpy as np

NONE = -1
NO_TIME = -(1 << 63)

_CODES = {"f8": "d", "i8": "q", "i4": "i", "i2": "h", "i1": "b"}


class UserRecord(NamedTuple):
    """What is known of one user; NaN, `NO_TIME` and `NONE` stand for nothing known.

    Times are UTC microseconds; `tier`, `stage`, reasons and the like are places in a vocabulary.
    """

    share_propensity: float
    share_low: float
    share_high: float
    social_currency: float
    influence: float
    value: float
    stickiness: float
    score: float
    tier_since: int
    review_after: int
    stage_since: int
    reason_codes: int
    tier: int
    stage: int
    previous_stage: int
    interest_reason: int
    lifestyle_reason: int


class ChangeRecord(NamedTuple):
    """One change of tier: from which to which, why, by which policy and when."""

    at: int
    reason_codes: int
    policy_version: int
    before: int
    after: int


_USER = ("f8",) * 8 + ("i8",) * 3 + ("i4",) + ("i2",) * 5
_CHANGE = ("i8", "i4", "i4", "i2", "i2")


def _dtype(names: tuple[str, ...], kinds: tuple[str, ...]) -> np.dtype[np.void]:
    return np.dtype([(name, f"<{kind}") for name, kind in zip(names, kinds, strict=True)])


def _struct(kinds: tuple[str, ...]) -> struct.Struct:
    return struct.Struct("<" + "".join(_CODES[kind] for kind in kinds))


USER_DTYPE, USER_STRUCT = _dtype(UserRecord._fields, _USER), _struct(_USER)
CHANGE_DTYPE, CHANGE_STRUCT = _dtype(ChangeRecord._fields, _CHANGE), _struct(_CHANGE)
