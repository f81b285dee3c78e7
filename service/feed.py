"""Changes of tier across runs: from the run a caller knows to the one they read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from segmentation.index import Snapshot
from service.errors import Gone
from service.live import live_snapshots
from service.paging import Paged

RESYNC = "/v1/tiers/assignments"
Since = Annotated[
    str | None,
    Query(
        max_length=200,
        description="The run to start after: `next_since` of an earlier answer, or the `run_id` "
        "`/v1/tiers/assignments` was read from.",
    ),
]


@dataclass(frozen=True)
class Feed:
    """The changes of a chain of runs, the oldest run first."""

    since: str | None
    runs: Sequence[Snapshot]

    def __len__(self) -> int:
        return sum(run.tier_change_count for run in self.runs)

    def changes(self, *, offset: int, limit: int) -> list[dict[str, Any]]:
        """Return a stretch of the changes, across the borders of runs."""
        rows: list[dict[str, Any]] = []
        for run in self.runs:
            count = run.tier_change_count
            if offset < count and len(rows) < limit:
                rows += run.tier_changes(offset=offset, limit=limit - len(rows))
            offset = max(offset - count, 0)
        return rows


async def feed_at(request: Request, page: Paged, since: Since = None) -> Feed:
    """Collect the runs after `since`, up to the one the page is read from."""
    if since is None:
        return Feed(page.snapshot.manifest.get("previous"), [page.snapshot])
    ancestry = live_snapshots(request).ancestry(page.snapshot)
    return Feed(since, runs_after(since, ancestry))


def runs_after(since: str, ancestry: Iterable[Snapshot]) -> list[Snapshot]:
    """Return the runs of an ancestry that come after one, the oldest first; or raise `Gone`."""
    newer: list[Snapshot] = []
    for run in ancestry:
        if run.run_id == since:
            return newer[::-1]
        newer.append(run)
        if run.manifest.get("previous") == since:
            return newer[::-1]
    raise Gone(
        f"The changes since run `{since}` are not kept, or it is not behind the run that is live. "
        "Read all assignments again and go on from their `run_id`.",
        resync=RESYNC,
    )


FeedAt = Annotated[Feed, Depends(feed_at)]
