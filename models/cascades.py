"""Cascades over ties: whom a message reaches, sampled forward from people or backward to them.

A tie carries with a probability of its own, once (the independent cascade of Kempe, Kleinberg &
Tardos 2003).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.kernels import cascades as kernels
from models.rows import FloatArray, IntArray
from models.scrambling import scrambled

PRIOR_TRIALS = 10.0
"""Contents a tie is taken to have had a chance to carry before any evidence."""
ROOM = 1 << 22
People = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Ties:
    """Who can pass it to whom: person p to `neighbours[starts[p]:starts[p + 1]]`, ascending.

    Attributes
    ----------
    starts : ndarray of shape (n_people + 1,)
    neighbours : ndarray of shape (n_ties,)
    chances : ndarray of shape (n_ties,)
        Probability that a tie carries, 0 to 1.
    """

    starts: IntArray
    neighbours: People
    chances: FloatArray

    @classmethod
    def of(cls, matrix: sparse.csr_array) -> Self:
        """Read people x people of probabilities."""
        matrix = sparse.csr_array(matrix)
        matrix.sort_indices()
        return cls(
            matrix.indptr.astype(np.int64),
            matrix.indices.astype(np.int32),
            matrix.data.astype(np.float64),
        )

    @property
    def n_people(self) -> int:
        """How many people there are."""
        return len(self.starts) - 1

    def matrix(self) -> sparse.csr_array:
        """People x people of probabilities."""
        shape = (self.n_people, self.n_people)
        return sparse.csr_array((self.chances, self.neighbours, self.starts), shape=shape)

    def reversed(self) -> Self:
        """Who can receive it from whom."""
        return type(self).of(sparse.csr_array(self.matrix().T))


@dataclass(frozen=True, eq=False)
class Cascades:
    """Whom each cascade reached: cascade i `people[starts[i]:starts[i + 1]]`, its roots first."""

    starts: IntArray
    people: People

    @property
    def count(self) -> int:
        """How many cascades there are."""
        return len(self.starts) - 1

    def matrix(self, n_people: int) -> sparse.csr_array:
        """Cascades x people of 0 and 1."""
        parts = (np.ones(len(self.people)), self.people, self.starts)
        return sparse.csr_array(parts, shape=(self.count, n_people))


def weighted_cascade(matrix: sparse.csr_array) -> sparse.csr_array:
    """Let whoever has d people who can pass it to them take it from each with probability 1 / d."""
    received = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return sparse.csr_array(
        (1.0 / received[matrix.indices], matrix.indices, matrix.indptr), shape=matrix.shape
    )


def learned_chances(
    matrix: sparse.csr_array, *, trials: sparse.csr_array, hits: sparse.csr_array
) -> sparse.csr_array:
    """Let each tie carry as it did: hits over trials, drawn toward what ties do on the whole.

    All three are people x people; a trial is something the one passed on, a hit that the other
    then passed on too. On the whole ties carry by the weighted cascade times one factor, so that
    the hits of all trials together are those seen; `PRIOR_TRIALS` trials at that rate are added
    to each tie.

    References
    ----------
    Goyal, Bonchi & Lakshmanan (2010), "Learning influence probabilities in social networks", the
    static Bernoulli model.
    """
    base = weighted_cascade(matrix)
    ties = sparse.csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), matrix.shape)
    tried, carried = (aligned(table, ties) for table in (trials, hits))
    usual = base.data * (carried.sum() / max(float(tried @ base.data), 1e-12))
    chances = (carried + PRIOR_TRIALS * usual) / (tried + PRIOR_TRIALS)
    return sparse.csr_array((np.clip(chances, 0.0, 1.0), ties.indices, ties.indptr), ties.shape)


def aligned(table: sparse.csr_array, ties: sparse.csr_array) -> FloatArray:
    """The entries of a table where there are ties, in the order of the ties."""
    # Adding 1 to every tie keeps those that are 0 in the table.
    both = sparse.csr_array(table.multiply(ties) + ties)
    both.sort_indices()
    return np.asarray(both.data - 1.0)


def run_from(
    ties: Ties, groups: list[IntArray], *, keys: npt.NDArray[np.uint64]
) -> Iterator[Cascades]:
    """Run one cascade from each group of people; they come in batches, in order."""
    lengths = [len(group) for group in groups]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    roots = np.concatenate([np.zeros(0, np.int64), *groups]).astype(np.int32)
    yield from batches(ties, starts, roots, keys)


def run_back(
    backward: Ties, targets: IntArray, *, first: int, count: int, seed: int
) -> Iterator[Cascades]:
    """Sample who could have reached a random target: reverse-reachable sets, in batches.

    Set number i is the same whatever `first` and `count` it came with.

    References
    ----------
    Borgs, Brautbar, Chayes & Lucier (2014), "Maximizing social influence in nearly optimal time".
    """
    keys = keys_of(seed, first, count)
    picked = scrambled(keys ^ np.uint64(0x5851F42D4C957F2D)) % np.uint64(len(targets))
    roots = targets[picked.astype(np.int64)].astype(np.int32)
    yield from batches(backward, np.arange(count + 1), roots, keys)


def keys_of(seed: int, first: int, count: int) -> npt.NDArray[np.uint64]:
    """A number for each cascade to draw from; far apart, so that their draws do not meet."""
    numbers = np.arange(first, first + count, dtype=np.uint64)
    return scrambled(scrambled(numbers) ^ scrambled(np.array([seed], np.uint64)))


def batches(
    ties: Ties, root_starts: IntArray, roots: People, keys: npt.NDArray[np.uint64]
) -> Iterator[Cascades]:
    """Run all cascades, as many at a time as there is room for."""
    marks = np.zeros(ties.n_people, np.int64)
    reached = np.empty(max(ROOM, ties.n_people), np.int32)
    done = 0
    while done < len(keys):
        ends = np.full(len(keys) - done + 1, -1, np.int64)
        ends[0] = done
        kernels.spread(
            ties.starts, ties.neighbours, ties.chances,
            root_starts[done:], roots, keys[done:], marks, reached, ends,
        )  # fmt: skip
        ran = int(np.count_nonzero(ends >= 0)) - 1
        yield Cascades(ends[: ran + 1], reached[: ends[ran]].copy())
        done += ran
        marks[:] = 0


def joined(parts: list[Cascades]) -> Cascades:
    """Put batches one after the other."""
    counts = np.concatenate([np.zeros(0, np.int64), *(np.diff(part.starts) for part in parts)])
    people = np.concatenate([np.zeros(0, np.int32), *(part.people for part in parts)])
    return Cascades(np.concatenate([[0], np.cumsum(counts)]), people)


def expected_spread(ties: Ties, people: IntArray, *, runs: int = 10_000, seed: int = 0) -> float:
    """The mean number of people reached from some people, themselves included."""
    keys = keys_of(seed, 0, runs)
    total = sum(len(part.people) for part in run_from(ties, [people] * runs, keys=keys))
    return total / runs
