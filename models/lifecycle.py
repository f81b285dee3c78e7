"""Which of five stages a person is in, the same in other models' words, and how people move.

engage -> acquire -> nurture -> retain -> advocate. A person is in the highest stage there is
evidence for (the rule of AIPL); where evidence must be recent, whoever goes quiet falls back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
CountArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]

STAGES = ("engage", "acquire", "nurture", "retain", "advocate")
STATES = ("aware", "engage", "ask", *STAGES[1:])
"""Stages, the first told apart: only known, about of late, and asking."""
MAPPINGS = {
    "aipl": ("awareness", "interest", "interest", "purchase", "purchase", "loyalty", "loyalty"),
    "5a": ("aware", "appeal", "ask", "act", "act", "act", "advocate"),
    "adoption": (
        "activation", "activation", "activation", "adoption", "adoration", "adoration", "advocacy",
    ),
}  # fmt: skip
"""Each state in the words of AIPL, of Kotler's 5A and of the ladder of adoption."""


@dataclass(frozen=True)
class Ladder:
    """A model's rungs, lowest first, and on which of them each of `STATES` stands."""

    rungs: tuple[str, ...]
    rung_of: IntArray

    @classmethod
    def of(cls, words: Sequence[str]) -> Self:
        """Read a ladder from the word of each state."""
        rungs = tuple(dict.fromkeys(words))
        return cls(rungs, np.array([rungs.index(word) for word in words]))

    def climb(self, state: IntArray) -> IntArray:
        """Return people's rungs; -1 stays -1."""
        return np.where(state < 0, -1, self.rung_of[np.maximum(state, 0)])


FLYWHEEL = Ladder.of((*STAGES[:1] * 3, *STAGES[1:]))
LADDERS = {name: Ladder.of(words) for name, words in MAPPINGS.items()}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a stage asks for: acts on so many days and in so many windows.

    `within` looks back so many windows, 0 as far as there is. An `active` person did anything at
    all in the last window.
    """

    days: int = 1
    windows: int = 1
    within: int = 0
    active: bool = True


@dataclass(frozen=True)
class Trail:
    """When people did one kind of thing; people x windows, the latest first.

    The last column is everything older. `days` counts the days with it, `windows` the windows:
    0 or 1, in the last column possibly more.
    """

    days: CountArray
    windows: CountArray

    def counted(self, back: int, *, within: int = 0, less: int = 0) -> tuple[IntArray, IntArray]:
        """Count days and windows seen from `back` windows ago; `less` days are not counted."""
        seen = slice(back, back + within if within else None)
        days = self.days[:, seen].sum(axis=1, dtype=np.int64)
        return np.maximum(days - less, 0), self.windows[:, seen].sum(axis=1, dtype=np.int64)

    def is_about(self, back: int) -> BoolArray:
        """Return who did it in one window."""
        return np.asarray(self.days[:, back] > 0)


@dataclass(frozen=True)
class Course:
    """Everything known of people's way, window by window.

    `anything` is whatever they did, `acts` what each stage above the first looks at, `asking`
    what shows that they want to know more. `less` days of a stage's acts do not count.
    """

    anything: Trail
    acts: Mapping[str, Trail]
    asking: Trail
    less: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Moment:
    """Where everyone stood at one time: their state (-1: not there yet), and whether active."""

    state: IntArray
    active: BoolArray

    @property
    def stage(self) -> IntArray:
        """The stage of everyone; -1 for whoever is not there yet."""
        return FLYWHEEL.climb(self.state)


@dataclass(frozen=True)
class Transitions:
    """How people moved: counts and shares of (rungs and newcomers) x (rungs and gone).

    Each row of `shares` sums to 1; a rung nobody was on keeps its people, and newcomers of
    whom there were none would begin at the lowest.
    """

    counts: IntArray
    shares: FloatArray


def moment(course: Course, rules: Mapping[str, Rule], *, back: int) -> Moment:
    """Find where everyone stood `back` windows ago: the highest stage there is evidence for.

    Whoever did nothing by then is not there yet, unless they never did anything at all.
    """
    active = course.anything.is_about(back)
    stage = np.zeros(len(active), dtype=np.int64)
    for name, rule in rules.items():
        days, windows = course.acts[name].counted(
            back, within=rule.within, less=course.less.get(name, 0)
        )
        # acts without a date lie in no window: one window is asked for by the days alone
        holds = (days >= rule.days) & ((rule.windows == 1) | (windows >= rule.windows))
        holds &= active | (not rule.active)
        stage[holds] = np.maximum(stage[holds], STAGES.index(name))
    asks = active & course.asking.is_about(back)
    engaged = np.where(asks, STATES.index("ask"), active.astype(np.int64))
    state = np.where(stage > 0, stage + STATES.index("ask"), engaged)
    known = course.anything.counted(back)[0] > 0
    never = course.anything.counted(0)[0] == 0
    return Moment(np.where(known | never, state, -1), active)


def transitions(before: IntArray, after: IntArray, *, rungs: int = len(STAGES)) -> Transitions:
    """Count moves from `before` to `after`; -1 is a newcomer before, and someone gone after."""
    size = rungs + 1
    rows = np.where(before < 0, rungs, before)
    columns = np.where(after < 0, rungs, after)
    met = (before >= 0) | (after >= 0)
    counts = np.bincount(rows[met] * size + columns[met], minlength=size * size)
    counts = counts.reshape(size, size)
    totals = counts.sum(axis=1, keepdims=True)
    still = np.eye(size)
    still[rungs] = np.eye(size)[0]
    shares = np.divide(counts, totals, out=still, where=totals > 0)
    return Transitions(counts, shares)


def rung_counts(rung: IntArray, *, rungs: int = len(STAGES)) -> IntArray:
    """Count people by rung; the counts sum to the people who stand on one."""
    return np.bincount(rung[rung >= 0], minlength=rungs)
