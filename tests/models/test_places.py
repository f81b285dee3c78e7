"""The places a budget can buy."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from models.places import Problem, best_places, spending


def places(scores, ceiling, *, cost, budget, floor=None, group=None):
    """Place newcomers unless a floor or a group says otherwise."""
    nobody = np.zeros(len(scores), dtype=np.int64)
    return best_places(
        Problem(
            scores=np.asarray(scores, dtype=float),
            floor=nobody if floor is None else np.asarray(floor),
            ceiling=np.asarray(ceiling),
            group=nobody - 1 if group is None else np.asarray(group),
            cost=np.asarray(cost, dtype=float),
            budget=budget,
        )
    )


def planted_case(random):
    """Draw a small case: scores, floors, ceilings that need not follow them, a tight budget."""
    n_people, n_tiers = random.integers(1, 16), random.integers(2, 6)
    scores = random.random(n_people).round(3)
    floor = np.where(random.random(n_people) < 0.2, random.integers(0, n_tiers, n_people), 0)
    ceiling = np.maximum(random.integers(0, n_tiers, n_people), floor)
    cost = np.concatenate([[0.0], np.cumsum(random.random(n_tiers - 1) * 5)]).round(2)
    spare = cost[ceiling].sum() - cost[floor].sum()
    return scores, floor, ceiling, cost, cost[floor].sum() + random.random() * spare + 1e-9


def exact_optimum(scores, floor, ceiling, cost, budget):
    """The worth of the best assignment, by branch and bound (HiGHS)."""
    steps = [
        (row, tier) for row in range(len(scores)) for tier in range(floor[row], ceiling[row] + 1)
    ]
    row, tier = np.array(steps).T
    one_each = (row == np.arange(len(scores))[:, None]).astype(float)
    found = milp(
        -scores[row] * tier,
        integrality=np.ones(len(row)),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(one_each, 1, 1),
            LinearConstraint(cost[tier][None, :], -np.inf, budget + 1e-9),
        ],
    )
    return -found.fun


def test_small_cases_come_within_one_percent_of_the_exact_optimum():
    """A thousand cases, solved exactly beside ours."""
    random = np.random.default_rng(0)
    for _ in range(1_000):
        scores, floor, ceiling, cost, budget = planted_case(random)

        tier = places(scores, ceiling, cost=cost, budget=budget, floor=floor).tier

        assert spending(tier, cost) <= budget
        assert np.all((floor <= tier) & (tier <= ceiling))
        assert scores @ tier >= 0.99 * exact_optimum(scores, floor, ceiling, cost, budget) - 1e-9


def test_many_people_lose_less_than_one_step_against_the_relaxation():
    """Worth at the price, plus the price of all the money, bounds the optimum from above."""
    random = np.random.default_rng(1)
    scores, cost = random.random(20_000), np.array([0.1, 0.5, 1.4, 3.0])
    ceiling = random.integers(0, 4, 20_000)
    budget = 0.4 * cost[ceiling].sum()

    found = places(scores, ceiling, cost=cost, budget=budget)

    paid = scores[:, None] * np.arange(4) - found.shadow_price * cost
    paid[np.arange(4) > ceiling[:, None]] = -np.inf
    bound = paid.max(axis=1).sum() + found.shadow_price * budget
    assert 0 <= bound - scores @ found.tier < 1.0
    assert 0 <= budget - spending(found.tier, cost) < np.diff(cost).min()


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0, 1.5))
def test_the_budget_holds_and_the_better_is_never_lower_in_a_group(seed, share):
    """Whatever the floors, ceilings and costs."""
    random = np.random.default_rng(seed)
    n_people, n_tiers = 40, 4
    scores = random.integers(0, 20, n_people) / 20
    asked = np.sort(random.random(n_tiers - 1))
    floor = np.where(random.random(n_people) < 0.2, random.integers(0, n_tiers, n_people), 0)
    ceiling = np.maximum((scores[:, None] >= asked).sum(axis=1), floor)
    cost = np.concatenate([[0.1], 0.1 + np.cumsum(random.integers(0, 4, n_tiers - 1))])
    budget = 0.1 * n_people + share * cost[ceiling].sum()

    tier = places(scores, ceiling, cost=cost, budget=budget, floor=floor, group=floor).tier

    assert spending(tier, cost) <= budget
    assert np.all(tier <= ceiling)
    for group in np.unique(floor):
        better = np.argsort(scores[floor == group], kind="stable")
        by_score = scores[floor == group][better]
        strictly = np.diff(by_score) > 0
        assert np.all(np.diff(tier[floor == group][better])[strictly] >= 0)


def test_without_shortage_everyone_gets_what_they_are_entitled_to():
    """Money is worth nothing more when there is enough."""
    found = places([0.2, 0.9], [1, 2], cost=[0, 1, 2], budget=3.0)

    assert found.tier.tolist() == [1, 2]
    assert found.shadow_price == 0.0


def test_the_shadow_price_is_what_the_last_unit_of_budget_was_worth():
    """Ten people at one unit each, money for four: the fifth best waits with a score of 0.6."""
    scores = np.arange(1, 11) / 10

    found = places(scores, np.ones(10, dtype=int), cost=[0, 1], budget=4.0)

    assert found.tier.tolist() == [0] * 6 + [1] * 4
    assert found.shadow_price == pytest.approx(0.6)


def test_equal_scores_are_served_in_order_while_the_money_lasts():
    """A tie at the cut does not leave the budget unspent."""
    found = places(np.full(1_000, 0.7), np.ones(1_000, dtype=int), cost=[0, 1], budget=300.0)

    assert found.tier.sum() == 300
    assert np.all(found.tier[:300] == 1)


def test_protected_people_are_kept_before_better_newcomers():
    """A floor is a right; the newcomer with the higher score waits."""
    found = places([0.5, 0.9], [1, 1], cost=[0, 1], budget=1.0, floor=[1, 0], group=[1, -1])

    assert found.tier.tolist() == [1, 0]


def test_when_rights_alone_cost_too_much_the_worst_placed_lose_theirs():
    """The budget holds even against floors, and nobody rises meanwhile."""
    found = places(
        [0.5, 0.6, 0.9], [1, 1, 1], cost=[0, 1], budget=1.0, floor=[1, 1, 0], group=[1, 1, -1]
    )

    assert found.tier.tolist() == [0, 1, 0]


def test_a_budget_below_the_base_tier_is_refused():
    """The message names the budget, what is needed and what was given."""
    with pytest.raises(ValueError, match=r"`budget` must pay the base tier of everyone \(2\)"):
        places([0.5, 0.9], [1, 1], cost=[1, 2], budget=1.5)


def test_what_is_firm_stays_when_rights_alone_cost_too_much():
    """Others lose theirs instead, better ones too; what even the budget cannot pay is lost."""
    scores, floor = np.array([0.9, 0.8, 0.1]), np.array([1, 1, 1])
    nobody = np.zeros(3, dtype=np.int64)
    problem = Problem(
        scores, floor, floor, nobody, np.array([0.0, 1.0]), 2.0, firm=floor - [1, 1, 0]
    )

    assert best_places(problem).tier.tolist() == [1, 0, 1]
    assert best_places(replace(problem, budget=0.5)).tier.tolist() == [0, 0, 0]
