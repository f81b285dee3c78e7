"""The wheel of a report turns again as it did in the run."""

import numpy as np

from models.flows import LEVELS
from segmentation.foresight import wheel_of


def report(**kept):
    """What a run keeps of its loop."""
    random = np.random.default_rng(0)
    moves = random.integers(1, 50, (6, LEVELS, LEVELS))
    entered = random.integers(1, 20, (6, LEVELS))
    wheel = {"moves": moves.tolist(), "entered": entered.tolist(), "referred": [0.0] * 6}
    return {"wheel": wheel | kept}


def test_bands_reach_as_far_as_the_run_found():
    """What earlier projections missed by is kept, not reckoned anew for each question."""
    wheel = wheel_of(report(reach=[1.1, 1.4, 1.6, 1.9]))

    assert wheel.reach.tolist() == [1.1, 1.4, 1.6, 1.9]


def test_a_report_of_an_earlier_version_has_bands_as_it_told_them():
    """It kept no misses."""
    assert wheel_of(report()).reach.tolist() == [1.0]
