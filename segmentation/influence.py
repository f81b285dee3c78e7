"""Read ties, and measure how far people carry things."""

import numpy as np

from models.cascades import Ties, joined, run_back, weighted_cascade
from models.influence import (
    Influence,
    influence,
    tie_matrix,
    untied,
)
from segmentation.engine import Engine
from segmentation.evidence import as_floats

LEAST_SETS, MOST_SETS = 20_000, 100_000


def measure_influence(engine: Engine, *, people: int, seed: int) -> Influence:
    """Return expected reach over ties, which carry both ways."""
    ties = engine.execute("""
        SELECT here.person AS source, there.person AS target FROM edges
        JOIN person AS here ON here.user_id = edges.src
        JOIN person AS there ON there.user_id = edges.dst
        WHERE here.person <> there.person ORDER BY source, target""")
    if ties.num_rows == 0:
        return untied(people)
    ends = [as_floats(ties, name).astype(np.int64) for name in ("source", "target")]
    matrix = tie_matrix(people, sources=np.concatenate(ends), targets=np.concatenate(ends[::-1]))
    n_sets = int(np.clip(people, LEAST_SETS, MOST_SETS))
    backward = Ties.of(weighted_cascade(matrix)).reversed()
    drawn = run_back(backward, np.arange(people), first=0, count=n_sets, seed=seed)
    return influence(joined(list(drawn)), n_people=people)
