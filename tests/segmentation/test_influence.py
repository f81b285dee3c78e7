"""Ties and invitations of a population."""

import numpy as np

from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.influence import measure_growth, measure_influence
from segmentation.sharing import prepare
from tests.sharing_tables import AS_OF, day, write_tables


def test_growth_counts_newcomers_their_inviter_knows(tmp_path):
    """One of two settled invitations brought somebody new; the third is too recent to count."""
    invite = [("a", day(n), "refer", "invite", 1.0, None) for n in (10, 20, 190)]
    lives = [(user, day(n), "browse", "x", 1.0, None) for user, n in (("b", 12), ("c", 2))]
    tables = write_tables(
        tmp_path,
        people=["a", "b", "c", "d"],
        events=invite + lives,
        edges=[("a", "b", day(12)), ("a", "c", day(21)), ("a", "d", day(22))],
    )

    with DuckEngine() as engine:
        prepare(engine, Config(), tables, as_of=AS_OF, circles=np.full(4, -1))
        grown = measure_growth(engine, Config(), as_of=AS_OF, people=4)

    assert (grown.invitations, grown.accepted, grown.k) == (2, 1, 0.25)


def test_ties_carry_both_ways(tmp_path):
    """The middle of a chain reaches more than its ends, whichever way ties are written."""
    tables = write_tables(
        tmp_path, people=["a", "b", "c", "d"], edges=[("a", "b", None), ("c", "b", None)]
    )

    with DuckEngine() as engine:
        prepare(engine, Config(), tables, as_of=AS_OF, circles=np.full(4, -1))
        found = measure_influence(engine, people=4, seed=0)

    assert np.argmax(found.reach) == 1
    assert found.reach[0] > 1.0
    assert found.reach[3] == 1.0
