"""The choices ambassadors are held against."""

import numpy as np

from benchmarks.influence import WAYS, both_ways, everyone
from models.cascades import expected_spread


def star_and_ring():
    """One person tied to 30 others, and 30 people in a ring."""
    ring = np.arange(31, 61)
    one = np.concatenate([np.zeros(30, int), ring])
    return both_ways(61, one, np.concatenate([np.arange(1, 31), np.roll(ring, 1)]))


def test_every_way_but_chance_finds_the_middle_of_a_star():
    """It has most ties, most walks meet it, and it reaches most."""
    ties = star_and_ring()

    assert WAYS["degree"](ties, 1).tolist() == [0]
    assert WAYS["PageRank"](ties, 1).tolist() == [0]
    assert everyone(ties, 1).people.tolist() == [0]


def test_the_second_choice_is_one_who_reaches_others():
    """Ambassadors go on in the ring; most ties alone would too, but not into the star."""
    ties = star_and_ring()

    chosen = everyone(ties, 2).people

    assert chosen[1] >= 31
    assert expected_spread(ties, chosen, runs=500) > expected_spread(
        ties, WAYS["random"](ties, 2), runs=500
    )
