"""Sets of circles beside each other: which foretells better what was held back."""

import math
from dataclasses import dataclass

import numpy as np

from models.foretelling import CLEAR, Trial, clarity, is_better, stays_behind
from models.profiles import TagProfiles
from models.rows import FloatArray, IntArray

HEIR = 0.05
"""Share of a circle's people that another could take over."""
SHORT = 0.25
"""Share of the circles by which a set may fall short of another and still be compared."""


@dataclass(frozen=True, eq=False)
class Found:
    """A set of circles, and by how much each judged person's hidden tags speak for it."""

    profiles: TagProfiles
    gains: FloatArray


@dataclass(frozen=True, eq=False)
class Judge:
    """Compares sets of circles by the tags held back.

    Where earlier circles held every tag (`was_whole`), so will these unless signatures foretell
    clearly more.
    """

    trial: Trial
    was_whole: bool = False

    def hear(self, profiles: TagProfiles) -> Found:
        """Let the held-back tags speak."""
        return Found(profiles, self.trial.gains(profiles))

    def better(self, best: Found, profiles: TagProfiles | None, *, short: float = 1.0) -> Found:
        """Return the other set if it foretells clearly more, else the best so far.

        A set that falls `short` of the best in the number of its circles is left out.
        """
        fewest = max((1.0 - short) * best.profiles.n_circles, 1.0)
        if profiles is None or profiles.n_circles < fewest:
            return best
        other = self.hear(profiles)
        return other if is_better(other.gains, best.gains) else best

    def likelier(self, best: Found, profiles: TagProfiles | None) -> Found:
        """Return the other set of about as many circles if it foretells more, be it by little.

        Where the number is given, more circles need not pay for themselves.
        """
        if profiles is None or profiles.n_circles < (1.0 - SHORT) * best.profiles.n_circles:
            return best
        return clearer(best, self.hear(profiles))

    def turned(self, best: Found, whole: TagProfiles | None, *, short: float = 1.0) -> Found:
        """Return profiles of all tags if they foretell clearly more than signatures.

        Those who had them before keep them unless they foretell clearly less: where both kinds
        say as much, a few new events would else move everybody at a border.
        """
        if not self.was_whole or whole is None or not whole.n_circles:
            return self.better(best, whole, short=short)
        kept = self.hear(whole)
        return best if is_better(best.gains, kept.gains) else kept

    def is_behind(self, profiles: TagProfiles, best: Found, *, by: float, step: int = 1) -> bool:
        """Whether profiles foretell less than the best by so many standard errors.

        Asked of every so-manieth person, so many as all of them would have.
        """
        gains = self.trial.spread(step).gains(profiles)
        return clarity(gains - best.gains[::step]) < -by / math.sqrt(step)

    def placing_best(
        self, profiles: TagProfiles | None, rivals: list[TagProfiles]
    ) -> TagProfiles | None:
        """Return profiles if where they place people tells clearly more than any rival's way."""
        if profiles is None:
            return None
        told = self.trial.placed(profiles)
        is_best = all(clarity(told - self.trial.placed(rival)) > CLEAR for rival in rivals)
        return profiles if is_best else None

    def gives_up(self, first: TagProfiles, then: TagProfiles, best: Found) -> bool:
        """Whether the step from first to then profiles leaves them far behind the best."""
        return stays_behind(self.trial.gains(first), self.trial.gains(then), best.gains)

    def idle(self, profiles: TagProfiles, *, missed: float = CLEAR) -> IntArray:
        """Name the circles nobody clearly misses, the least missed first.

        `missed` is by how many standard errors at most.
        Of those who could take each other's place one at least is left out.
        """
        clear = np.array([clarity(loss) for loss in self.trial.losses(profiles).T])
        shared = self.trial.shared(profiles)
        idle: list[int] = []
        for circle in np.argsort(clear, kind="stable").tolist():
            has_heir = not (shared[circle, idle] > HEIR).any()
            if clear[circle] <= missed and has_heir:
                idle.append(circle)
        return np.array(idle, dtype=np.int64)


def clearer(best: Found, other: Found) -> Found:
    """Return the other set if it foretells more for sure, be it by little."""
    return other if clarity(other.gains - best.gains) > CLEAR else best
