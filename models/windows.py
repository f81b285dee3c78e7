"""What an event weighs, forgotten by halves, as whole numbers that add up in any order.

Time is cut into windows of one half-life. Inside its window an event's amount never changes: its
ratio to the usual times 2^f, f the part of the window gone by, in units of 2^-20. The amounts of
a person, tag and window are added up as integers, so that neither the order nor the split of the
events shows; seen from the person's latest event, a window's sum is halved once for each window
since (Cormode, Shkapenyuk, Srivastava & Xu 2009, "Forward decay").
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from models.kernels import windows as kernels
from models.kernels.windows import LEAST_RATIO, TIMELESS
from models.memory import PagedArray
from models.rows import FloatArray, IntArray

Tags = npt.NDArray[np.int32]
Windows = npt.NDArray[np.uint16]
Amounts = npt.NDArray[np.uint32]

DAY = 86_400_000_000  # microseconds
SHORTEST = 0.5
"""Shortest half-life in days: so many windows last until 2079."""
COUNTED_AT_ONCE = 1_000_000
LARGEST_CLIP = 1000.0
"""Largest ratio of one event whose amount fits into 32 bits."""


@dataclass(frozen=True, eq=False)
class Placed:
    """The window of each event and its amount there, shape (n_events,)."""

    windows: Windows
    amounts: Amounts

    @classmethod
    def timeless(cls, weights: IntArray) -> Self:
        """Weights in units of 2^-20 that nobody forgets."""
        return cls(np.full(len(weights), TIMELESS, np.uint16), weights.astype(np.uint32))


@dataclass(frozen=True, eq=False)
class Sums:
    """Amounts by person, tag and window: row after row, ascending by tag and window.

    Attributes
    ----------
    starts : ndarray of shape (n_people + 1,)
        Person p holds the entries from `starts[p]` up to `starts[p + 1]`.
    tags, windows, amounts : ndarray of shape (n_entries,)
        Column of an entry, its window, and its sum > 0; one beyond 32 bits takes several entries.
    """

    starts: IntArray
    tags: Tags
    windows: Windows
    amounts: Amounts

    @classmethod
    def room(cls, n_people: int, n_entries: int) -> Self:
        """Room for so much, nothing in it yet."""
        return cls(
            np.zeros(n_people + 1, np.int64),
            PagedArray.of(n_entries, np.int32).array,
            PagedArray.of(n_entries, np.uint16).array,
            PagedArray.of(n_entries, np.uint32).array,
        )

    def until(self, n_people: int) -> Self:
        """The rows of the first people, without copying."""
        end = self.starts[n_people]
        return type(self)(
            self.starts[: n_people + 1], self.tags[:end], self.windows[:end], self.amounts[:end]
        )


@dataclass(frozen=True, eq=False)
class Weighed:
    """Weights > 0 by person and tag, row after row, ascending by tag."""

    starts: IntArray
    tags: Tags
    weights: FloatArray

    @classmethod
    def room(cls, n_people: int, n_entries: int) -> Self:
        """Room for so much, nothing in it yet."""
        return cls(
            np.zeros(n_people + 1, np.int64),
            PagedArray.of(n_entries, np.int32).array,
            PagedArray.of(n_entries, np.float64).array,
        )

    def holders(self, n_tags: int) -> IntArray:
        """How many people have each tag, shape (n_tags,)."""
        pieces = range(0, len(self.tags), COUNTED_AT_ONCE)
        users = np.zeros(n_tags, np.int64)
        for first in pieces:
            users += np.bincount(self.tags[first : first + COUNTED_AT_ONCE], minlength=n_tags)
        return users

    def renumbered(self, numbers: Tags) -> "Weighed":
        """Number the tags anew, keeping their order; those below 0 go. Works in place."""
        kernels.renumber(self.starts, self.tags, self.weights, numbers)
        return Weighed(self.starts, self.tags[: self.starts[-1]], self.weights[: self.starts[-1]])


@dataclass(frozen=True)
class Forgetting:
    """How fast weights halve, and how many times the usual a single event may weigh.

    Raises
    ------
    ValueError
        When `half_life_days` is below 0.5 or `clip` is not in [0.1, 1000].
    """

    half_life_days: float
    clip: float

    def __post_init__(self) -> None:
        if not self.half_life_days >= SHORTEST:
            raise ValueError(
                f"`half_life_days` must be >= {SHORTEST}, got {self.half_life_days!r}."
            )
        if not LEAST_RATIO <= self.clip <= LARGEST_CLIP:
            raise ValueError(
                f"`clip` must be in [{LEAST_RATIO}, {LARGEST_CLIP}], got {self.clip!r}."
            )

    @property
    def half_life(self) -> float:
        """The half-life in microseconds."""
        return self.half_life_days * DAY

    def place(self, at: IntArray, ratios: FloatArray) -> Placed:
        """Place events by their times (microseconds since 1970, `NO_TIME` for none) and ratios."""
        placed = Placed(np.empty(len(at), np.uint16), np.empty(len(at), np.uint32))
        outside = np.zeros(1, np.int64)
        kernels.place(
            at, ratios, self.half_life, self.clip, placed.windows, placed.amounts, outside
        )
        if outside[0]:
            raise ValueError(
                f"`at` must lie between 1990 and {TIMELESS:,} half-lives later; "
                f"{outside[0]} times do not."
            )
        return placed

    def weigh(self, sums: Sums, latest: IntArray, *, room: "Weighed | None" = None) -> Weighed:
        """Weigh sums as seen from each person's latest event; what rounds to 0 is left out.

        The answer is laid out in `room`, where some is given.
        """
        room = room or Weighed.room(len(latest), len(sums.tags))
        starts = room.starts[: len(latest) + 1]
        kernels.weigh(
            sums.starts, sums.tags, sums.windows, sums.amounts,
            latest, self.half_life, kernels.HALVES,
            starts, room.tags, room.weights,
        )  # fmt: skip
        return Weighed(starts, room.tags[: starts[-1]], room.weights[: starts[-1]])
