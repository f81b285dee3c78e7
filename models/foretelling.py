"""Judging circles by what they foretell: tags held back from learning, told from the rest.

Of some people a fifth of the tags is held back. Circles learned without them say how likely each
was; the gain over the crowd is the circles' worth, and needs no labels. More circles than there
are do not foretell better, nor do circles of chance, so the number of circles comes out of it.
"""

from dataclasses import dataclass

import numpy as np

from models.excerpts import entries, only, spread, taken
from models.expectation import widened
from models.exponentials import exp, log
from models.kernels.foretelling import foretell
from models.kernels.holding import hold_back
from models.kernels.threads import side_by_side
from models.landmarks import Canon
from models.mixture import CROWD_PRIOR, crowd_shares, smoothed, tag_sums
from models.profiles import TagProfiles, assign_observed
from models.rows import BoolArray, FloatArray, IntArray, Rows, add_up
from models.scrambling import Hash, chance, scrambled

JUDGED = 10_000
SHARE = 0.2
FEWEST_TAGS, ENOUGH = (4, 3, 2), 0.1
"""Tags of which one may be held back: the first that so large a part of the people has."""
PEOPLE_AT_ONCE = 500
CLEAR = 1.0
"""Standard errors by which circles must be better, or missed, to count."""
FAR, LEFT = 5.0, 0.8
"""Standard errors that are far behind, and the share of them a step leaves that helps little."""
LEFT_OVER = 1e-3
"""Share of all weight that tags not known have at least."""
WORTHWHILE = 0.01
"""Share by which a gain must grow: half as many circles again have to tell something more."""


@dataclass(frozen=True, eq=False)
class HeldBack:
    """Decides by hashes, row by row of a table, whose tags are held back and which.

    Attributes
    ----------
    keys : ndarray of shape (n_rows,)
        A hash for each row; of rows with the same one the same is held back.
    fewest : int
        Tags a person must have for one to be held back.
    judged : float
        Share of the people of whom tags are held back.
    salt : uint64
        Makes the draw.
    """

    keys: Hash
    fewest: int
    judged: float
    salt: np.uint64

    @classmethod
    def of(cls, rows: Rows, canon: Canon, *, most: int | None = None, seed: int) -> "HeldBack":
        """Judge by 10,000 of the people learned from, or half of them where they are fewer.

        `most` is how many are learned from at most, by default everyone.
        """
        learners = rows.n_rows if most is None else min(rows.n_rows, most)
        salt = scrambled(np.array([seed % 2**63], dtype=np.uint64) + np.uint64(0x7F4A7C15))[0]
        judged = min(0.5, JUDGED / max(learners, 1))
        return cls(canon.shared, fewest_tags(rows.counts), judged, salt)

    @classmethod
    def nothing(cls) -> "HeldBack":
        """Hold nothing back, to learn from everything."""
        return cls(np.zeros(0, np.uint64), 0, 0.0, np.uint64(0))

    def left(self, rows: Rows, people: IntArray) -> Rows:
        """Return the rows of some people without what is held back."""
        some = taken(rows, people)
        return only(some, ~self._held(some, people)) if self.judged > 0.0 else some

    def trial(self, rows: Rows, people: IntArray, *, crowd: FloatArray) -> "Trial":
        """Split the judged of some people into what is known and what is to be told."""
        judged = people[self._is_judged(people)]
        some = taken(rows, judged)
        held = self._held(some, judged)
        return Trial(only(some, ~held), only(some, held), crowd)

    def _is_judged(self, people: IntArray) -> BoolArray:
        if self.judged == 0.0:
            return np.zeros(len(people), np.bool_)
        return chance(scrambled(self.keys[people] ^ self.salt)) < self.judged

    def _held(self, some: Rows, people: IntArray) -> BoolArray:
        held = np.zeros(len(some.columns), np.bool_)
        columns, keys = some.columns.astype(np.int32, copy=False), self.keys[people]
        hold_back(some.starts, columns, keys, self.salt, self.judged, SHARE, self.fewest, held)
        return held


def fewest_tags(counts: IntArray) -> int:
    """Return of how many tags one is held back, so that there are people to judge by.

    What is left of two or three tags says little, so they are asked only where hardly anybody
    has more.
    """
    several = counts[counts >= FEWEST_TAGS[-1]]
    enough = ENOUGH * len(several)
    return next((n for n in FEWEST_TAGS if (several >= n).sum() >= enough), FEWEST_TAGS[-1])


@dataclass(frozen=True, eq=False)
class Trial:
    """What is known of some people, and the tags to be told; row by row the same people.

    `crowd` holds the share of each tag among everyone: what circles must do better than.
    """

    known: Rows
    hidden: Rows
    crowd: FloatArray

    def spread(self, step: int) -> "Trial":
        """Return the trial of every so-manieth person alone."""
        return Trial(spread(self.known, step), spread(self.hidden, step), self.crowd)

    def gains(self, profiles: TagProfiles) -> FloatArray:
        """Return by how much circles foretell each person's hidden tags better than the crowd.

        In nats, shape (n_people,). A tag known cannot be hidden as well, so what the circles
        and the crowd give to the known ones is taken out of both.
        """
        return self._told(profiles).gains

    def placed(self, profiles: TagProfiles, *, known: Rows | None = None) -> FloatArray:
        """Return what the tags of the people placed with each person tell of the hidden ones.

        In nats beyond the crowd, shape (n_people,); 0 for who is in no circle. What is known
        cannot be hidden as well, as in `gains`. A hidden tag counts once, so tags that tell of it
        do. Profiles that go by other weights place people by `known`, the same tags so weighed.
        """
        known = self.known if known is None else known
        labels = assign_observed(profiles, known, max_circles=0).labels.astype(np.int64)
        once = self.known.with_values(np.ones(len(self.known.values)))
        mass, crowd = tag_sums(once, labels, count=profiles.n_circles), crowd_shares(once)
        shares = np.vstack([smoothed(mass, crowd, CROWD_PRIOR), crowd])
        return self._hidden_in(shares, labels) - self._hidden_in(shares, np.full_like(labels, -1))

    def _hidden_in(self, shares: FloatArray, source: IntArray) -> FloatArray:
        """Return the log-likelihood of each person's hidden tags, shape (n_people,).

        `source` is the row of `shares` they are drawn from; -1, the last, is the crowd.
        """
        n, knows, lacks = len(source), self.known.owners, self.hidden.owners
        known = add_up(knows, shares[source[knows], self.known.columns], n)
        left = np.maximum(1.0 - known, LEFT_OVER)
        return add_up(lacks, np.log(shares[source[lacks], self.hidden.columns] / left[lacks]), n)

    def bits(self, profiles: TagProfiles) -> float:
        """Return what circles tell of a hidden tag beyond the crowd, in bits; 0 without one."""
        hidden = len(self.hidden.columns)
        return float(self.gains(profiles).sum() / hidden / np.log(2.0)) if hidden else 0.0

    def losses(self, profiles: TagProfiles) -> FloatArray:
        """Return what each person's gain loses without each circle, (n_people, n_circles).

        The others share its place by their probabilities.
        """
        return self._told(profiles, losses=True).losses

    def shared(self, profiles: TagProfiles) -> FloatArray:
        """Return how much of each circle's people could be in each other one as well.

        Shape (n_circles, n_circles), the expected share; 0 on the diagonal.
        """
        belonging = self._told(profiles, belonging=True).belonging
        share = belonging.T @ belonging / np.maximum(belonging.sum(axis=0), 1e-9)[:, None]
        np.fill_diagonal(share, 0.0)
        return np.asarray(share)

    def _told(
        self, profiles: TagProfiles, *, belonging: bool = False, losses: bool = False
    ) -> "Foretold":
        """Ask the profiles, piece by piece."""
        people, table = self.known.n_rows, profiles.table
        told = Foretold(
            np.empty(people),
            np.empty((people if belonging else 0, profiles.n_circles)),
            np.zeros((people if losses else 0, profiles.n_circles)),
        )

        def ask(first: int) -> None:
            last = min(first + PEOPLE_AT_ONCE, people)
            known, hidden = self.known.part(first, last), self.hidden.part(first, last)
            foretell(
                *entries(known), hidden.starts, entries(hidden)[1],
                table.starts, table.circles, widened(table.gains_by_entry), table.ratios,
                widened(table.base), widened(profiles.grid),
                widened(log(profiles.grid_weights), -np.inf),
                profiles.log_priors, exp(profiles.log_priors), profiles.background, self.crowd,
                told.gains[first:last], told.belonging[first:last], told.losses[first:last],
            )  # fmt: skip

        side_by_side(ask, range(0, people, PEOPLE_AT_ONCE))
        return told


@dataclass(frozen=True, eq=False)
class Foretold:
    """What some profiles foretell of people, row by row the people of the trial.

    Attributes
    ----------
    gains : ndarray of shape (n_people,)
        Log-likelihood of the hidden tags beyond the crowd's.
    belonging : ndarray of shape (n_people, n_circles)
        Probability of each circle given the known tags; empty if not asked for.
    losses : ndarray of shape (n_people, n_circles)
        What the gain loses without each circle; empty if not asked for.
    """

    gains: FloatArray
    belonging: FloatArray
    losses: FloatArray


def is_better(gains: FloatArray, than: FloatArray) -> bool:
    """Whether people's gains are larger than others, clearly and by enough to matter."""
    return lead(gains, than) > CLEAR


def stays_behind(first: FloatArray, then: FloatArray, than: FloatArray) -> bool:
    """Whether gains are far behind others, and the step from `first` to `then` changed little."""
    is_far = lead(then, than) < -FAR
    return is_far and lead(then, than) < LEFT * lead(first, than)


def lead(gains: FloatArray, than: FloatArray) -> float:
    """Return the standard errors by which gains pass others with what a gain must grow by."""
    return clarity(gains - (1.0 + WORTHWHILE) * than)


def clarity(difference: FloatArray) -> float:
    """Return the sum of people's differences in standard errors; 0 where nobody differs."""
    spread = float(np.sqrt((difference**2).sum()))
    return float(difference.sum()) / spread if spread > 0.0 else 0.0
