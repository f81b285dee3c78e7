"""Stages and transitions."""

import numpy as np
import pytest

from models.lifecycle import (
    GONE,
    MAPPINGS,
    NEWCOMER,
    STAGES,
    Evidence,
    stage_counts,
    stages,
    transitions,
)


def stage_of(**evidence):
    """The stage of one person with this evidence and none other."""
    known = {"active": True, "acts": 0, "act_windows": 0, "advocated": False} | evidence
    arrays = {name: np.array([value]) for name, value in known.items()}
    return STAGES[stages(Evidence(**arrays))[0]]


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ({}, "engage"),
        ({"acts": 1, "act_windows": 1}, "acquire"),
        ({"acts": 1, "act_windows": 1, "active": False}, "acquire"),
        ({"acts": 2, "act_windows": 1}, "nurture"),
        ({"acts": 2, "act_windows": 2}, "retain"),
        ({"advocated": True}, "advocate"),
        ({"acts": 5, "act_windows": 3, "advocated": True}, "advocate"),
    ],
)
def test_the_highest_stage_with_evidence_wins(evidence, expected):
    """One stage a person, each with its own evidence."""
    assert stage_of(**evidence) == expected


def test_going_quiet_falls_back_to_what_stays_true():
    """A loyal buyer without recent activity is still one who once bought."""
    assert stage_of(acts=9, act_windows=5, active=False) == "acquire"


def test_transition_rows_sum_to_one_and_counts_reconcile():
    """Everyone before or after is counted once."""
    random = np.random.default_rng(0)
    before, after = random.integers(-1, 5, 500), random.integers(-1, 5, 500)

    moves = transitions(before, after)

    assert np.allclose(moves.shares.sum(axis=1), 1.0)
    assert moves.counts.sum() == ((before >= 0) | (after >= 0)).sum()
    assert moves.counts[NEWCOMER].sum() == ((before < 0) & (after >= 0)).sum()
    assert moves.counts[:, GONE].sum() == ((before >= 0) & (after < 0)).sum()
    assert np.array_equal(moves.counts[:, :GONE].sum(axis=0), stage_counts(after))


def test_a_stage_nobody_was_in_keeps_its_people():
    """Rows without evidence are still a distribution."""
    moves = transitions(np.array([0]), np.array([1]))

    assert moves.shares[0].tolist() == [0, 1, 0, 0, 0, 0]
    assert moves.shares[3].tolist() == [0, 0, 0, 1, 0, 0]
    assert moves.shares[NEWCOMER].tolist() == [1, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("name", MAPPINGS)
def test_every_stage_has_a_word_in_other_models(name):
    """AIPL, 5A and activation to advocacy."""
    assert tuple(MAPPINGS[name]) == STAGES
