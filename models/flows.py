"""Who moved where from window to window, between being quiet and the stages of the active.

Everybody stands on a level: quiet for long, for two windows, for one, or active in a stage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.lifecycle import STAGES, Moment

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

QUIET = 3
"""Levels of being quiet; who has been so for that many windows or more is on the lowest."""
LEVELS = QUIET + len(STAGES)
RETAINED = QUIET + STAGES.index("retain")
ADVOCATES = LEVELS - 1


@dataclass(frozen=True)
class Flows:
    """Who moved where in each of some windows, the oldest first.

    `moves` is windows x levels x levels, `entered` the newcomers by level at the end of their
    first window, `referred` how many of them somebody brought.
    """

    moves: IntArray
    entered: IntArray
    referred: FloatArray

    @property
    def counts(self) -> IntArray:
        """People by level at the end of each window."""
        return np.asarray(self.moves.sum(axis=1) + self.entered)

    def until(self, windows: int) -> "Flows":
        """Return the first so many windows."""
        return Flows(self.moves[:windows], self.entered[:windows], self.referred[:windows])


def levels(moments: Sequence[Moment]) -> IntArray:
    """Return everyone's level at each moment, windows x people; -1 for who is not there yet.

    `moments` are the oldest first; who is quiet in the first is taken to be so for long.
    """
    quiet = np.full(len(moments[0].active), QUIET)
    found = []
    for moment in moments:
        there = moment.state >= 0
        quiet = np.where(moment.active, 0, np.minimum(quiet + 1, QUIET))
        level = np.where(moment.active, QUIET + moment.stage, QUIET - quiet)
        found.append(np.where(there, level, -1))
    return np.array(found)


def flows_of(level: IntArray, *, referred: FloatArray) -> Flows:
    """Count the moves between the moments of `level` (windows x people, the oldest first)."""
    moves = np.zeros((len(level) - 1, LEVELS, LEVELS), dtype=np.int64)
    entered = np.zeros((len(level) - 1, LEVELS), dtype=np.int64)
    for window, (before, after) in enumerate(pairwise(level)):
        there, new = before >= 0, (before < 0) & (after >= 0)
        cells = before[there] * LEVELS + after[there]
        moves[window] = np.bincount(cells, minlength=LEVELS**2).reshape(LEVELS, LEVELS)
        entered[window] = np.bincount(after[new], minlength=LEVELS)
    return Flows(moves, entered, referred)
