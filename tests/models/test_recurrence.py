"""One more of a few like figures."""

import numpy as np

from models.recurrence import USUAL, next_band


def test_of_two_figures_nothing_is_told():
    """Two say nothing of how far a third may lie."""
    assert next_band([0.1, 0.2]) is None
    assert next_band([0.1, 0.2, 0.15]) is not None


def test_the_band_holds_one_more_four_times_in_five():
    """Of four thousand series of three to nine figures, some calmer than usual, some not."""
    random = np.random.default_rng(0)
    held = []
    for _ in range(4_000):
        figures = random.normal(1.0, USUAL * random.uniform(0.6, 1.6), random.integers(4, 11))
        band = next_band(figures[:-1].tolist())
        held.append(band.low <= figures[-1] <= band.high)

    assert 0.77 <= np.mean(held) <= 0.84


def test_a_few_alike_do_not_pass_for_certainty():
    """Three equal figures leave a band of some width; thirty a narrower one."""
    few, many = next_band([1.0] * 3), next_band([1.0] * 30)

    assert few.high - few.low > 2 * (many.high - many.low) > 0
