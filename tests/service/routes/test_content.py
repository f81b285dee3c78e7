"""Resonance over HTTP."""

import pytest
from scipy import special

from tests.sharemodels import GLADLY
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


def scores(caller, **asked):
    """The answer about who is likely to share a content."""
    return caller.post("/v1/content:score", json=asked)


def test_the_likeliest_come_first_with_reasons_that_add_up(api):
    """Of everybody, so many as were asked for; each log-odds is the base and its reasons."""
    answer = scores(api, content_id="c0", limit=30).json()

    told = [row["share_probability"] for row in answer["users"]]
    assert len(told) == 30
    assert [one["estimate"] for one in told] == sorted(one["estimate"] for one in told)[::-1]
    for row, one in zip(answer["users"], told, strict=True):
        total = answer["base_log_odds"] + sum(part["log_odds"] for part in row["reasons"])
        assert total == pytest.approx(special.logit(one["estimate"]))
        assert one["low"] <= one["estimate"] <= one["high"]


def test_named_people_are_answered_in_their_order(api):
    """Ids nobody has are told apart; the order is that of the question."""
    everybody = scores(api, content_id="c1", limit=1000).json()["users"]
    ids = [row["user_id"] for row in everybody[40:20:-1]]

    answer = scores(api, content_id="c1", user_ids=[*ids, "nobody"]).json()

    assert [row["user_id"] for row in answer["users"]] == ids
    assert answer["missing"] == ["nobody"]
    known = {row["user_id"]: row["share_probability"] for row in everybody}
    assert all(known[row["user_id"]] == row["share_probability"] for row in answer["users"])


def test_whoever_refuses_the_purpose_is_not_answered_for(api):
    """Neither listed nor, when named, answered."""
    everybody = scores(api, content_id="c0", limit=1000).json()["users"]
    ids = [row["user_id"] for row in everybody]

    for_email = scores(api, content_id="c0", user_ids=ids, purpose="email").json()

    open_to_it = {row["user_id"] for row in for_email["users"]}
    assert 0 < len(open_to_it) < len(ids)
    assert set(for_email["missing"]) == set(ids) - open_to_it


def test_a_content_by_its_tags_is_as_one_by_its_id_but_never_seen(api):
    """The tags of the first content are worth what they were; unknown ones are told."""
    by_tags = scores(api, tags=[GLADLY, "nonsense"], limit=5).json()

    assert by_tags["unknown_tags"] == ["nonsense"]
    assert by_tags["content_id"] is None
    reasons = {part["reason"]: part["log_odds"] for part in by_tags["users"][0]["reasons"]}
    assert reasons["tags"] > 0


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({}, 422), ({"content_id": "c0", "tags": ["yoga"]}, 422), ({"content_id": "gone"}, 404),
     ({"content_id": "c0", "limit": 1001}, 422)],
)  # fmt: skip
def test_a_question_about_no_content_is_refused(api, wrong, status):
    """One content, known by its id or told by its tags."""
    answer = scores(api, **wrong)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_people_are_named_to_those_who_may_list_members(ask):
    """The scope `read` is not enough."""
    assert scores(ask("read"), content_id="c0").status_code == 403
