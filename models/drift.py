"""Whether what people like has shifted between two runs, and in which tags.

That everyone's history grows longer is no drift: a tag's growth is judged against that of the
middle tag. Given how many people have a tag in either run, those of the second are binomial; the
test is exact for rare tags and careful for common ones, and more so when the same people are in
both. A shift counts when it survives the correction for asking of every tag (Benjamini & Hochberg
1995) and is large enough to matter.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, bdtrc

from models.distinction import corrected
from models.rows import BoolArray, FloatArray, IntArray

SURE = 0.001
"""False discoveries borne among the shifts told, and so the chance of an alarm in a stable run."""
MATTERS = 1.25
"""Growth, or its inverse, that is worth an alarm."""
FEWEST = 20
"""People a tag or circle must have in both runs together to be judged at all."""


@dataclass(frozen=True, eq=False)
class Shift:
    """How each of some counts moved, beside the others.

    Attributes
    ----------
    growth : ndarray of shape (n,)
        The share after over the share before, that of the middle count taken as 1; NaN where
        there was too little to judge, inf for what is new.
    q_values : ndarray of shape (n,)
        Corrected significance.
    usual : float
        How much the middle count grew.
    """

    growth: FloatArray
    q_values: FloatArray
    usual: float

    @property
    def is_sure(self) -> BoolArray:
        """Which of them shifted surely and by enough to matter."""
        large = np.maximum(self.growth, 1.0 / np.maximum(self.growth, 1e-12)) >= MATTERS
        return np.asarray((self.q_values <= SURE) & large)

    @property
    def by_size(self) -> IntArray:
        """The sure ones, the largest shift in either direction first."""
        sure = np.flatnonzero(self.is_sure)
        size = np.abs(np.log(np.clip(self.growth[sure], 1e-9, 1e9)))
        return np.asarray(sure[np.argsort(-size, kind="stable")])


def shift(before: IntArray, after: IntArray, *, people: tuple[int, int]) -> Shift:
    """Compare counts of two runs; `people` are how many each run knew.

    Parameters
    ----------
    before, after : ndarray of shape (n,)
        People who have each tag, or are in each circle.
    """
    judged = before + after >= FEWEST
    share_before, share_after = (
        counts / max(known, 1) for counts, known in zip((before, after), people, strict=True)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = share_after / share_before
    lasting = judged & (before > 0) & (after > 0)
    usual = float(np.median(ratio[lasting])) if lasting.any() else 1.0
    expected = people[1] * usual / max(people[0] + people[1] * usual, 1e-12)
    p_values = two_sided(before[judged], after[judged], expected)
    q_values = np.ones(len(before))
    q_values[judged] = corrected(p_values, questions=max(len(p_values), 1))
    return Shift(np.where(judged, ratio / usual, np.nan), q_values, usual)


def two_sided(before: IntArray, after: IntArray, expected: float) -> FloatArray:
    """Chance of counts as uneven as these when `expected` is the share that should be after."""
    total = before + after
    few = bdtr(after.astype(np.float64), total, expected)
    many = np.where(after > 0, bdtrc(after - 1.0, total, expected), 1.0)
    return np.asarray(np.minimum(2.0 * np.minimum(few, many), 1.0))
