"""Judging circles by what they foretell: tags held back from learning, told from the rest.

Of some people a fifth of the tags is held back. Circles learned without them say how likely each
was; the gain over the crowd is the circles' worth, and needs no labels. More circles than there
are do not foretell better, nor do circles of chance, so the number of circles comes out of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.excerpts import only, taken
from models.exponentials import exp, log
from models.kernels.holding import hold_back
from models.kernels.threads import side_by_side
from models.landmarks import row_hashes
from models.mixture import dense
from models.profiles import TagProfiles
from models.rows import BoolArray, FloatArray, IntArray, Rows, add_up
from models.scrambling import Hash, chance, scrambled
from models.tagtable import gather

JUDGED = 10_000
SHARE = 0.2
FEWEST_TAGS = 4
"""Tags of which one may be held back."""
PEOPLE_AT_ONCE = 500
TINY = 1e-300
CLEAR = 1.0
"""Standard errors by which circles must be better, or missed, to count."""
WORTHWHILE = 0.01
"""Share by which a gain must grow: half as many circles again have to tell something more."""


@dataclass(frozen=True, eq=False)
class HeldBack:
    """Decides by hashes, row by row, whose tags are held back and which.

    Attributes
    ----------
    judged : float
        Share of the people of whom tags are held back.
    salt : uint64
        Makes the draw.
    """

    judged: float
    salt: np.uint64

    @classmethod
    def of(cls, learners: int, *, seed: int) -> "HeldBack":
        """Judge by 10,000 of the people learned from, or half of them where they are fewer."""
        salt = scrambled(np.array([seed % 2**63], dtype=np.uint64) + np.uint64(0x7F4A7C15))[0]
        return cls(min(0.5, JUDGED / max(learners, 1)), salt)

    def left(self, rows: Rows) -> Rows:
        """Return people's rows without what is held back."""
        hashes = row_hashes(rows)
        return only(rows, ~self._held(rows, hashes))

    def trial(self, rows: Rows, *, crowd: FloatArray) -> "Trial":
        """Split the judged of some people into what is known and what is to be told."""
        hashes = row_hashes(rows)
        judged = np.flatnonzero(self._is_judged(hashes))
        some = taken(rows, judged)
        held = self._held(some, hashes[judged])
        return Trial(only(some, ~held), only(some, held), crowd)

    def _is_judged(self, hashes: Hash) -> BoolArray:
        return chance(scrambled(hashes ^ self.salt)) < self.judged

    def _held(self, rows: Rows, hashes: Hash) -> BoolArray:
        held = np.zeros(len(rows.columns), np.bool_)
        columns = rows.columns.astype(np.int32, copy=False)
        hold_back(rows.starts, columns, hashes, self.salt, self.judged, SHARE, FEWEST_TAGS, held)
        return held


@dataclass(frozen=True, eq=False)
class Trial:
    """What is known of some people, and the tags to be told; row by row the same people.

    `crowd` holds the share of each tag among everyone: what circles must do better than.
    """

    known: Rows
    hidden: Rows
    crowd: FloatArray

    def gains(self, profiles: TagProfiles) -> FloatArray:
        """Return by how much circles foretell each person's hidden tags better than the crowd.

        In nats, shape (n_people,). A tag known cannot be hidden as well, so what the circles
        and the crowd give to the known ones is taken out of both.
        """
        return np.concatenate(self.of_parts(profiles, Foretold.gains))

    def losses(self, profiles: TagProfiles) -> FloatArray:
        """Return what each person's gain loses without each circle, (n_people, n_circles)."""
        return np.concatenate(self.of_parts(profiles, Foretold.losses))

    def shared(self, profiles: TagProfiles) -> FloatArray:
        """Return how much of each circle's people could be in each other one as well.

        Shape (n_circles, n_circles), the expected share; 0 on the diagonal.
        """
        belonging = np.concatenate(self.of_parts(profiles, lambda part: part.belonging))
        share = belonging.T @ belonging / np.maximum(belonging.sum(axis=0), 1e-9)[:, None]
        np.fill_diagonal(share, 0.0)
        return np.asarray(share)

    def of_parts(
        self, profiles: TagProfiles, work: "Callable[[Foretold], FloatArray]"
    ) -> list[FloatArray]:
        """Weigh the people piece by piece, and work on each."""
        table = np.ascontiguousarray(dense(profiles).T)

        def of(first: int) -> FloatArray:
            last = min(first + PEOPLE_AT_ONCE, self.known.n_rows)
            known, hidden = self.known.part(first, last), self.hidden.part(first, last)
            return work(Foretold.of(profiles, table, known, hidden, crowd=self.crowd))

        return side_by_side(of, range(0, max(self.known.n_rows, 1), PEOPLE_AT_ONCE))


@dataclass(frozen=True, eq=False)
class Foretold:
    """Some people's hidden tags under their circles and under the crowd.

    Attributes
    ----------
    alone : ndarray of shape (n_people,)
        Probability of no circle, given the known tags.
    belonging, signal : ndarray of shape (n_people, n_circles)
        Probability of each circle, and that part of it in which a further tag is the circle's own.
    owners : ndarray of shape (n_hidden,)
        The person of each hidden tag.
    own : ndarray of shape (n_hidden, n_circles)
        Probability of each hidden tag among a circle's own.
    background, crowd : ndarray of shape (n_hidden,)
        The same in the profiles' background, and among everyone.
    own_known, background_known, crowd_known : ndarray
        The same three added up over each person's known tags, (n_people, n_circles) and
        (n_people,).
    """

    alone: FloatArray
    belonging: FloatArray
    signal: FloatArray
    owners: IntArray
    own: FloatArray
    background: FloatArray
    crowd: FloatArray
    own_known: FloatArray
    background_known: FloatArray
    crowd_known: FloatArray

    @classmethod
    def of(
        cls,
        profiles: TagProfiles,
        table: FloatArray,
        known: Rows,
        hidden: Rows,
        *,
        crowd: FloatArray,
    ) -> "Foretold":
        """Weigh circles by the known tags; `table` is tags x circles."""
        weights = posterior(profiles, known)
        held = known.with_values(np.ones(len(known.values))).to_csr()
        return cls(
            alone=weights.alone,
            belonging=weights.joint.sum(axis=0),
            signal=np.tensordot(profiles.grid, weights.joint, axes=1),
            owners=hidden.owners,
            own=table[hidden.columns],
            background=profiles.background[hidden.columns],
            crowd=crowd[hidden.columns],
            own_known=np.asarray(held @ table),
            background_known=np.asarray(held @ profiles.background),
            crowd_known=np.asarray(held @ crowd),
        )

    @cached_property
    def told(self) -> FloatArray:
        """Probability of each hidden tag, shape (n_hidden,)."""
        by_circles = (self.signal[self.owners] * self.own).sum(axis=1)
        return np.asarray(
            by_circles + (1.0 - self.signal.sum(axis=1))[self.owners] * self.background
        )

    @cached_property
    def told_known(self) -> FloatArray:
        """Probability of any of the known tags, shape (n_people,)."""
        by_circles = (self.signal * self.own_known).sum(axis=1)
        return np.asarray(by_circles + (1.0 - self.signal.sum(axis=1)) * self.background_known)

    def gains(self) -> FloatArray:
        """Log-likelihood of each person's hidden tags beyond the crowd's."""
        ratio = log(self.told / self.crowd)
        room = log(left_over(self.told_known) / left_over(self.crowd_known))
        return add_up(self.owners, ratio - room[self.owners], len(self.signal))

    def losses(self) -> FloatArray:
        """Log-likelihood each person's hidden tags lose without each circle.

        The others share its place by their probabilities.
        """
        lone = self.belonging - self.signal
        share = lone[self.owners] * self.background[:, None] + self.signal[self.owners] * self.own
        kept = all_but(share, self.alone[self.owners] * self.background)
        known = lone * self.background_known[:, None] + self.signal * self.own_known
        room = all_but(self.belonging - known, self.alone * (1.0 - self.background_known))
        lost = log(self.told[:, None] / np.maximum(kept, TINY))
        lost -= log(left_over(self.told_known)[:, None] / np.maximum(room, TINY))[self.owners]
        columns = [add_up(self.owners, column, len(self.signal)) for column in lost.T]
        return np.stack(columns, axis=1)


def all_but(parts: FloatArray, rest: FloatArray) -> FloatArray:
    """Return the sum of each row and its rest without each part, however large the part is."""
    padded = np.pad(parts, ((0, 0), (1, 1)))
    before = np.cumsum(padded, axis=1)[:, :-2]
    after = np.cumsum(padded[:, ::-1], axis=1)[:, ::-1][:, 2:]
    return np.asarray(before + after + rest[:, None])


@dataclass(frozen=True, eq=False)
class Weights:
    """The posterior: `alone` (n_rows,) of no circle, `joint` (n_grid, n_rows, n_circles)."""

    alone: FloatArray
    joint: FloatArray


def posterior(profiles: TagProfiles, rows: Rows) -> Weights:
    """Weigh every circle and share of signal against the background."""
    evidence = gather(profiles.table, rows)
    scores = np.repeat(evidence.unhit[:, :, None], profiles.n_circles, axis=2)
    scores[:, evidence.slot_row, evidence.slot_circle] = evidence.scores
    scores += log(profiles.grid_weights)[:, None, None] + profiles.log_priors
    top = np.maximum(scores.max(axis=(0, 2), initial=0.0), 0.0)
    joint, alone = exp(scores - top[:, None]), exp(-top)
    total = joint.sum(axis=(0, 2)) + alone
    return Weights(alone / total, joint / total[:, None])


def left_over(given: FloatArray) -> FloatArray:
    """Return the probability left when some is given away, never 0."""
    return np.maximum(1.0 - given, 1e-9)


def is_better(gains: FloatArray, than: FloatArray) -> bool:
    """Whether people's gains are larger than others, clearly and by enough to matter."""
    return clarity(gains - (1.0 + WORTHWHILE) * than) > CLEAR


def clarity(difference: FloatArray) -> float:
    """Return the sum of people's differences in standard errors; 0 where nobody differs."""
    spread = float(np.sqrt((difference**2).sum()))
    return float(difference.sum()) / spread if spread > 0.0 else 0.0
