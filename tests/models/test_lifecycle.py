"""Stages, ladders and transitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.lifecycle import (
    FLYWHEEL,
    LADDERS,
    STAGES,
    STATES,
    Course,
    Rule,
    Trail,
    moment,
    rung_counts,
    transitions,
)

RULES = {
    "acquire": Rule(active=False),
    "nurture": Rule(days=2),
    "retain": Rule(days=2, windows=2),
    "advocate": Rule(within=1),
}
GONE = NEWCOMER = len(STAGES)


def trail(days):
    """A trail of so many days in each window, the latest first; the last column is older."""
    days = np.atleast_2d(np.array(days, dtype=np.int32))
    return Trail(days, np.minimum(days, 1))


def course(*, anything=None, acts=(0, 0, 0), carried=(0, 0, 0), asked=(0, 0, 0), less=None):
    """What one person did in two windows and before."""
    acted, shared = trail(acts), trail(carried)
    everything = trail(np.maximum(acts, carried) if anything is None else anything)
    by_stage = {stage: acted for stage in STAGES[1:4]} | {"advocate": shared}
    return Course(everything, by_stage, trail(asked), less or {})


def stage_of(*, back=0, rules=RULES, **evidence):
    """The stage of one person with this evidence and none other."""
    (stage,) = moment(course(**evidence), rules, back=back).stage
    return None if stage < 0 else STAGES[stage]


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ({"anything": (1, 0, 0)}, "engage"),
        ({"acts": (1, 0, 0)}, "acquire"),
        ({"acts": (0, 1, 0)}, "acquire"),
        ({"acts": (2, 0, 0)}, "nurture"),
        ({"acts": (1, 1, 0)}, "retain"),
        ({"acts": (1, 0, 1)}, "retain"),
        ({"carried": (1, 0, 0)}, "advocate"),
        ({"acts": (3, 1, 1), "carried": (1, 0, 0)}, "advocate"),
        ({"acts": (3, 1, 1), "carried": (0, 1, 0)}, "retain"),
    ],
)
def test_the_highest_stage_with_evidence_wins(evidence, expected):
    """One stage a person, each with its own evidence."""
    assert stage_of(**evidence) == expected


def test_going_quiet_falls_back_to_what_stays_true():
    """A loyal buyer without recent activity is still one who once bought."""
    assert stage_of(acts=(0, 5, 4)) == "acquire"


def test_a_moment_back_knows_nothing_of_what_came_later():
    """One window ago the later acts had not happened, and the newcomer was not there."""
    assert stage_of(back=1, acts=(1, 1, 0)) == "acquire"
    assert stage_of(back=1, acts=(1, 0, 0)) is None


def test_whoever_never_did_anything_was_always_there():
    """People known by their labels alone engage."""
    assert stage_of(back=1, anything=(0, 0, 0)) == "engage"


@pytest.mark.parametrize(
    ("rule", "acts", "holds"),
    [
        (Rule(days=3), (2, 0, 1), True),
        (Rule(days=3), (2, 0, 0), False),
        (Rule(days=3, within=2), (2, 0, 1), False),
        (Rule(windows=3), (1, 1, 1), True),
        (Rule(windows=3), (3, 1, 0), False),
        (Rule(windows=2, within=2), (1, 0, 1), False),
        (Rule(active=True), (0, 1, 0), False),
        (Rule(active=False), (0, 1, 0), True),
    ],
)
def test_a_rule_asks_for_days_and_windows_as_far_back_as_it_looks(rule, acts, holds):
    """Each part of a rule counts by itself."""
    found = stage_of(acts=acts, rules={"retain": rule})

    assert found == ("retain" if holds else "engage")


def test_acts_without_a_date_need_no_window():
    """They are days beyond all windows."""
    undated = Trail(np.array([[0, 0, 1]], dtype=np.int32), np.zeros((1, 3), dtype=np.int32))
    known = Course(undated, {"acquire": undated}, undated)

    (stage,) = moment(known, {"acquire": Rule(active=False)}, back=0).stage

    assert STAGES[stage] == "acquire"


def test_a_first_visit_may_be_no_act():
    """Where people only look, `less` days do not count."""
    assert stage_of(acts=(1, 0, 0), less={"acquire": 1}) == "engage"
    assert stage_of(acts=(2, 0, 0), less={"acquire": 1}, rules={"acquire": Rule()}) == "acquire"


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ({"anything": (0, 1, 0)}, ("awareness", "aware", "activation")),
        ({"anything": (1, 0, 0)}, ("interest", "appeal", "activation")),
        ({"anything": (1, 0, 0), "asked": (1, 0, 0)}, ("interest", "ask", "activation")),
        ({"acts": (1, 0, 0)}, ("purchase", "act", "adoption")),
        ({"acts": (1, 1, 0)}, ("loyalty", "act", "adoration")),
        ({"carried": (1, 0, 0)}, ("loyalty", "advocate", "advocacy")),
    ],
)
def test_other_models_have_a_rung_for_everyone(evidence, words):
    """AIPL, 5A and the ladder of adoption tell those apart who are only known."""
    found = moment(course(**evidence), RULES, back=0).state

    rungs = [LADDERS[name].rungs[LADDERS[name].climb(found)[0]] for name in LADDERS]

    assert tuple(rungs) == words


@pytest.mark.parametrize("ladder", [FLYWHEEL, *LADDERS.values()])
def test_ladders_climb_with_the_states(ladder):
    """Nobody falls on a ladder by rising in the loop, and no rung is out of reach."""
    climbed = ladder.climb(np.arange(-1, len(STATES)))

    assert climbed[0] == -1
    assert np.all(np.diff(climbed) >= 0)
    assert set(climbed[1:]) == set(range(len(ladder.rungs)))


states = st.integers(0, 200).flatmap(
    lambda people: arrays(np.int64, (2, people), elements=st.integers(-1, len(STATES) - 1))
)


@pytest.mark.parametrize("ladder", [FLYWHEEL, *LADDERS.values()])
@given(both=states)
def test_transitions_reconcile_with_counts_on_every_ladder(ladder, both):
    """Rows sum to 1; what comes into and goes out of a rung is who stands and stood there."""
    before, after = ladder.climb(both[0]), ladder.climb(both[1])
    rungs = len(ladder.rungs)

    moves = transitions(before, after, rungs=rungs)

    assert np.allclose(moves.shares.sum(axis=1), 1.0)
    assert moves.counts.sum() == ((before >= 0) | (after >= 0)).sum()
    assert np.array_equal(moves.counts[:, :rungs].sum(axis=0), rung_counts(after, rungs=rungs))
    assert np.array_equal(moves.counts[:rungs].sum(axis=1), rung_counts(before, rungs=rungs))
    assert moves.counts[rungs, rungs] == 0


@pytest.mark.parametrize("ladder", LADDERS.values(), ids=LADDERS)
@given(both=states)
def test_a_ladder_counts_the_same_people_as_the_loop(ladder, both):
    """Another model groups people, it loses none."""
    counts = rung_counts(ladder.climb(both[0]), rungs=len(ladder.rungs))

    assert counts.sum() == rung_counts(FLYWHEEL.climb(both[0])).sum()


def test_a_stage_nobody_was_in_keeps_its_people():
    """Rows without evidence are still a distribution."""
    moves = transitions(np.array([0]), np.array([1]))

    assert moves.shares[0].tolist() == [0, 1, 0, 0, 0, 0]
    assert moves.shares[3].tolist() == [0, 0, 0, 1, 0, 0]
    assert moves.shares[NEWCOMER].tolist() == [1, 0, 0, 0, 0, 0]
