"""Tiers set by hand laid over those of a snapshot: whom they move, how lists and sets change."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segmentation.layout import NONE
from segmentation.manifest import iso
from segmentation.reasonwords import BY_HAND

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class HandSet:
    """What the latest decision about one user left them with.

    While `is_set`, that is the tier set; once it ended, the one they had beneath. Nobody's tier is
    None: they had left.
    """

    tier: str | None
    reason_codes: list[str]
    since: datetime
    until: datetime | None

    @property
    def is_set(self) -> bool:
        """Whether what was set still holds."""
        return self.until is not None


@dataclass(frozen=True)
class HandSets:
    """What was decided of users, up to an entry of the ledger; `seq` is the last that counts."""

    seq: int
    by_user: Mapping[str, HandSet]


@dataclass(frozen=True)
class Overlay:
    """What is told of some rows in place of what the run says, up to an entry of the ledger.

    `tiers` holds it by row; `came` and `went` say which rows came into a tier and left it,
    ascending. `seq` is 0 where nothing is told otherwise.
    """

    seq: int = 0
    tiers: Mapping[int, Row] = field(default_factory=dict)
    came: Mapping[str, Sequence[int]] = field(default_factory=dict)
    went: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def moves(self, tier: str) -> bool:
        """Whether anyone comes into a tier or leaves it."""
        return tier in self.came or tier in self.went

    def gain(self, tier: str) -> int:
        """How many more hold a tier than the run says."""
        return len(self.came.get(tier, ())) - len(self.went.get(tier, ()))

    def window(self, tier: str, rows: Sequence[int], offset: int, limit: int) -> list[int]:
        """Some of the holders of a tier, of whom the run names `rows`; all ascending.

        Reads no more of them than the window and those who move.
        """
        came, went = self.came.get(tier, ()), self.went.get(tier, ())
        first = max(0, offset - len(came))
        stop = min(offset + limit + len(went), len(rows))
        low = rows[first] if 0 < first < len(rows) else 0
        high = rows[stop] if stop < len(rows) else None
        new = came[bisect_left(came, low) : None if high is None else bisect_left(came, high)]
        left = set(went)
        held = sorted([*(row for row in rows[first:stop] if row not in left), *new])
        before = first - bisect_left(went, low) + bisect_left(came, low)
        return held[offset - before : offset - before + limit]


def overlay_of(
    hand: HandSets,
    *,
    row_of: Callable[[str], int],
    told: Callable[[int], Row | None],
    tiers: Sequence[str],
) -> Overlay:
    """Lay decisions over a snapshot.

    Parameters
    ----------
    row_of : callable
        Gives the row of a user, -1 for nobody.
    told : callable
        Gives what the run says of a row's tier.
    tiers : sequence of str
        The tiers the snapshot knows; one it does not know counts for nothing, as in a run.
    """
    found = ((row_of(user_id), each) for user_id, each in hand.by_user.items())
    known = {row: (told(row), each) for row, each in found if row != NONE and each.tier in tiers}
    laid = {
        row: (own["tier"] if own else None, facts_of(each, own))
        for row, (own, each) in known.items()
        if each.is_set or (own is not None and BY_HAND in own["reason_codes"])
    }
    moved = [(row, old, facts["tier"]) for row, (old, facts) in laid.items()]
    return Overlay(
        seq=hand.seq if laid else 0,
        tiers={row: facts for row, (_, facts) in laid.items()},
        came=by_tier((new, row) for row, old, new in moved if new != old),
        went=by_tier((old, row) for row, old, new in moved if new != old and old is not None),
    )


def facts_of(each: HandSet, own: Row | None) -> Row:
    """What is told of a tier that was set by hand, or of the one beneath it."""
    return {
        "tier": each.tier,
        "score": own["score"] if own else None,
        "reason_codes": each.reason_codes,
        "since": iso(each.since),
        "review_after": iso(each.until) if each.until else None,
    }


def by_tier(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    """Rows by tier, ascending."""
    found: dict[str, list[int]] = {}
    for tier, row in sorted(pairs):
        found.setdefault(tier, []).append(row)
    return found
