"""Few tags in all: people have a large part of them, and every tag belongs to several circles."""

import numpy as np
import pytest

from benchmarks.judges import agreement
from benchmarks.planting import activity, draw_mixed, members, popularity, uneven_sizes
from models.circles import CircleClusterer

CIRCLES, TAGS, MARKS = 10, 40, 8


@pytest.mark.parametrize(("seed", "least"), [(1, 0.6), (2, 0.55)])
def test_circles_over_few_tags_are_told_by_all_of_them(seed, least):
    """Signatures, the tags that mark a circle alone, would place a third of the people."""
    rng = np.random.default_rng([seed, CIRCLES, TAGS, 7])
    crowd = popularity(TAGS)
    appeal = np.sqrt(crowd) / np.sqrt(crowd).sum()
    profiles = np.zeros((CIRCLES, TAGS))
    for profile in profiles:
        marks = rng.choice(TAGS, MARKS, replace=False, p=appeal)
        profile[marks] = rng.dirichlet(appeal[marks] / appeal[marks].mean())
    kind = members(rng, 8_000, uneven_sizes(rng, CIRCLES), 0.1)
    amount = activity(rng, len(kind), median=25, spread=0.7)
    X = draw_mixed(rng, profiles, crowd, kind[:, None], amount=amount, signal=0.5)

    fitted = CircleClusterer().fit(X)

    assert fitted.model_.crowd_prior > 0.0
    assert agreement(kind, fitted.labels_) >= least
