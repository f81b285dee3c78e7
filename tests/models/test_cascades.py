"""Cascades: exact on small graphs, the same in any batch, carried as the evidence says."""

import numpy as np
import pytest
from scipy import sparse

from models import cascades
from models.cascades import (
    PRIOR_TRIALS,
    Ties,
    expected_spread,
    joined,
    keys_of,
    learned_chances,
    run_back,
    run_from,
    weighted_cascade,
)
from models.influence import tie_matrix
from tests.models.graphs import exact_reach, small_ties


def matrix(entries, size):
    """People x people from (source, target, value)."""
    rows, columns, values = zip(*entries, strict=True)
    return sparse.csr_array((np.array(values, float), (rows, columns)), shape=(size, size))


@pytest.mark.parametrize("start", [[0], [3], [1, 4]])
def test_spread_is_that_of_every_way_ties_can_fire(start):
    """The sampled mean is the exact one within four standard errors."""
    ties = small_ties()

    found = expected_spread(Ties.of(ties), np.array(start), runs=40_000)

    assert found == pytest.approx(exact_reach(ties, start), abs=4 * 2.0 / 200)


def test_certain_ties_carry_always_and_impossible_ones_never():
    """A chain of ones that a zero cuts."""
    ties = Ties.of(matrix([(0, 1, 1.0), (1, 2, 1.0), (3, 4, 1.0)], 5))
    cut = Ties(ties.starts, ties.neighbours, np.array([1.0, 0.0, 1.0]))

    assert expected_spread(ties, np.array([0]), runs=50) == 3.0
    assert expected_spread(cut, np.array([0]), runs=50) == 2.0
    assert expected_spread(ties, np.array([0, 3, 3]), runs=50) == 5.0


def test_batches_do_not_show(monkeypatch):
    """Little room, or a start in the middle, gives the same cascades."""
    backward = Ties.of(small_ties()).reversed()
    whole = joined(list(run_back(backward, np.arange(6), first=0, count=500, seed=3)))

    monkeypatch.setattr(cascades, "ROOM", 7)
    parts = list(run_back(backward, np.arange(6), first=0, count=500, seed=3))
    later = joined(list(run_back(backward, np.arange(6), first=200, count=300, seed=3)))

    assert len(parts) > 50
    assert joined(parts).people.tobytes() == whole.people.tobytes()
    assert joined(parts).starts.tobytes() == whole.starts.tobytes()
    assert later.people.tobytes() == whole.people[whole.starts[200] :].tobytes()


def test_roots_come_first_and_nobody_twice():
    """Each cascade begins with whom it started from."""
    ties, groups = Ties.of(small_ties()), [np.array([4, 0]), np.array([2]), np.array([], int)]

    ran = joined(list(run_from(ties, groups, keys=keys_of(0, 0, 3))))

    reached = [ran.people[a:b].tolist() for a, b in zip(ran.starts, ran.starts[1:], strict=False)]
    assert reached[0][:2] == [4, 0]
    assert reached[1][0] == 2
    assert reached[2] == []
    assert all(len(each) == len(set(each)) for each in reached)


def test_targets_are_drawn_evenly():
    """Each of three targets is the root of a third of the sets, and nobody else of any."""
    backward = Ties.of(small_ties()).reversed()

    sets = joined(list(run_back(backward, np.array([1, 3, 5]), first=0, count=30_000, seed=1)))

    shares = np.bincount(sets.people[sets.starts[:-1]], minlength=6) / 30_000
    assert shares[[1, 3, 5]] == pytest.approx(1 / 3, abs=0.012)
    assert shares[[0, 2, 4]].sum() == 0.0


def test_the_weighted_cascade_adds_up_to_one_taken_message():
    """Whoever can receive takes one on average, from any of those who can pass it."""
    ties = tie_matrix(4, sources=np.array([0, 1, 2, 0]), targets=np.array([3, 3, 3, 1]))

    chances = weighted_cascade(ties).toarray()

    assert chances.sum(axis=0).tolist() == [0.0, 1.0, 0.0, 1.0]
    assert chances[0, 3] == pytest.approx(1 / 3)


def test_ties_carry_as_they_did():
    """By hand: two ties into one person, one tried ten times with four hits, one never tried."""
    ties = tie_matrix(3, sources=np.array([0, 1]), targets=np.array([2, 2]))
    trials, hits = matrix([(0, 2, 10.0)], 3), matrix([(0, 2, 4.0)], 3)

    chances = learned_chances(ties, trials=trials, hits=hits).toarray()

    usual = 0.5 * 4 / (10 * 0.5)
    assert chances[0, 2] == pytest.approx((4 + PRIOR_TRIALS * usual) / (10 + PRIOR_TRIALS))
    assert chances[1, 2] == pytest.approx(usual)


def test_learning_finds_the_planted_order_of_ties():
    """Of ties that carry with 0.02 to 0.6, those learned to carry more do carry more."""
    rng = np.random.default_rng(0)
    sources, targets = np.repeat(np.arange(200), 5), rng.integers(200, 400, 1_000)
    ties = tie_matrix(400, sources=sources, targets=targets)
    real = rng.uniform(0.02, 0.6, ties.nnz)
    tried = rng.poisson(20, ties.nnz)
    hits = rng.binomial(tried, real)

    def like(values):
        return sparse.csr_array((values.astype(float), ties.indices, ties.indptr), ties.shape)

    learned = learned_chances(ties, trials=like(tried), hits=like(hits)).data
    plain = weighted_cascade(ties).data

    assert np.corrcoef(learned, real)[0, 1] > 0.75
    assert abs(np.corrcoef(plain, real)[0, 1]) < 0.2
