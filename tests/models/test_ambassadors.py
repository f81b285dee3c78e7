"""Ambassadors: as good as greedy search over every cascade, with a guarantee that holds."""

from itertools import combinations

import numpy as np
import pytest

from models.ambassadors import GREEDY, covered_by, covering, find_ambassadors
from models.cascades import (
    Cascades,
    Ties,
    expected_spread,
    joined,
    keys_of,
    run_from,
    weighted_cascade,
)
from models.influence import tie_matrix
from tests.models.graphs import exact_reach, small_ties

JUDGED = 40_000


def random_ties(people, ties, seed):
    """Ties of a graph in which some people have many more than others."""
    rng = np.random.default_rng(seed)
    pull = rng.pareto(1.5, people) + 0.2
    ends = rng.choice(people, (2, ties), p=pull / pull.sum())
    return Ties.of(weighted_cascade(tie_matrix(people, sources=ends[0], targets=ends[1])))


def celf(ties, count, runs=4_000):
    """Greedy search with lazy evaluations, each person's gain simulated over the same cascades.

    Leskovec et al. (2007); independent of sets, bounds and kernels but for running cascades.
    """
    keys = keys_of(99, 0, runs)

    def spread(people):
        groups = [np.array(people)] * runs
        return sum(len(part.people) for part in run_from(ties, groups, keys=keys)) / runs

    chosen, reached = [], 0.0
    gains = {person: (spread([person]), 0) for person in range(ties.n_people)}
    while len(chosen) < count:
        best = max(gains, key=lambda person: (gains[person][0], -person))
        gain, told_at = gains[best]
        if told_at == len(chosen):
            chosen.append(best)
            reached += gain
            del gains[best]
        else:
            gains[best] = spread([*chosen, best]) - reached, len(chosen)
    return np.array(chosen)


@pytest.mark.parametrize("seed", range(3))
def test_within_one_percent_of_greedy_celf(seed):
    """Judged by cascades neither of the two saw."""
    ties = random_ties(80, 320, seed)
    everyone = np.arange(80)

    found = find_ambassadors(ties.reversed(), candidates=everyone, targets=everyone, count=4)

    ours, theirs = (
        expected_spread(ties, people, runs=JUDGED, seed=5)
        for people in (found.people, celf(ties, 4))
    )
    assert ours >= 0.99 * theirs


def test_at_least_the_greedy_share_of_the_best_pair():
    """Every pair of people tried, every way ties can fire."""
    ties = small_ties()
    everyone = np.arange(6)

    found = find_ambassadors(
        Ties.of(ties).reversed(), candidates=everyone, targets=everyone, count=2
    )

    best = max(exact_reach(ties, list(pair)) for pair in combinations(range(6), 2))
    reached = exact_reach(ties, found.people.tolist())
    assert reached >= 0.63 * best
    assert found.reach[-1] == pytest.approx(reached, rel=0.05)
    assert found.guarantee <= reached / best


@pytest.mark.parametrize("count", [1, 5, 20])
def test_the_guarantee_is_kept_and_reach_is_foretold(count):
    """The promise is reached before the sets run out, and forward cascades agree with it."""
    ties = random_ties(3_000, 9_000, 7)
    everyone = np.arange(3_000)

    found = find_ambassadors(ties.reversed(), candidates=everyone, targets=everyone, count=count)

    assert found.guarantee >= GREEDY - 0.05
    spread = expected_spread(ties, found.people, runs=4_000, seed=3)
    assert found.reach[-1] == pytest.approx(spread, rel=0.1)
    assert np.all(np.diff(found.reach) >= 0)


def test_only_candidates_are_chosen_and_only_targets_count():
    """The best of everyone may not be the best among those allowed, for those meant."""
    # 0 reaches 1..50, 60 reaches 61..70; only the latter are meant, only 60 and 5 may be chosen.
    sources = np.concatenate([np.zeros(50, int), np.full(10, 60)])
    targets = np.concatenate([np.arange(1, 51), np.arange(61, 71)])
    ties = Ties.of(weighted_cascade(tie_matrix(80, sources=sources, targets=targets)))

    found = find_ambassadors(
        ties.reversed(), candidates=np.array([5, 60]), targets=np.arange(60, 71), count=2
    )

    assert found.people.tolist() == [60, 5]
    assert found.reach == pytest.approx([11.0, 11.0])


def test_nobody_is_chosen_twice():
    """Also when nobody adds anything any more."""
    alone = Ties(np.zeros(31, np.int64), np.zeros(0, np.int32), np.zeros(0))
    everyone = np.arange(30)

    found = find_ambassadors(alone, candidates=everyone[:10], targets=everyone[20:], count=10)

    assert sorted(found.people) == list(range(10))
    assert found.reach.tolist() == [0.0] * 10


def test_the_same_seed_chooses_the_same_people():
    """And another seed may draw other sets."""
    ties = random_ties(500, 1_500, 2).reversed()
    asked = {"candidates": np.arange(500), "targets": np.arange(500), "count": 10}

    one, again = (find_ambassadors(ties, **asked, random_state=4) for _ in range(2))
    other = find_ambassadors(ties, **asked, random_state=5)

    assert one.people.tobytes() == again.people.tobytes()
    assert one.reach.tobytes() == again.reach.tobytes()
    assert one.reach.tobytes() != other.reach.tobytes()


def test_covering_by_hand():
    """Four sets: person 1 is in three, then person 2 in the one left; person 0 adds nothing."""
    sets = Cascades(np.array([0, 2, 3, 5, 6]), np.array([0, 1, 1, 1, 2, 2], np.int32))

    found = covering(sets, 3, 2)

    assert found.people.tolist() == [1, 2]
    assert found.covered.tolist() == [3, 4]
    assert found.gains.tolist() == [0, -1, -1]
    assert found.most == 4.0
    assert covered_by(sets, np.array([2]), 3).tolist() == [2]


def test_no_choice_covers_more_than_the_bound():
    """Every choice of three among nine people, over random sets."""
    rng = np.random.default_rng(8)
    lists = [rng.choice(9, rng.integers(1, 4), replace=False) for _ in range(60)]
    sets = joined([Cascades(np.array([0, len(each)]), each.astype(np.int32)) for each in lists])

    found = covering(sets, 9, 3)

    best = max(
        sum(bool(set(choice) & set(each.tolist())) for each in lists)
        for choice in combinations(range(9), 3)
    )
    assert found.covered[-1] >= GREEDY * best
    assert best <= found.most
