"""Who carries it outward: expected reach over ties, and what invitations bring."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.shrinkage import FloatArray, IntArray

MAX_STEPS = 64
SETS_AT_ONCE = 50_000


@dataclass(frozen=True)
class ReachableSets:
    """Samples of who could have reached a random person: `members` is CSR sets x people."""

    members: sparse.csr_array

    @property
    def n_sets(self) -> int:
        """How many random people were asked."""
        return int(self.members.shape[0])

    @property
    def n_people(self) -> int:
        """How many people there are."""
        return int(self.members.shape[1])


@dataclass(frozen=True)
class Influence:
    """Expected reach of each person, its standard error, and a score; each of shape (n_people,).

    `reach` counts the person, so it is at least 1. `score` is ln(reach) / ln(n_people): 0 reaches
    nobody else, 1 reaches everybody.
    """

    reach: FloatArray
    error: FloatArray
    score: FloatArray


@dataclass(frozen=True)
class Seeds:
    """People to start from, best first, and how many they are expected to reach together."""

    people: IntArray
    reach: FloatArray


@dataclass(frozen=True)
class Growth:
    """What invitations bring: `k` = invitations a person x share of them accepted.

    A `k` of 1 or more grows by itself.
    """

    invitations: int
    accepted: int
    k: float


def tie_matrix(n_people: int, *, sources: IntArray, targets: IntArray) -> sparse.csr_array:
    """Return who can pass it to whom, CSR people x people of 0 and 1, without self-ties."""
    away = sources != targets
    ones = np.ones(int(away.sum()))
    shape = (n_people, n_people)
    ties = sparse.csr_array((ones, (sources[away], targets[away])), shape=shape)
    ties.sum_duplicates()
    ties.data[:] = 1.0
    return ties


def reachable_sets(
    ties: sparse.csr_array, *, n_sets: int = 20_000, random_state: int = 0
) -> ReachableSets:
    """Sample reverse-reachable sets under the weighted cascade.

    Someone with d people who can pass it to them takes it from each with probability 1 / d. Each
    set starts at a random person and follows ties backward; the share of sets somebody is in,
    times the number of people, is that person's expected reach, without bias.

    References
    ----------
    Borgs, Brautbar, Chayes & Lucier (2014), "Maximizing social influence in nearly optimal time".
    Kempe, Kleinberg & Tardos (2003), section 2.2, for the weighted cascade.
    """
    rng = np.random.Generator(np.random.PCG64(random_state))
    backward = sparse.csr_array(ties.T)
    chunks = [
        _sample(backward, min(SETS_AT_ONCE, n_sets - start), rng)
        for start in range(0, n_sets, SETS_AT_ONCE)
    ]
    return ReachableSets(sparse.csr_array(sparse.vstack(chunks)))


def influence(sets: ReachableSets) -> Influence:
    """Return each person's expected reach from the sets they are in."""
    share = np.asarray(sets.members.sum(axis=0)).ravel() / sets.n_sets
    reach = np.maximum(share * sets.n_people, 1.0)
    error = sets.n_people * np.sqrt(share * (1 - share) / sets.n_sets)
    return Influence(reach=reach, error=error, score=np.log(reach) / np.log(max(sets.n_people, 2)))


def best_seeds(sets: ReachableSets, *, count: int) -> Seeds:
    """Choose people greedily so that together they are in the most sets.

    Reaches at least 1 - 1/e of the best choice, up to sampling. Ties go to the smaller index.
    """
    by_person = sparse.csr_array(sets.members.T)
    gains = np.asarray(by_person.sum(axis=1)).ravel()
    is_open = np.ones(sets.n_sets, dtype=bool)
    people, covered = [], []
    for _ in range(min(count, sets.n_people)):
        person = int(np.argmax(gains))
        mine = _row(by_person, person)
        fresh = mine[is_open[mine]]
        is_open[fresh] = False
        losers, losses = np.unique(sets.members[fresh].indices, return_counts=True)
        gains[losers] -= losses
        gains[person] = -1.0
        people.append(person)
        covered.append(fresh.size)
    reach = np.cumsum(covered) / sets.n_sets * sets.n_people
    return Seeds(people=np.array(people, dtype=np.int64), reach=np.asarray(reach, dtype=np.float64))


def untied(n_people: int) -> Influence:
    """Return the influence of people without any ties: nobody reaches anybody else."""
    nothing = np.zeros(n_people)
    return Influence(reach=np.ones(n_people), error=nothing, score=nothing)


def growth(people: int, *, invitations: int, accepted: int) -> Growth:
    """Return the K-factor; 0 when nobody invites."""
    k = accepted / people if people else 0.0
    return Growth(invitations=invitations, accepted=accepted, k=k)


def _sample(backward: sparse.csr_array, n_sets: int, rng: np.random.Generator) -> sparse.csr_array:
    n_people = backward.shape[0]
    keys = np.arange(n_sets) * n_people + rng.integers(n_people, size=n_sets)
    found = keys
    for _ in range(MAX_STEPS):
        keys = _step(backward, keys, rng)
        keys = keys[~_is_in(keys, found)]
        if keys.size == 0:
            break
        found = np.union1d(found, keys)
    rows, columns = np.divmod(found, n_people)
    pointers = np.searchsorted(rows, np.arange(n_sets + 1))
    return sparse.csr_array((np.ones(found.size), columns, pointers), shape=(n_sets, n_people))


def _step(backward: sparse.csr_array, keys: IntArray, rng: np.random.Generator) -> IntArray:
    """Follow every tie that fires backward from (set, person) keys; sorted, without repeats."""
    sets, people = np.divmod(keys, backward.shape[0])
    starts = backward.indptr[people].astype(np.int64)
    degrees = backward.indptr[people + 1] - starts
    reached = [
        sets[owner] * backward.shape[0] + backward.indices[starts[owner] + place]
        for owner, place in _firing(degrees, rng)
    ]
    return np.unique(np.concatenate(reached)) if reached else keys[:0]


def _firing(degrees: IntArray, rng: np.random.Generator) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield which of each one's ties fire with probability 1 / degree, as (index, tie) pairs.

    Jumps from one firing tie to the next, so a hub costs no more than anybody else.
    """
    owner = np.flatnonzero(degrees)
    place = np.full(owner.size, -1, dtype=np.int64)
    while owner.size:
        chance = 1 / degrees[owner]
        place = place + rng.geometric(chance)
        inside = place < degrees[owner]
        owner, place = owner[inside], place[inside]
        yield owner, place


def _is_in(keys: IntArray, found: IntArray) -> NDArray[np.bool_]:
    place = np.minimum(np.searchsorted(found, keys), found.size - 1)
    return np.asarray(found[place] == keys)


def _row(matrix: sparse.csr_array, row: int) -> IntArray:
    inside = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return np.asarray(matrix.indices[inside], dtype=np.int64)
