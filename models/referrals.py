"""Referrals: how many new people each brings, how soon, and who descends from whom.

People are watched from their first act on, some for years and some since yesterday. A plain mean
counts those of yesterday as if they had brought nobody; here each age is judged by those who
reached it alone.
"""

from dataclasses import dataclass

import numpy as np

from models.rows import FloatArray, IntArray

NORMAL_95 = 1.959963984540054
NO_ONE = -1
MOST_GENERATIONS = 1_000


@dataclass(frozen=True)
class Referring:
    """What people bring within a horizon of their own first act.

    Attributes
    ----------
    people, referrals : int
        Watched people, and what they brought within the horizon.
    k, k_low, k_high : float or None
        Expected referrals a person, with the 95 % interval; None when nobody was watched for the
        whole horizon.
    plain : float
        Referrals over people, without regard to how long anyone was watched: never above `k`.
    cycle_days : float or None
        Median age at which a person brings somebody; None when nobody did.
    """

    people: int
    referrals: int
    k: float | None
    k_low: float | None
    k_high: float | None
    plain: float
    cycle_days: float | None


@dataclass(frozen=True)
class Tree:
    """Who descends from whom; `generations[g]` counts people g referrals away from their root."""

    roots: int
    referred: int
    generations: list[int]
    largest: int


def referring(
    watched_days: FloatArray, *, owner: IntArray, age_days: FloatArray, horizon_days: float
) -> Referring:
    """Estimate what people bring within a horizon by the mean cumulative function.

    Parameters
    ----------
    watched_days : ndarray of shape (n_people,)
        How long each person has been watched.
    owner, age_days : ndarray of shape (n_referrals,)
        Who brought somebody, and at what age of theirs, at most `watched_days`.

    References
    ----------
    Nelson (2003), "Recurrent events data analysis"; Lawless & Nadeau (1995), "Some simple robust
    methods for the analysis of recurrent events", for the interval.
    """
    within = age_days <= horizon_days
    owner, age_days = owner[within], age_days[within]
    people, referrals = len(watched_days), len(owner)
    plain = referrals / people if people else 0.0
    if not people or watched_days.max(initial=0.0) < horizon_days:
        return Referring(people, referrals, None, None, None, plain, None)
    ages, brought = np.unique(age_days, return_counts=True)
    at_risk = people - np.searchsorted(np.sort(watched_days), ages, side="left")
    steps = brought / at_risk
    k = float(steps.sum())
    reach = NORMAL_95 * deviation(watched_days, owner, age_days, ages=ages, at_risk=at_risk)
    cycle = float(ages[np.searchsorted(np.cumsum(steps), k / 2 - 1e-12)]) if referrals else None
    return Referring(people, referrals, k, max(k - reach, 0.0), k + reach, plain, cycle)


def deviation(
    watched_days: FloatArray,
    owner: IntArray,
    age_days: FloatArray,
    *,
    ages: FloatArray,
    at_risk: IntArray,
) -> float:
    """The standard error of the mean cumulative function at the last age, whoever repeats."""
    steps = np.bincount(np.searchsorted(ages, age_days), minlength=len(ages)) / at_risk
    own = np.bincount(
        owner, 1.0 / at_risk[np.searchsorted(ages, age_days)], minlength=len(watched_days)
    )
    usual = np.concatenate([[0.0], np.cumsum(steps / at_risk)])
    usual = usual[np.searchsorted(ages, watched_days, side="right")]
    return float(np.sqrt(((own - usual) ** 2).sum()))


def generations(referred_by: IntArray) -> IntArray:
    """How many referrals each person is away from their root, shape (n_people,).

    `referred_by` holds the row of whoever brought somebody, -1 for nobody. Who descends from
    themselves, which only wrong times can tell, is as far as the number of steps walked.
    """
    depth = np.zeros(len(referred_by), np.int64)
    above = referred_by.copy()
    for _ in range(MOST_GENERATIONS):
        below = above != NO_ONE
        if not below.any():
            break
        depth[below] += 1
        above[below] = referred_by[above[below]]
    return depth


def tree(referred_by: IntArray) -> Tree:
    """Sum up who descends from whom."""
    depth, root = generations(referred_by), np.arange(len(referred_by))
    for _ in range(int(depth.max(initial=0))):
        above = referred_by[root]
        root = np.where(above != NO_ONE, above, root)
    sizes = np.bincount(root, minlength=len(referred_by))
    is_root = (referred_by == NO_ONE) & (sizes > 1)
    in_trees = is_root | (referred_by != NO_ONE)
    return Tree(
        roots=int(np.count_nonzero(is_root)),
        referred=int(np.count_nonzero(referred_by != NO_ONE)),
        generations=np.bincount(depth[in_trees]).tolist(),
        largest=int(sizes[is_root].max(initial=0)),
    )
