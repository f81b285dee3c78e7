"""Which of five stages a person is in, and how people move between them.

engage -> acquire -> nurture -> retain -> advocate. A person is in the highest stage there is
evidence for (the rule of AIPL); evidence for the upper three must be recent, so whoever goes
quiet falls back.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

STAGES = ("engage", "acquire", "nurture", "retain", "advocate")
NEWCOMER = GONE = len(STAGES)
MAPPINGS = {
    "aipl": dict(
        zip(STAGES, ("interest", "purchase", "purchase", "loyalty", "loyalty"), strict=True)
    ),
    "5a": dict(zip(STAGES, ("appeal", "act", "act", "act", "advocate"), strict=True)),
    "4a": dict(
        zip(STAGES, ("activation", "adoption", "adoration", "adoration", "advocacy"), strict=True)
    ),
}
"""Each stage in the words of AIPL, of Kotler's 5A and of activation to advocacy."""


@dataclass(frozen=True)
class Evidence:
    """What is known of each person at one moment; arrays by person.

    An act is something that means more than looking: a purchase, or the nearest thing the
    source has. `act_windows` counts the windows with an act in them.
    """

    active: BoolArray
    acts: IntArray
    act_windows: IntArray
    advocated: BoolArray


@dataclass(frozen=True)
class Transitions:
    """How people moved: counts and shares of (stages and newcomers) x (stages and gone).

    Each row of `shares` sums to 1; a stage nobody was in keeps its people, and newcomers of
    whom there were none would engage.
    """

    counts: IntArray
    shares: FloatArray


def stages(evidence: Evidence) -> IntArray:
    """Return each person's stage, 0 to 4: the highest there is evidence for."""
    nurtured = evidence.active & (evidence.acts >= 2)
    stage = np.zeros(len(evidence.active), dtype=np.int64)
    stage[evidence.acts >= 1] = STAGES.index("acquire")
    stage[nurtured] = STAGES.index("nurture")
    stage[nurtured & (evidence.act_windows >= 2)] = STAGES.index("retain")
    stage[evidence.active & evidence.advocated] = STAGES.index("advocate")
    return stage


def transitions(before: IntArray, after: IntArray) -> Transitions:
    """Count moves from `before` to `after`; -1 is a newcomer before, and someone gone after."""
    size = len(STAGES) + 1
    rows = np.where(before < 0, NEWCOMER, before)
    columns = np.where(after < 0, GONE, after)
    met = (before >= 0) | (after >= 0)
    counts = np.bincount(rows[met] * size + columns[met], minlength=size * size)
    counts = counts.reshape(size, size)
    totals = counts.sum(axis=1, keepdims=True)
    still = np.eye(size)
    still[NEWCOMER] = np.eye(size)[STAGES.index("engage")]
    shares = np.divide(counts, totals, out=still, where=totals > 0)
    return Transitions(counts, shares)


def stage_counts(stage: IntArray) -> IntArray:
    """Count people by stage; the counts sum to the people who have one."""
    return np.bincount(stage[stage >= 0], minlength=len(STAGES))
