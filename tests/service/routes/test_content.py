"""Resonance over HTTP."""

import pytest
from scipy import special

from tests.snapshots import INTEREST


def asked(caller, *tags):
    """The answer about a content."""
    return caller.post("/v1/content:resonance", json={"tags": list(tags)})


def test_every_interest_circle_is_told_with_reasons_that_add_up(api):
    """Rates, bounds, and the log-odds each tag adds."""
    answer = asked(api, "yoga", "nonsense").json()

    assert len(answer["circles"]) == len(INTEREST) + 1
    assert answer["unknown_tags"] == ["nonsense"]
    for row in answer["circles"]:
        total = row["base_log_odds"] + sum(part["log_odds"] for part in row["contributions"])
        rate = row["expected_share_rate"]
        assert total == pytest.approx(special.logit(rate["estimate"]))
        assert rate["low"] <= rate["estimate"] <= rate["high"]
    assert answer["best_circles"] == [row["circle_id"] for row in answer["circles"][:3]]


def test_sizes_below_the_least_audience_are_kept_from_callers_who_may_not_list(ask, api):
    """Without `members` a small circle has neither size nor shares; with it both."""
    small, full = (
        {row["circle_id"]: row for row in asked(caller, "yoga").json()["circles"]}
        for caller in (ask("read"), api)
    )

    assert any(row["size"] < 50 for row in full.values())
    for circle_id, row in full.items():
        if row["size"] < 50:
            assert small[circle_id]["size"] is None
            assert small[circle_id]["expected_shares"] is None
        else:
            assert small[circle_id]["size"] == row["size"]
            assert small[circle_id]["expected_shares"] == row["expected_shares"]


def test_the_answer_carries_the_tag_of_its_run(api):
    """Like every answer it names the run in `ETag` and body."""
    answer = asked(api, "yoga")

    assert answer.headers["ETag"] == f'"{answer.json()["run_id"]}"'


@pytest.mark.parametrize("wrong", [{"tags": []}, {"tags": [""]}, {"tags": ["a"] * 51}, {"tag": []}])
def test_what_is_no_content_is_refused(api, wrong):
    """A content has one to fifty tags."""
    answer = api.post("/v1/content:resonance", json=wrong)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_scope_read_is_needed(ask):
    """A key for something else is refused."""
    assert asked(ask("runs"), "yoga").status_code == 403
