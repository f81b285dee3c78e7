"""The loop from run to run."""

from types import SimpleNamespace

import pytest

from segmentation.manifest import write_json
from segmentation.store import Store
from segmentation.trend import MOST, trend_point, with_trend
from tests.snapshots import AS_OF, flywheel

FACTS = flywheel([{"user_id": "a", "stage": "engage"}, {"user_id": "b", "stage": "retain"}])


@pytest.fixture
def context(tmp_path):
    """A run that went on from one whose trend is given."""

    def after(trend):
        (tmp_path / "runs" / "20261001T020000Z-aa").mkdir(parents=True)
        write_json(tmp_path / "runs" / "20261001T020000Z-aa" / "flywheel.json", {"trend": trend})
        return SimpleNamespace(
            store=Store(tmp_path),
            previous="20261001T020000Z-aa" if trend else None,
            work=SimpleNamespace(run_id="20261101T020000Z-bb"),
            as_of=AS_OF,
        )

    return after


def test_a_run_adds_itself_to_what_the_one_before_told(context):
    """The oldest first, each with its people by stage."""
    earlier = trend_point(FACTS, run_id="20261001T020000Z-aa", as_of=None)

    trend = with_trend(FACTS, context([earlier]))["trend"]

    assert trend[0] == earlier
    assert trend[1]["run_id"] == "20261101T020000Z-bb"
    assert trend[1]["as_of"] == "2026-11-01T02:00:00Z"
    assert trend[1]["stages"] == {"engage": 1, "acquire": 0, "nurture": 0, "retain": 1,
                                  "advocate": 0}  # fmt: skip
    assert trend[1]["weight"] == FACTS["weight"]


def test_a_first_run_is_the_whole_trend(context):
    """There is nothing before it."""
    assert len(with_trend(FACTS, context([]))["trend"]) == 1


def test_a_trend_does_not_grow_without_end(context):
    """The oldest points fall away."""
    points = [trend_point(FACTS, run_id=f"run-{at}", as_of=None) for at in range(MOST)]

    trend = with_trend(FACTS, context(points))["trend"]

    assert len(trend) == MOST
    assert trend[0]["run_id"] == "run-1"
