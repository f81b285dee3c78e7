"""The wheel turned ahead, altered, and tested on windows that are over."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.flows import ADVOCATES, LEVELS, QUIET, Flows, flows_of, levels
from models.hindsight import back_test, misses_of
from models.lifecycle import STATES, Moment
from models.prospects import tails
from models.rotation import (
    SERIES,
    Wheel,
    expected_course,
    figures_of,
    fit_wheel,
    project_wheel,
    tilted,
)
from models.unrest import Unrest
from models.whatif import altered, reweighted

CALM = Unrest(np.zeros(len(SERIES)), np.zeros((1, len(SERIES))))
ACTIVE, ENGAGED, ADVOCATING = range(3)


def planted(random, *, windows=14, people=3_000, unrest=0.0):
    """Flows of a population that moves by a known matrix, each window somewhat otherwise.

    Half of what makes a window different lasts.
    """
    matrix = planted_matrix(random)
    now = random.multinomial(people, np.full(LEVELS, 1 / LEVELS))
    moves, entered, referred, lasting = [], [], [], np.zeros(len(SERIES))
    for _ in range(windows):
        shock = random.normal(0, unrest, len(SERIES))
        shift, lasting = (lasting + shock)[None], lasting + 0.5 * shock
        moved = random.multinomial(now, tilted(matrix, shift)[0])
        new = random.poisson(150 * np.exp(shift[0, 3]))
        brought = random.poisson(0.2 * now[ADVOCATES] * np.exp(shift[0, 4]))
        into = random.multinomial(new + brought, np.eye(LEVELS)[QUIET] * 0.8 + 0.2 / LEVELS)
        now = moved.sum(axis=0) + into
        moves.append(moved)
        entered.append(into)
        referred.append(float(brought))
    return Flows(np.array(moves), np.array(entered), np.array(referred))


def planted_matrix(random):
    """Chances that rise from row to row, close to a real loop's."""
    base = np.linspace(0.05, 0.9, LEVELS) + random.normal(0, 0.03, LEVELS)
    tail = np.sort(base)[:, None] * np.linspace(1.0, 0.2, LEVELS)[None] ** 0.7
    tail[:, 0] = 1.0
    return tail - np.column_stack([tail[:, 1:], np.zeros(LEVELS)])


def wheel_of(seed=0, **flows):
    """A wheel fitted to a planted population."""
    return fit_wheel(planted(np.random.default_rng(seed), **flows))


def test_levels_count_how_long_somebody_is_quiet():
    """One, two and more windows of silence, then back; a newcomer is not there before."""
    engage, acquire = STATES.index("engage"), STATES.index("acquire")
    states = [(acquire, -1), (acquire, engage), (acquire, 0), (acquire, 0), (acquire, 0),
              (acquire, engage)]  # fmt: skip
    about = [(1, 0), (0, 1), (0, 0), (0, 0), (0, 0), (1, 1)]
    moments = [Moment(np.array(s), np.array(a) > 0) for s, a in zip(states, about, strict=True)]

    found = levels(moments)

    assert found[:, 0].tolist() == [QUIET + 1, 2, 1, 0, 0, QUIET + 1]
    assert found[:, 1].tolist() == [-1, QUIET, 2, 1, 0, QUIET]


def test_flows_reconcile_with_who_is_there():
    """Everyone at the end of a window moved or entered."""
    level = np.random.default_rng(0).integers(-1, LEVELS, (5, 400))
    was_there = np.maximum.accumulate(level >= 0, axis=0)
    level = np.where(was_there, np.maximum(level, 0), -1)  # nobody leaves

    flows = flows_of(level, referred=np.zeros(4))

    for window in range(4):
        counts = np.bincount(level[window + 1][level[window + 1] >= 0], minlength=LEVELS)
        assert np.array_equal(flows.counts[window], counts)


def test_the_wheel_gives_the_check_figure_where_its_rates_are_those():
    """A tenth advocate, each brings one, nobody leaves: 146.41 in the fifth rotation."""
    newcomers = np.zeros(LEVELS)
    newcomers[[QUIET, ADVOCATES]] = 0.9, 0.1
    wheel = Wheel(100 * newcomers, np.eye(LEVELS), newcomers, 0.0, 1.0, CALM)

    course = expected_course(wheel, 5)

    assert course[ENGAGED, -1] == pytest.approx(146.41, abs=1e-9)
    assert course[ACTIVE, -1] == pytest.approx(146.41, abs=1e-9)


def test_a_fitted_wheel_has_the_planted_rates():
    """The matrix, who comes by themselves and who is brought are found again."""
    random = np.random.default_rng(3)
    matrix = planted_matrix(np.random.default_rng(3))

    wheel = fit_wheel(planted(random, people=400_000))

    assert np.abs(tails(wheel.matrix) - tails(matrix)).max() < 0.02
    assert wheel.arrivals == pytest.approx(150, rel=0.2)
    assert wheel.referrals == pytest.approx(0.2, rel=0.1)


@pytest.mark.parametrize("better", [
    {"friction": 0.5}, {"speed": 1.5}, {"persistence": 1.1}, {"revival": 1.5},
    {"arrivals": 1.5}, {"referrals": 2.0},
], ids=lambda rate: next(iter(rate)))  # fmt: skip
def test_a_better_rate_means_more_people_active(better):
    """Strictly, from the second rotation on."""
    wheel = wheel_of()

    before, after = expected_course(wheel, 8), expected_course(altered(wheel, better), 8)

    assert np.all(after[ACTIVE, 2:] > before[ACTIVE, 2:])
    assert np.all(after[ENGAGED] >= before[ENGAGED])


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 50),
    rate=st.sampled_from(["friction", "speed", "persistence", "revival"]),
    factors=st.tuples(st.floats(0.05, 4.0), st.floats(0.05, 4.0)),
)
def test_no_better_rate_ever_means_fewer_people(seed, rate, factors):
    """Whatever the wheel and however far: less friction, more of the others, never fewer."""
    wheel = replace(wheel_of(seed, windows=4, people=500), arrivals=20.0)
    worse, better = sorted(factors, reverse=rate == "friction")

    low, high = (expected_course(altered(wheel, {rate: by}), 9) for by in (worse, better))

    assert np.all(high >= low - 1e-6)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 50), weights=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)))
def test_more_weight_never_means_fewer_people(seed, weights):
    """As many people, more of whose value is with the retained."""
    wheel = wheel_of(seed, windows=4, people=500)
    value = wheel.start * np.linspace(0.0, 5.0, LEVELS)

    low, high = (
        expected_course(
            replace(wheel, start=reweighted(wheel.start, value=value, weight=weight)), 9
        )
        for weight in sorted(weights)
    )

    assert np.all(high >= low - 1e-6)


def test_a_weight_asked_for_is_reached():
    """With as many active people as before, at the mean value of each group of stages."""
    start = np.array([50.0, 10, 10, 100, 80, 30, 40, 10])
    value = start * np.array([0.1, 0.2, 0.2, 1, 2, 3, 6, 9])

    found = reweighted(start, value=value, weight=0.6)

    each = value / start
    assert (found[6:] @ each[6:]) / (found @ each) == pytest.approx(0.6)
    assert found[QUIET:].sum() == pytest.approx(start[QUIET:].sum())
    assert np.array_equal(found[:QUIET], start[:QUIET])


def test_rates_altered_are_as_many_times_what_they_were():
    """Half the friction is half of it, and one and a half times as many come back."""
    wheel = wheel_of()

    found = altered(wheel, {"friction": 0.5, "revival": 1.5})

    assert found.friction == pytest.approx(0.5 * wheel.friction, rel=1e-6)
    assert found.revival == pytest.approx(1.5 * wheel.revival, rel=1e-6)
    assert altered(wheel, {"persistence": 0.9}).persistence == pytest.approx(
        0.9 * wheel.persistence
    )


def test_an_unaltered_wheel_is_the_same():
    """Changing nothing changes nothing."""
    wheel = wheel_of()

    assert np.allclose(altered(wheel, {}).matrix, wheel.matrix)


def test_bands_hold_what_comes_four_times_in_five():
    """The fourth window ahead of 60 planted loops, some more restless than others."""
    inside = []
    for trial in range(60):
        random = np.random.default_rng(trial)
        flows = planted(random, windows=14, people=2_000, unrest=random.uniform(0.1, 0.3))
        wheel = fit_wheel(flows.until(10))
        told = project_wheel(wheel, rotations=5, seed=trial, draws=300)
        came = float(flows.entered[10:].sum())
        true = figures_of(flows.counts[13], wheel.start, came)
        inside += [
            told[name].low[4] <= value <= told[name].high[4]
            for name, value in zip(told, true, strict=True)
        ]

    assert 0.70 <= np.mean(inside) <= 0.92


def test_a_band_is_the_same_for_the_same_seed_and_holds_what_is_expected():
    """Randomness comes from the seed alone."""
    wheel = wheel_of()

    one, other = (project_wheel(wheel, rotations=6, seed=5)["active"] for _ in range(2))

    assert np.array_equal(one.low, other.low)
    assert np.array_equal(one.high, other.high)
    assert np.all((one.low <= one.expected) & (one.expected <= one.high))


def test_a_restless_loop_has_a_wider_band():
    """What went astray before may do so again."""
    calm, restless = (
        project_wheel(wheel_of(1, unrest=unrest), rotations=4)["active"] for unrest in (0.0, 0.5)
    )

    assert np.all((restless.high - restless.low)[1:] > 1.5 * (calm.high - calm.low)[1:])


def test_hindsight_judges_only_windows_that_are_over():
    """Three figures up to three rotations from each window on; of a short history none."""
    flows = planted(np.random.default_rng(0), windows=8)

    tested = back_test(misses_of(flows))

    assert tested.figures == 3 * (3 + 3 + 2 + 1)
    assert 0 <= tested.inside <= tested.figures
    assert back_test(misses_of(flows.until(4))).figures == 0
    assert back_test(misses_of(flows.until(1))).figures == 0


def test_one_window_is_enough_to_turn():
    """Though its band is the usual one; an empty loop stays empty."""
    nobody = Flows(np.zeros((1, LEVELS, LEVELS), dtype=int), np.zeros((1, LEVELS), dtype=int),
                   np.zeros(1))  # fmt: skip

    one = project_wheel(wheel_of(windows=1), rotations=3)["active"]
    none = project_wheel(fit_wheel(nobody), rotations=3)["active"]

    assert one.low[2] < one.expected[2] < one.high[2]
    assert none.expected.tolist() == [0.0, 0.0, 0.0]


def test_what_is_certain_stays_certain_however_far_it_is_shifted():
    """A tail of 1 divides by nothing when a shift leaves its odds tiny."""
    matrix = np.eye(LEVELS)

    found = tilted(matrix, np.full((1, len(SERIES)), -50.0))

    assert np.isfinite(found).all()
    assert found.sum(axis=2) == pytest.approx(np.ones((1, LEVELS)))
