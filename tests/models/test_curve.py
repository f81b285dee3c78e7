"""Other numbers of circles: what they tell rises to the planted number, and firmness is heeded."""

import numpy as np
import pytest

from models.circles import CircleClusterer
from models.curve import DOUBT, Level, curve, firm_numbers, numbers_about, stability_near
from models.foretelling import HeldBack
from models.mixture import crowd_shares
from models.rediscovery import Rediscovery
from models.rows import Rows
from models.stability import FIRM, over_people


@pytest.fixture(scope="module")
def recipe(four_circles):
    """What finds four planted circles again."""
    fitted = CircleClusterer().fit(four_circles.X)
    plain = Rediscovery.plain(fitted.model_, four_circles.X, min_share=0.01)
    return plain.bettered(four_circles.X, fitted.labels_, seed=0)


@pytest.fixture(scope="module")
def levels(four_circles, recipe):
    """Their curve."""
    return curve(recipe, four_circles.X, numbers=[2, 3, 4, 8], seed=0)


def test_circles_tell_more_up_to_the_planted_number_and_are_firm_there(levels):
    """Four of them: eight come down to as many."""
    told = {level.circles: level.told for level in levels}
    firm = {level.circles: level.stability for level in levels}

    assert told[2] < told[3] < told[4]
    assert max(told) == 4
    assert firm[4] > 0.95


def test_a_level_says_whom_it_holds(four_circles, levels):
    """Four circles hold about as many as were planted in them, none more than a third."""
    planted = np.mean(four_circles.circles >= 0)
    four = next(level for level in levels if level.circles == 4)

    assert four.coverage == pytest.approx(planted, abs=0.06)
    assert planted / 4 <= four.largest_share < 1 / 3
    assert four.silhouette > 0


def test_the_same_seed_gives_the_same_curve(four_circles, recipe, levels):
    """And another seed another one."""
    again, other = (curve(recipe, four_circles.X, numbers=[2, 3, 4, 8], seed=s) for s in (0, 1))

    assert again == levels != other


def test_numbers_lie_around_the_one_found():
    """Half as many again, itself, and its halves down to two."""
    assert numbers_about(40) == [2, 5, 10, 20, 40, 60]
    assert numbers_about(2) == [2, 3]
    assert numbers_about(1) == [2]


def level(circles: int, stability: float | None, largest: float = 0.2, told: float = 0.5) -> Level:
    """A level of which only this matters."""
    return Level(circles, told, 0.9, largest, 0.1, stability)


@pytest.mark.parametrize(
    ("levels", "before", "expected"),
    [
        ([level(4, 0.9), level(8, 0.7), level(16, 0.5)], None, [8, 4]),
        ([level(4, 0.9), level(8, FIRM - DOUBT / 2), level(16, 0.5)], None, [8, 4]),
        ([level(4, 0.9), level(8, 0.7), level(24, 0.7)], None, [8, 4]),
        ([level(2, 0.9), level(4, 0.9), level(8, 0.7), level(16, 0.5)], 4, [4, 8, 2]),
        ([level(4, 0.9, told=0.34), level(8, 0.7)], 4, [4, 8]),
        ([level(4, 0.9, told=0.32), level(8, 0.7)], 4, [8, 4]),
        ([level(4, 0.4), level(8, 0.7), level(16, 0.5)], 4, [8]),
        ([level(2, 0.9, largest=0.7), level(4, 0.5), level(8, None)], None, []),
    ],
    ids=[
        "largest",
        "nearly",
        "clearly fewer",
        "as before",
        "before tells nearly as much",
        "before tells much less",
        "before is weak",
        "none",
    ],
)
def test_the_largest_firm_number_is_chosen(levels, before, expected):
    """Of those clearly below 24; the one of the run before if it is firm still and as telling."""
    assert firm_numbers(levels, below=24, before=before) == expected


def test_holding_nothing_back_leaves_everything(four_circles):
    """Whoever is learned from entirely is not asked anything."""
    rows = Rows.of(four_circles.X)
    held_back, everyone = HeldBack.nothing(), np.arange(rows.n_rows)

    assert np.array_equal(held_back.left(rows, everyone).columns, rows.columns)
    assert held_back.trial(rows, everyone, crowd=crowd_shares(rows)).known.n_rows == 0


def test_firmness_counts_people_and_leaves_out_what_was_not_measured():
    """A large firm circle counts more than a small weak one."""
    stability, sizes = np.array([0.9, 0.3, np.nan]), np.array([30, 10, 60])

    assert over_people(stability, sizes) == pytest.approx(0.75)
    assert over_people(stability[2:], sizes[2:]) is None


def test_the_nearest_number_speaks_for_one_without_a_level():
    """By ratio: nine is nearer to twelve than to six."""
    levels = [level(6, 0.7), level(12, 0.5)]

    assert stability_near(levels, 9) == 0.5
    assert stability_near(levels, 6) == 0.7
    assert stability_near(levels, 1) == stability_near([], 6) == 0.0
