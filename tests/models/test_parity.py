"""Places under a bound on how far groups may lie apart."""

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from models.parity import ParityBound, even_places
from models.places import Problem, best_places, spending


def planted_case(random):
    """Draw a small case of two or three groups, one of them with better scores."""
    n_people = int(random.integers(4, 16))
    member = np.arange(n_people) % random.integers(2, 4)
    scores = (random.random(n_people) * np.where(member == 0, 1.0, 0.6)).round(3)
    ceiling = (scores[:, None] >= np.sort(random.random(2)) * 0.6).sum(axis=1)
    cost = np.concatenate([[0.0], np.cumsum(random.random(2) * 5)]).round(2)
    budget = float(random.uniform(0.3, 1.0) * cost[ceiling].sum())
    nobody = np.zeros(n_people, dtype=np.int64)
    gap = float(random.choice([0.0, 0.1, 0.25, 0.4]))
    problem = Problem(scores, nobody, ceiling, nobody - 1, cost, budget)
    return problem, ParityBound(member, tier=1, max_gap=gap)


def exact_optimum(problem, bound):
    """The worth of the best assignment within the bound; the common rate is one more unknown."""
    n_people, n_tiers = len(problem.scores), len(problem.cost)
    row, tier = (grid.ravel() for grid in np.indices((n_people, n_tiers)))
    at = np.array(
        [((bound.member[row] == name) & (tier >= bound.tier)) / (bound.member == name).sum()
         for name in np.unique(bound.member)]
    )  # fmt: skip
    rate = -np.ones((len(at), 1))
    one_each = np.column_stack([row == np.arange(n_people)[:, None], np.zeros(n_people)])
    found = milp(
        np.append(-problem.scores[row] * tier, 0.0),
        integrality=np.append(np.ones(len(row)), 0),
        bounds=Bounds(0, np.append((tier <= problem.ceiling[row]).astype(float), 1.0)),
        constraints=[
            LinearConstraint(one_each, 1, 1),
            LinearConstraint(np.append(problem.cost[tier], 0.0)[None, :], -np.inf, problem.budget),
            LinearConstraint(np.column_stack([at, rate]), 0, bound.max_gap),
        ],
    )
    return -found.fun


def test_small_cases_come_within_one_percent_of_the_exact_optimum():
    """Two hundred cases, solved exactly beside ours; the bound and the budget hold in all."""
    random = np.random.default_rng(0)
    for _ in range(200):
        problem, bound = planted_case(random)

        found = even_places(problem, bound=bound)

        exact = exact_optimum(problem, bound)
        assert found.gap <= bound.max_gap + 1e-9
        assert spending(found.places.tier, problem.cost) <= problem.budget
        assert problem.scores @ found.places.tier >= 0.99 * exact - 1e-6


def test_the_price_is_the_worth_given_up_for_the_bound():
    """And a tighter bound never costs less."""
    random = np.random.default_rng(1)
    n_people = 5_000
    member = (random.random(n_people) < 0.3).astype(int)
    scores = random.random(n_people) * np.where(member, 0.7, 1.0)
    ceiling = (scores[:, None] >= [0.4, 0.7]).sum(axis=1)
    nobody = np.zeros(n_people, dtype=np.int64)
    problem = Problem(scores, nobody, ceiling, nobody, np.array([0.0, 1.0, 3.0]), 2_500.0)
    most = scores @ best_places(problem).tier

    prices = []
    for gap in (1.0, 0.2, 0.1, 0.0):
        found = even_places(problem, bound=ParityBound(member, tier=1, max_gap=gap))
        assert found.gap <= gap + 1e-3  # a group's share moves in steps of one person
        assert found.price == pytest.approx(most - scores @ found.places.tier)
        prices.append(found.price)

    assert prices[0] == 0.0
    assert prices == sorted(prices)
    assert prices[-1] > 0


def test_people_in_no_group_are_not_bound():
    """Only the labelled are compared."""
    nobody = np.zeros(4, dtype=np.int64)
    scores = np.array([0.9, 0.9, 0.9, 0.9])
    problem = Problem(scores, nobody, np.array([1, 1, 0, 1]), nobody, np.array([0.0, 1.0]), 9.0)

    found = even_places(problem, bound=ParityBound(np.array([0, -1, 1, -1]), tier=1, max_gap=0.0))

    assert found.places.tier.tolist() == [0, 1, 0, 1]


def test_what_may_not_yet_be_lost_is_kept_and_the_gap_said():
    """A floor is a right: the bound is then missed by as little as can be."""
    floor = np.array([1, 0, 0, 0])
    ceiling = np.array([1, 1, 0, 0])
    scores = np.array([0.5, 0.9, 0.1, 0.1])
    problem = Problem(scores, floor, ceiling, floor, np.array([0.0, 1.0]), 9.0)

    found = even_places(problem, bound=ParityBound(np.array([0, 0, 1, 1]), tier=1, max_gap=0.0))

    assert found.places.tier.tolist() == [1, 0, 0, 0]
    assert found.gap == pytest.approx(0.5)


def test_a_budget_that_no_longer_pays_what_nobody_may_lose_still_keeps_the_bound():
    """The worst placed fall, evenly; it was an error that named no cause."""
    floor = np.array([1, 1, 1, 1, 0, 0])
    scores = np.array([0.9, 0.8, 0.7, 0.4, 0.6, 0.5])
    member = np.array([0, 0, 0, 1, 1, 1])
    problem = Problem(scores, floor, np.ones(6, int), floor, np.array([0.0, 1.0]), 2.0)

    found = even_places(problem, bound=ParityBound(member, tier=1, max_gap=0.1))

    assert found.places.tier.tolist() == [1, 0, 0, 1, 0, 0]
    assert found.gap == 0.0
    assert found.price == pytest.approx(0.4)
