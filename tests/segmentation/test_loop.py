"""The flywheel's report."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from models.lifecycle import LADDERS, MAPPINGS, STAGES, STATES, Moment, transitions
from segmentation.course import Windows
from segmentation.invitations import Invitations
from segmentation.lifecycle import Lifecycle
from segmentation.loop import Grouping, flywheel_report

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
NAMES = ("engage", "ask", "acquire", "retain", "advocate", None)
BEFORE = np.array([-1 if name is None else STATES.index(name) for name in NAMES])
AFTER = np.array([STATES.index(name) for name in
                  ("acquire", "engage", "acquire", "acquire", "advocate", "engage")])  # fmt: skip
ACTIVE = np.array([True, True, True, False, True, True])
HALVES = Grouping("interest", np.array([0, 0, 0, 1, 1, -1]), ["interest-1", "interest-2"])
NOBODY, NEVER = np.zeros(0, dtype=np.int64), np.zeros(0)
NONE_INVITED = Invitations(NOBODY, NEVER, NOBODY, NOBODY, NEVER)
INVITED = Invitations(np.array([4, 4]), np.array([90.0, 50.0]), np.array([5]), np.array([4]),
                      np.array([8.0]))  # fmt: skip


def lifecycle(*, earlier=True):
    """Six people of whom one advances, one falls back and goes quiet, and one is new."""
    now, before = Moment(AFTER, ACTIVE), Moment(BEFORE, BEFORE >= 0)
    return Lifecycle(
        moments=(now, before) if earlier else (now,),
        transitions=transitions(before.stage if earlier else np.full(6, -1), now.stage),
        against="one window earlier",
        windows=Windows(30, 2, AS_OF) if earlier else Windows(0, 1, None),
        table=pa.table({}),
        acts="purchase",
    )


def report(*, earlier=True, invitations=INVITED):
    """The report as JSON, of value 1 each."""
    found = flywheel_report(
        lifecycle(earlier=earlier), value=np.ones(6), invitations=invitations, circles=[HALVES]
    )
    return json.loads(json.dumps(found, allow_nan=False))


def test_stage_counts_reconcile_with_people():
    """Each person is in one row, and shares sum to one."""
    rows = report()["stages"]

    assert [row["stage"] for row in rows] == list(STAGES)
    assert [row["people"] for row in rows] == [2, 3, 0, 0, 1]
    assert sum(row["share"] for row in rows) == pytest.approx(1.0)


def test_motion_is_measured_from_one_window_earlier():
    """One of four climbers advanced; one of five lost hold; one of six weighs."""
    facts = report()

    assert facts["speed"] == pytest.approx(1 / 4)
    assert facts["friction"] == pytest.approx(1 / 5)
    assert facts["weight"] == pytest.approx(1 / 6)
    assert facts["momentum"] == pytest.approx(1 / 24)
    assert facts["stages"][2]["speed"] is None
    assert facts["stages"][0]["before"] == 2


def test_circles_are_measured_each_by_itself():
    """Three people of the first, of whom one advanced; the advocate of the second invites."""
    first, second = report()["circles"]

    assert (first["circle_id"], first["facet"]) == ("interest-1", "interest")
    assert [row["people"] for row in first["stages"]] == [1, 2, 0, 0, 0]
    assert (first["people"], first["speed"], first["friction"]) == (3, pytest.approx(1 / 3), 0.0)
    assert second["friction"] == pytest.approx(1 / 2)
    assert second["weight"] == pytest.approx(1 / 2)
    assert second["momentum"] == 0.0
    assert (first["k_factor"], second["k_factor"]) == (None, pytest.approx(1 / 2))


def test_the_k_factor_and_its_cycle_come_from_invitations():
    """Two invitations of six people, one of them accepted after eight days."""
    facts = report()

    assert facts["k_factor"] == pytest.approx(2 / 6 * 1 / 2)
    assert facts["cycle_days"] == pytest.approx(8.0)
    assert facts["invitations"] == {"sent": 2, "accepted": 1, "answered": pytest.approx(0.5)}


def test_rates_are_those_of_the_last_window():
    """Five are active, one of whom advocates and brought the newcomer; four of five stayed."""
    assert report()["rates"] == {
        "engaged": 5.0,
        "advocacy": pytest.approx(1 / 5),
        "referrals": 1.0,
        "persistence": pytest.approx(4 / 5),
    }


def test_the_projection_begins_now_and_says_how_the_like_came_true():
    """Twelve rotations of a window each; too short a history was never put to the test."""
    ahead = report()["projection"]

    assert ahead["rotation_days"] == 30
    assert ahead["active"]["expected"][0] == 5.0
    assert ahead["advocates"]["expected"][0] == 1.0
    assert len(ahead["engaged"]["low"]) == 12
    assert ahead["tested"] == {"figures": 0, "inside": 0}


def test_without_invitations_nothing_is_claimed_of_them():
    """What was not measured is None, not zero."""
    facts = report(invitations=NONE_INVITED)

    assert (facts["k_factor"], facts["cycle_days"]) == (None, None)
    assert facts["rates"]["referrals"] is None


def test_without_time_only_stages_and_weight_are_known():
    """And the basis says so."""
    facts = report(earlier=False, invitations=NONE_INVITED)

    assert facts["weight"] == pytest.approx(1 / 6)
    assert (facts["speed"], facts["projection"], facts["wheel"]) == (None, None, None)
    assert set(facts["rates"].values()) == {None}
    assert facts["windows"] == []
    assert facts["basis"]["windows"].startswith("one")


@pytest.mark.parametrize("name", LADDERS)
def test_other_models_tell_of_the_same_people(name):
    """Counts, moves and rows reconcile on each ladder."""
    facts = report()
    ladder = facts["ladders"][name]
    counts = np.array(ladder["transitions"]["counts"])
    people = [row["people"] for row in ladder["stages"]]

    assert facts["mappings"][name] == dict(zip(STATES, MAPPINGS[name], strict=True))
    assert sum(people) == 6
    assert counts[:, :-1].sum(axis=0).tolist() == people
    assert np.allclose(np.sum(ladder["transitions"]["shares"], axis=1), 1.0)


def test_windows_tell_how_it_turned_before():
    """The oldest first; of the oldest nothing is known to compare it with."""
    (window,) = report()["windows"]

    assert window["ends"] == "2026-11-01T00:00:00Z"
    assert (window["people"], window["active"], window["newcomers"]) == (6, 5, 1)
    assert window["stages"] == [2, 3, 0, 0, 1]
    assert window["speed"] == pytest.approx(1 / 4)


def test_the_wheel_keeps_what_is_needed_to_ask_what_if():
    """Moves, newcomers and value, from which it is fitted anew."""
    wheel = report()["wheel"]

    assert np.sum(wheel["moves"]) == 5
    assert np.sum(wheel["entered"]) == 1
    assert wheel["referred"] == [1.0]
    assert sum(wheel["value"]) == 6.0


def test_windows_end_a_window_apart():
    """Three moments make two windows."""
    long = lifecycle()
    moments = (*long.moments, long.moments[1])
    three = Lifecycle(moments, long.transitions, "", Windows(30, 3, AS_OF), long.table, "")

    facts = flywheel_report(three, value=np.ones(6), invitations=NONE_INVITED)

    assert [row["ends"] for row in facts["windows"]] == [
        (AS_OF - timedelta(days=30)).isoformat().replace("+00:00", "Z"),
        "2026-11-01T00:00:00Z",
    ]
