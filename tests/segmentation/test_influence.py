"""Ties of a population."""

import numpy as np

from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.influence import measure_influence
from segmentation.sharing import prepare
from tests.sharing_tables import AS_OF, write_tables


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
