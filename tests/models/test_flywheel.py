"""Speed, friction, weight, and where given rates lead."""

import numpy as np
import pytest

from models.flywheel import motion, project, weight_of
from models.lifecycle import LADDERS, STATES, Moment

STATE = {stage: STATES.index(stage) for stage in STATES}


def at(*stages, active=None):
    """Where a few people stood, all active unless said otherwise; None is not there."""
    states = [-1 if stage is None else STATE[stage] for stage in stages]
    here = [stage is not None for stage in stages] if active is None else active
    return Moment(np.array(states), np.array(here))


def turned(before, after, *, days=30.0, **groups):
    """The motion between two moments."""
    return motion(before, after, days=days, **groups)


@pytest.mark.parametrize(("persistence", "fifth"), [(1.0, 146.41), (0.0, 111.11)])
def test_the_check_figures_of_the_literature(persistence, fifth):
    """100 engaged, one in ten advocates, each brings one."""
    course = project(100, advocacy=0.10, referrals=1, persistence=persistence, rotations=5)

    assert course[0] == 100
    assert course[-1] == pytest.approx(fifth, abs=1e-9)


@pytest.mark.parametrize("rate", ["advocacy", "referrals", "persistence"])
def test_more_of_any_rate_never_means_fewer_people(rate):
    """The projection rises in each of its rates."""
    rates = {"advocacy": 0.1, "referrals": 1.0, "persistence": 0.5}

    slower = project(100, **rates, rotations=6)
    faster = project(100, **rates | {rate: rates[rate] * 1.5}, rotations=6)

    assert np.all(faster[2:] > slower[2:])


def test_speed_counts_those_who_advance_below_the_top():
    """One of two climbers advances; the advocate cannot."""
    found = turned(at("engage", "acquire", "advocate"), at("acquire", "acquire", "advocate"))

    assert found.speed[0] == pytest.approx(0.5)
    assert found.speed_by_rung[0, 0] == 1.0
    assert np.isnan(found.speed_by_rung[0, [2, 4]]).all()


def test_speed_is_given_for_thirty_days():
    """Half advancing in 15 days compounds to three quarters in 30, and never beyond all."""
    found = turned(at("engage", "engage"), at("acquire", "engage"), days=15)

    assert found.speed[0] == pytest.approx(0.75)


def test_friction_counts_falling_back_leaving_and_going_quiet():
    """Three of four active people lose their place in one of the three ways."""
    before = at("nurture", "nurture", "nurture", "nurture", "acquire", active=[1, 1, 1, 1, 0])
    after = at("acquire", None, "nurture", "nurture", "acquire", active=[1, 0, 0, 1, 0])

    found = turned(Moment(before.state, before.active > 0), Moment(after.state, after.active > 0))

    assert found.friction[0] == pytest.approx(0.75)
    assert found.friction_by_rung[0, 2] == pytest.approx(0.75)


def test_one_more_advance_raises_speed_and_one_more_fall_raises_friction():
    """Each figure moves with what it measures."""
    before = at("engage", "acquire", "acquire")

    risen = turned(before, at("acquire", "nurture", "acquire"))
    still = turned(before, at("acquire", "acquire", "acquire"))
    fallen = turned(before, at("acquire", "engage", "acquire"))

    assert risen.speed > still.speed
    assert fallen.friction > still.friction


def test_groups_are_measured_apart_and_add_up_to_everyone():
    """People in no group are in none of the figures."""
    random = np.random.default_rng(0)
    before, after = (Moment(random.integers(-1, 7, 300), random.random(300) < 0.7) for _ in "ab")
    group = random.integers(-1, 3, 300)

    apart = motion(before, after, days=30, group=group, groups=3)

    for number in range(3):
        inside = group == number
        alone = motion(
            Moment(before.state[inside], before.active[inside]),
            Moment(after.state[inside], after.active[inside]),
            days=30,
        )
        assert np.array_equal(apart.people[number], alone.people[0])
        assert np.array_equal(apart.lost[number], alone.lost[0])
        assert apart.speed[number] == alone.speed[0]


def test_other_ladders_measure_their_own_rungs():
    """To begin asking is a step of 5A and none of the loop."""
    before, after = at("engage", "engage"), at("ask", "engage")

    assert turned(before, after).speed[0] == 0.0
    assert turned(before, after, ladder=LADDERS["5a"]).speed[0] == 0.5


def test_a_group_of_nobody_has_no_speed():
    """Nothing is claimed of it."""
    found = motion(at("engage"), at("acquire"), days=30, group=np.array([0]), groups=2)

    assert found.speed[0] == 1.0
    assert np.isnan([found.speed[1], found.friction[1]]).all()


def test_weight_is_the_value_with_retained_people_and_advocates():
    """Losses weigh nothing, one more retained customer weighs more, each group by itself."""
    value = np.array([10.0, 30.0, 60.0, -50.0])

    assert weight_of(np.array([0, 3, 4, 3]), value=value) == pytest.approx([0.9])
    assert weight_of(np.array([3, 3, 4, 3]), value=value) == [1.0]
    assert weight_of(
        np.array([0, 3, 4, 3]), value=value, group=np.array([0, 0, 1, 1]), groups=3
    ) == pytest.approx([0.75, 1.0, 0.0])
