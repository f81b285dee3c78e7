"""A stretch of a feed across runs."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from service.feed import Feed


@dataclass
class PlantedRun:
    """A run with numbered changes."""

    rows: list[int]

    @property
    def tier_change_count(self):
        """How many changes it holds."""
        return len(self.rows)

    def tier_changes(self, *, offset, limit):
        """Give a stretch of them."""
        return self.rows[offset : offset + limit]


@given(
    sizes=st.lists(st.integers(0, 6), max_size=6), offset=st.integers(0, 40),
    limit=st.integers(1, 20),
)  # fmt: skip
def test_a_stretch_is_a_slice_of_all_changes(sizes, offset, limit):
    """Where runs begin and end does not show."""
    numbers = iter(range(100))
    runs = [PlantedRun([next(numbers) for _ in range(size)]) for size in sizes]
    everything = [number for run in runs for number in run.rows]

    feed = Feed(None, runs)

    assert len(feed) == len(everything)
    assert feed.changes(offset=offset, limit=limit) == everything[offset : offset + limit]
