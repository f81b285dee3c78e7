"""Few tags in all: people have a large part of them, and every tag belongs to several circles."""

import numpy as np
import pytest

from benchmarks.judges import agreement
from benchmarks.planting import marked, mixture, popularity, uneven_sizes
from models.circles import CircleClusterer

CIRCLES, TAGS, MARKS = 10, 40, 8


@pytest.mark.parametrize("seed", [1, 2])
def test_circles_over_few_tags_are_told_by_all_of_them(seed):
    """Signatures, the tags that mark a circle alone, would place a third of the people."""
    rng = np.random.default_rng([seed, CIRCLES, TAGS, 7])
    crowd = popularity(TAGS)
    profiles = marked(rng, crowd, CIRCLES, MARKS)
    sizes = uneven_sizes(rng, CIRCLES)
    planted = mixture(
        rng, "few tags", profiles, crowd, users=8_000, sizes=sizes, signal=0.5, noise=0.1
    )

    fitted = CircleClusterer().fit(planted.X)

    assert fitted.model_.crowd_prior > 0.0
    known = agreement(planted.truth, planted.oracle)
    assert agreement(planted.truth, fitted.labels_) > 0.7 * known
