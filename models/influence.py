"""Who carries it outward: expected reach over ties."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.cascades import Cascades
from models.shrinkage import FloatArray, IntArray


@dataclass(frozen=True)
class Influence:
    """Expected reach of each person, its standard error, and a score; each of shape (n_people,).

    `reach` counts the person, so it is at least 1. `score` is ln(reach) / ln(n_people): 0 reaches
    nobody else, 1 reaches everybody.
    """

    reach: FloatArray
    error: FloatArray
    score: FloatArray


def tie_matrix(n_people: int, *, sources: IntArray, targets: IntArray) -> sparse.csr_array:
    """Return who can pass it to whom, CSR people x people of 0 and 1, without self-ties."""
    away = sources != targets
    ones = np.ones(int(away.sum()))
    shape = (n_people, n_people)
    ties = sparse.csr_array((ones, (sources[away], targets[away])), shape=shape)
    ties.sum_duplicates()
    ties.data[:] = 1.0
    return ties


def influence(sets: Cascades, *, n_people: int) -> Influence:
    """Return each person's expected reach from reverse-reachable sets of random people.

    The share of sets somebody is in, times the number of people, is their reach, without bias.
    """
    share = np.bincount(sets.people, minlength=n_people) / sets.count
    reach = np.maximum(share * n_people, 1.0)
    error = n_people * np.sqrt(share * (1 - share) / sets.count)
    return Influence(reach=reach, error=error, score=np.log(reach) / np.log(max(n_people, 2)))


def untied(n_people: int) -> Influence:
    """Return the influence of people without any ties: nobody reaches anybody else."""
    nothing = np.zeros(n_people)
    return Influence(reach=np.ones(n_people), error=nothing, score=nothing)
