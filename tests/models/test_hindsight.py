"""Bands reach as far as earlier projections missed, and are judged by what was known then."""

from dataclasses import replace

import numpy as np
import pytest

from models.flows import LEVELS, QUIET, Flows
from models.hindsight import (
    AHEAD,
    EDGE,
    USUAL,
    Misses,
    back_test,
    far_off,
    misses_of,
)
from models.rotation import FIGURES, fit_wheel, project_wheel, tilted

SERIES = 5


def loop(random, *, season=0.0, windows=16, people=2_000):
    """Flows of a loop whose rates rise and fall with a year of twelve windows."""
    quiet = np.linspace(0.1, 0.2, QUIET)
    active = np.linspace(0.6, 0.9, LEVELS - QUIET)
    tail = np.concatenate([quiet, active])[:, None] * np.linspace(1.0, 0.4, LEVELS)[None]
    tail[:, 0] = 1.0
    matrix = tail - np.column_stack([tail[:, 1:], np.zeros(LEVELS)])
    now = random.multinomial(people, np.full(LEVELS, 1 / LEVELS))
    phase, moves, entered = random.uniform(0, 2 * np.pi), [], []
    for window in range(-6, windows):
        wave = season * np.sin(2 * np.pi * window / 12 + phase)
        shift = wave + random.normal(0, 0.05, SERIES)
        moved = random.multinomial(now, tilted(matrix, shift[None])[0])
        into = random.multinomial(random.poisson(100 * np.exp(wave)), np.eye(LEVELS)[QUIET])
        now = moved.sum(axis=0) + into
        if window >= 0:
            moves.append(moved)
            entered.append(into)
    return Flows(np.array(moves), np.array(entered), np.zeros(windows))


def misses(*, far, ahead=1, origins=20):
    """As many misses alike, three figures each."""
    origin = np.repeat(np.arange(2, 2 + origins), len(FIGURES))
    return Misses(origin, np.full(len(origin), ahead), np.full(len(origin), far))


def test_without_misses_bands_reach_the_usual():
    """However many windows ahead."""
    nothing = misses(far=0.0, origins=0)

    assert nothing.reach() == pytest.approx(np.full(AHEAD, np.sqrt(USUAL)))


@pytest.mark.parametrize(("far", "toward"), [(0.5, 0.5 * EDGE), (1.0, EDGE), (2.0, 2 * EDGE)])
def test_many_misses_outweigh_the_usual(far, toward):
    """Bands twice as far off reach toward twice as far, calm ones less far."""
    few, many = misses(far=far, origins=2).reach()[0], misses(far=far, origins=500).reach()[0]

    assert many == pytest.approx(toward, rel=0.02)
    assert abs(few - np.sqrt(USUAL)) < abs(many - np.sqrt(USUAL))


def test_a_miss_says_most_of_as_many_windows_ahead():
    """Less of one more or fewer, and never nothing."""
    reach = misses(far=3.0, ahead=2, origins=6).reach()

    assert reach[0] == pytest.approx(reach[2])
    assert reach[1] > reach[2] > reach[3] > np.sqrt(USUAL)


def test_one_wild_miss_does_not_count_without_end():
    """Five deviations are as far as any."""
    assert misses(far=5.0).reach()[0] == misses(far=500.0).reach()[0]


def test_only_what_had_come_is_known():
    """A figure three ahead of the fifth window comes with the eighth."""
    found = Misses(np.array([5, 5, 6]), np.array([1, 3, 1]), np.ones(3))

    assert found.known_by(7).ahead.tolist() == [1, 1]
    assert found.known_by(8).ahead.tolist() == [1, 3, 1]
    assert len(found.known_by(5).far) == 0


@pytest.mark.parametrize(
    ("is_so", "far"),
    [(100.0, 0.0), (200.0, 1.0), (400.0, 2.0), (50.0, 0.5), (25.0, 1.0)],
)
def test_how_far_off_is_told_in_parts_of_the_way_to_the_edge(is_so, far):
    """Above what was expected by the upper edge, below it by the lower one."""
    assert far_off(is_so, 25.0, 100.0, 200.0) == pytest.approx(far)


def test_no_band_is_narrower_than_half_a_person():
    """What seems certain is so to a person at best."""
    assert far_off(101.0, 100.0, 100.0, 100.0) == pytest.approx(np.log(1.01) / (0.5 / 100))
    assert np.isfinite(far_off(3.0, 0.0, 0.0, 0.0))


def test_a_figure_of_nobody_is_no_test():
    """Where nobody advocates, that nobody does was not hard to foretell."""
    flows = loop(np.random.default_rng(0))
    flows.moves[:, :, -2] += flows.moves[:, :, -1]
    flows.moves[:, :, -1] = 0

    found = misses_of(flows)

    assert len(found.of(5).far) == 2 * AHEAD


def test_what_is_judged_was_foretold_from_before_alone():
    """Later windows change nothing of it."""
    flows = loop(np.random.default_rng(1), season=0.4)
    early = misses_of(flows.until(9))

    found = misses_of(flows)

    assert np.array_equal(found.known_by(9).far, early.far)
    assert back_test(found.known_by(9)) == back_test(early)


def held(*, season, loops=12):
    """The share of figures three and four windows ahead inside raw and inside learned bands."""
    raw, learned = [], []
    for seed in range(loops):
        known = misses_of(loop(np.random.default_rng(seed), season=season))
        for origin in range(5, 14):
            told, reach = known.of(origin), known.known_by(origin).reach()
            is_late = told.ahead > 2
            raw += (told.far <= 1.0)[is_late].tolist()
            learned += (told.far <= reach[told.ahead - 1])[is_late].tolist()
    return np.mean(raw), np.mean(learned)


def test_bands_that_learn_hold_seasons_more_often_and_calm_loops_no_oftener():
    """A year's swing adds up three and four windows ahead, as earlier misses tell."""
    raw, learned = held(season=0.4)
    calm_raw, calm_learned = held(season=0.0)

    assert learned > raw + 0.08
    assert abs(calm_learned - calm_raw) < 0.06


def test_reach_moves_the_edges_alone():
    """What is expected, and the first rotation, which is now, stay; nobody engaged is lost."""
    wheel = fit_wheel(loop(np.random.default_rng(2)))
    raw = project_wheel(wheel, rotations=5, seed=1)

    told = project_wheel(replace(wheel, reach=np.array([1.0, 3.0])), rotations=5, seed=1)

    for figure in FIGURES:
        one, other = raw[figure], told[figure]
        assert np.array_equal(one.expected, other.expected)
        assert other.low[:2] == pytest.approx(one.low[:2])
        assert np.all(other.high[2:] > one.high[2:])
        assert np.all(other.low[2:] < one.low[2:])
    assert np.all(told["engaged"].low >= wheel.start[QUIET:].sum())
    ratio = np.log(told["active"].high[2:] / told["active"].expected[2:])
    before = np.log(raw["active"].high[2:] / raw["active"].expected[2:])
    assert ratio == pytest.approx(3 * before)
