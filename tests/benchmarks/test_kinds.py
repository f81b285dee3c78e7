"""Planted populations of many kinds."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.judges import agreement
from benchmarks.kinds import KINDS, SIZES, row


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_planted_as_it_says(name):
    """On 2,000 people: everyone in some circle or in none, and an oracle better than chance."""
    kind = replace(KINDS[name], users=2_000)

    planted = kind.planted(1)

    assert planted.X.shape == (2_000, kind.tags)
    assert planted.planted == kind.circles
    assert abs((planted.truth < 0).mean() - kind.noise) < 0.04
    assert agreement(planted.truth, planted.oracle) > 0.5


@pytest.mark.parametrize("name", SIZES)
def test_sizes_are_shares(name):
    """They add up to one; where one circle is large, it has half."""
    sizes = SIZES[name](np.random.default_rng(0), 12)

    assert sizes.sum() == pytest.approx(1.0)
    assert len(sizes) == 12
    assert (sizes.max() == 0.5) == (name == "one half")


def test_a_row_tells_what_was_found():
    """Two circles are found by whoever knows them and by us."""
    told = row("2 circles", 1).split()

    assert told[:3] == ["2", "circles", "1"]
    assert told[4:6] == ["2", "2/2"]
    assert float(told[6]) > 0.85
