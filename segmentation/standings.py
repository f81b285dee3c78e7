"""Where people stood in the run before, by the names their tiers had then and have now."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.tiers import Standing
from segmentation.merits import People
from segmentation.policy import Policy
from segmentation.reasonwords import GONE, RENAMED

ON_NOTICE = ("dwell", "grace")


@dataclass(frozen=True)
class Earlier:
    """The run before: everyone's standing among the tiers of today, and the tier's name then.

    Nobody's name is null: they are new.
    """

    policy: Policy
    standing: Standing
    names: pa.Array

    @classmethod
    def of(cls, previous: pa.Table | None, *, policy: Policy, user_ids: pa.Array) -> "Earlier":
        """Find everyone in the `tiers` table of the run before, if there was one."""
        standing = Standing.newcomers(len(user_ids))
        if previous is None or not len(user_ids) or not previous.num_rows:
            return cls(policy, standing, pa.nulls(len(user_ids), pa.string()))
        found = pc.index_in(user_ids, previous["user_id"].combine_chunks())
        here = np.asarray(pc.is_valid(found))
        rows = previous.take(found.drop_null())
        standing.tier[here] = ranked(policy, rows["tier"].combine_chunks())
        standing.since[here] = times(rows["since"])
        standing.review_after[here] = times(rows["review_after"])
        standing.on_notice[here] = [
            any(code in ON_NOTICE for code in codes) for codes in rows["reason_codes"].to_pylist()
        ]
        return cls(policy, standing, previous["tier"].combine_chunks().take(found))

    def reasons(self, tier: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
        """Whose tier only has another name, and whose is no more."""
        known = pc.index_in(self.names, pa.array(self.policy.names)).is_valid()
        unnamed = np.asarray(pc.and_(pc.is_valid(self.names), pc.invert(known)))
        rank = self.standing.tier
        return {RENAMED: unnamed & (rank >= 0) & (rank == tier), GONE: unnamed & (rank < 0)}

    def renamed(self) -> dict[str, str]:
        """What the tiers that people held are called now, where they have another name."""
        held = set(self.names.to_pylist())
        return {tier.was: tier.name for tier in self.policy.tiers if tier.was in held}

    def gone(self) -> dict[str, int]:
        """How many people held each tier that the policy no longer has, the most first."""
        held: Counter[str] = Counter(self.names.drop_null().to_pylist())
        known = ranks_of(self.policy)
        return {name: people for name, people in held.most_common() if name not in known}


def placed_by_hand(policy: Policy, people: People, by_hand: Mapping[str, str]) -> NDArray[np.int64]:
    """Return the tier decided for each person, -1 for none; a tier no longer known is none."""
    ranks = ranks_of(policy)
    decided = {user: ranks[tier] for user, tier in by_hand.items() if tier in ranks}
    place = pc.index_in(people.user_ids, pa.array(decided, pa.string()))
    values = np.array([*decided.values(), -1], dtype=np.int64)
    return values[np.asarray(pc.fill_null(place, len(decided)), dtype=np.int64)]


def ranks_of(policy: Policy) -> dict[str, int]:
    """Number the tiers by their names, those of before too."""
    return {
        name: rank
        for rank, tier in enumerate(policy.tiers)
        for name in (tier.name, tier.was)
        if name
    }


def ranked(policy: Policy, names: pa.Array) -> NDArray[np.int64]:
    """Number tiers given by name, -1 for those the policy does not know."""
    ranks = ranks_of(policy)
    numbers = np.array([*ranks.values(), -1], dtype=np.int64)
    place = pc.fill_null(pc.index_in(names, pa.array(ranks, pa.string())), len(ranks))
    return numbers[np.asarray(place, dtype=np.int64)]


def times(column: pa.ChunkedArray) -> NDArray[np.datetime64]:
    """Return a UTC time column as datetime64[us], null as NaT."""
    return np.asarray(column.cast(pa.timestamp("us")).to_numpy(), dtype="datetime64[us]")
