"""The flywheel's report."""

import json

import numpy as np
import pyarrow as pa
import pytest

from models.flywheel import project
from models.lifecycle import MAPPINGS, STAGES, transitions
from segmentation.lifecycle import Lifecycle, Moment
from segmentation.loop import flywheel_report

BEFORE = np.array([0, 0, 1, 3, 4, -1])
AFTER = np.array([1, 0, 1, 1, 4, 0])
ACTIVE = np.array([True, True, True, False, True, True])


def lifecycle(*, earlier=True):
    """Six people of whom one advances, one falls back and goes quiet, and one is new."""
    before = Moment(BEFORE, BEFORE >= 0) if earlier else None
    return Lifecycle(
        now=Moment(AFTER, ACTIVE),
        earlier=before,
        transitions=transitions(BEFORE if earlier else np.full(6, -1), AFTER),
        against="one window earlier",
        window_days=30.0 if earlier else 0.0,
        table=pa.table({}),
        acts="purchase",
    )


def report(*, k_factor=0.2, earlier=True):
    """The report as JSON, of value 1 each."""
    found = flywheel_report(lifecycle(earlier=earlier), value=np.ones(6), k_factor=k_factor)
    return json.loads(json.dumps(found.to_dict(), allow_nan=False))


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


def test_the_projection_turns_the_measured_rates():
    """Advocacy times referrals is K, and the expected course follows from the rates."""
    facts = report()
    rates = facts["rates"]

    expected = project(**rates, rotations=12)

    assert rates["advocacy"] * rates["referrals"] == pytest.approx(0.2)
    assert rates["persistence"] == pytest.approx(4 / 5)
    assert facts["projection"]["expected"] == pytest.approx(expected.tolist())
    assert facts["projection"]["low"][-1] <= facts["projection"]["high"][-1]


def test_an_unmeasured_k_claims_no_referrals_and_projects_nothing():
    """What was not measured is None, not zero."""
    facts = report(k_factor=None)

    assert facts["rates"]["referrals"] is None
    assert facts["projection"] is None


def test_without_time_only_stages_and_weight_are_known():
    """And the basis says so."""
    facts = report(earlier=False)

    assert facts["weight"] == pytest.approx(1 / 6)
    assert facts["speed"] is None
    assert set(facts["rates"].values()) == {None}
    assert facts["basis"]["windows"].startswith("one")


def test_the_report_names_stages_in_other_words_too():
    """AIPL, 5A and activation to advocacy travel with it."""
    assert report()["mappings"] == MAPPINGS
