"""Growing outward from a circle: its rings, and what reaching each of them will bring.

What to expect is learned from the run before: who was in which ring then, and has joined since.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from models.rings import Joined, forecasts, joined_by_ring, rings
from segmentation.errors import UsageError
from segmentation.index import Snapshot
from segmentation.layout import NONE
from segmentation.lookalikes import Expansion
from segmentation.seeds import Seeds

SeedsIn = Callable[[Snapshot], Seeds]


def rings_of(
    now: Expansion, before: list[Joined] | None, *, contact_cost: float | None = None
) -> list[dict[str, Any]]:
    """The rings around the seeds; without a run before, nothing is said of who will join."""
    found = rings(len(now.seeds.rows), now.closeness[now.candidates])
    told = forecasts(found, before) if before is not None else [None] * len(found)
    return [
        asdict(ring)
        | {
            "expected_joins": asdict(expected) if expected else None,
            "cost_per_join": contact_cost * expected.contacts_per_join
            if expected and contact_cost is not None
            else None,
        }
        for ring, expected in zip(found, told, strict=True)
    ]


def joined_since(
    before: Snapshot, now: Snapshot, seeds_in: SeedsIn, *, purpose: str | None
) -> list[Joined] | None:
    """Who of each ring in the run before has joined since; None where it cannot be told.

    `seeds_in` finds the seeds in a snapshot: the circle may not be in both, or have been too
    small.
    """
    try:
        then = Expansion.of(before, seeds_in(before), purpose=purpose)
        members = seeds_in(now).rows
    except UsageError:
        return None
    ids = now.audiences.registry.ids
    rows = np.array([before.row_of(ids[row]) for row in members], dtype=np.int64)
    has_joined = np.zeros(before.n_users, dtype=bool)
    has_joined[rows[rows != NONE]] = True
    return joined_by_ring(then.closeness[then.candidates], has_joined[then.candidates])
