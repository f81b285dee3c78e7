"""When a share of people turned."""

import numpy as np
import pytest

from models.turning import turn


@pytest.mark.parametrize("seed", range(20))
def test_a_planted_rise_is_dated_to_the_period(seed):
    """From two to three per cent of growing numbers of people, in the eighth of twelve periods."""
    rng = np.random.default_rng(seed)
    people = np.linspace(5000, 8000, 12).astype(int)
    shares = np.where(np.arange(12) < 7, 0.02, 0.03)

    found = turn(rng.binomial(people, shares), people)

    assert abs(found.period - 7) <= 1
    assert found.after > found.before


def test_a_fall_is_a_turn_too():
    """The shares on either side are those of the counts."""
    found = turn(np.array([400, 400, 200, 200]), np.full(4, 4000))

    assert (found.period, found.before, found.after) == (2, 0.1, 0.05)


def test_a_steady_share_has_no_turn():
    """In none of two hundred series, though the number of people doubles."""
    rng = np.random.default_rng(0)
    people = np.linspace(4000, 8000, 12).astype(int)

    assert [turn(rng.binomial(people, 0.03), people) for _ in range(200)] == [None] * 200


def test_one_period_has_no_turn():
    """There is nothing to compare it with."""
    assert turn(np.array([5]), np.array([100])) is None
