"""What invitations bring: the K-factor and the time a turn takes, for each group of inviters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Virality:
    """What invitations bring, each of shape (groups,).

    `sent` invitations brought `accepted` people so far; in the end each brings `answered`. `k` is
    the new people one person brings: invitations a person x what each brings; 1 or more grows by
    itself. `cycle_days` is the time from an invitation to its acceptance. NaN: nothing was sent,
    or nothing accepted.
    """

    sent: IntArray
    accepted: IntArray
    answered: FloatArray
    k: FloatArray
    cycle_days: FloatArray


def virality(
    people: IntArray,
    *,
    inviter: IntArray,
    age_days: FloatArray,
    host: IntArray,
    delay_days: FloatArray,
) -> Virality:
    """Measure groups of so many people from their invitations and who came of them.

    Parameters
    ----------
    people : ndarray of shape (groups,)
        How many people each group has.
    inviter, age_days : ndarray of shape (invitations,)
        The group of who sent each invitation, -1 for none, and how long ago.
    host, delay_days : ndarray of shape (newcomers,)
        The group of who invited each newcomer, and how long that took.

    Young invitations may still be accepted: a newcomer after so many days counts against the
    invitations at least as old (right-censoring).

    References
    ----------
    Nelson (1988), "Graphical analysis of system repair data", the mean cumulative function.
    """
    groups = len(people)
    known, brought = inviter >= 0, host >= 0
    inviter, age = inviter[known], age_days[known]
    host, delay = host[brought], delay_days[brought]
    share = 1.0 / np.maximum(at_risk(inviter, age, host, delay), 1)
    sent = np.bincount(inviter, minlength=groups)
    accepted = np.bincount(host, minlength=groups)
    answered = np.bincount(host, weights=share, minlength=groups)
    waited = np.bincount(host, weights=share * delay, minlength=groups)
    return Virality(
        sent=sent,
        accepted=accepted,
        answered=over(answered, np.minimum(sent, 1)),
        k=over(sent * answered, people * np.minimum(sent, 1)),
        cycle_days=over(waited, answered),
    )


def at_risk(inviter: IntArray, age: FloatArray, host: IntArray, delay: FloatArray) -> IntArray:
    """Count, for each newcomer, the invitations of the same group at least as old as the delay."""
    span = float(max(age.max(initial=0.0), delay.max(initial=0.0))) + 1.0
    keys = np.sort(inviter * span + age)
    ends = np.searchsorted(keys, (host + 1) * span, side="left")
    return np.asarray(ends - np.searchsorted(keys, host * span + delay, side="left"))


def over(part: FloatArray | IntArray, whole: FloatArray | IntArray) -> FloatArray:
    """Return part / whole, NaN where there is no whole."""
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))
