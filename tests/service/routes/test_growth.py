"""Growing outward over HTTP."""

import pytest

from service.carriers import CircleAmbassadors, CircleCreators, ReferralAnswer
from service.growth import (
    CircleCrossover,
    CircleLookalikes,
    LookalikeAnswer,
    PartnerCrossover,
)

PATH = "/v1/circles/interest-1/lookalikes"
CROSSOVER = "/v1/circles/interest-1/crossover"
GOLD = 'tier = "gold"'


def test_a_circles_lookalikes_are_as_described(api):
    """Read strictly, the answer has every field and no other; none listed is a member."""
    answer = api.get(PATH, params={"limit": 1000, "contact_cost": 1.5})
    members = api.get("/v1/circles/interest-1/members?page_size=1000").json()["members"]

    assert answer.status_code == 200
    read = CircleLookalikes.model_validate_json(answer.content)
    assert read.model_dump(mode="json") == answer.json()
    listed = {each.user_id for each in read.lookalikes}
    assert len(listed) == read.candidates > 100
    assert not listed & {each["user_id"] for each in members}
    assert [ring.ring for ring in read.rings] == ["core", "interest", "broad"]


def test_a_limit_shortens_the_list_alone(api):
    """The figures stay those of everyone."""
    long, short = (api.get(PATH, params={"limit": limit}).json() for limit in (50, 5))

    assert short["lookalikes"] == long["lookalikes"][:5]
    assert short | {"lookalikes": 0} == long | {"lookalikes": 0}


def test_an_unchanged_run_answers_304(api):
    """The answer is the run's."""
    first = api.get(PATH)

    again = api.get(PATH, headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304


@pytest.mark.parametrize(
    ("body", "seeds"),
    [
        ({"filter": GOLD}, None),
        ({"user_ids": [f"user-{number:05}" for number in range(0, 500, 5)] + ["nobody"]}, 100),
    ],
)
def test_audiences_and_lists_have_lookalikes_too(api, body, seeds):
    """By a filter or by ids."""
    answer = api.post("/v1/audiences:lookalikes", json=body)
    count = api.post("/v1/audiences:count", json={"filter": GOLD}).json()["count"]

    read = LookalikeAnswer.model_validate_json(answer.content)
    assert read.model_dump(mode="json") == answer.json()
    assert read.seeds == (seeds or count)
    assert read.eligible_for == "growth"


def test_rings_tell_what_reaching_them_brings(api):
    """By who joined since the run before, and what each of them costs."""
    body = {"filter": 'tag:"yoga" AND tag:"cooking"', "contact_cost": 3.0}

    rings = api.post("/v1/audiences:lookalikes", json=body).json()["rings"]

    assert rings[1]["mean_closeness"] > rings[2]["mean_closeness"]
    for ring in rings[1:]:
        told = ring["expected_joins"]
        assert 0 <= told["low"] <= told["joins"] <= told["high"] <= ring["people"]
        assert ring["cost_per_join"] == pytest.approx(3.0 * told["contacts_per_join"])


def test_a_filter_beside_a_list_is_refused(api):
    """Nobody has to guess which one was meant."""
    answer = api.post("/v1/audiences:lookalikes", json={"filter": GOLD, "user_ids": ["a"]})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.user_ids"


def test_too_few_seeds_are_a_problem_of_the_caller(api):
    """With what is needed in the detail."""
    answer = api.post("/v1/audiences:lookalikes", json={"user_ids": ["user-00000"]})

    assert answer.status_code == 422
    assert "at least 20" in answer.json()["detail"]


def test_only_who_may_list_members_is_told(ask):
    """Look-alikes are people."""
    assert ask("read").get(PATH).status_code == 403
    assert ask("members").get(PATH).status_code == 200
    assert ask("read").post("/v1/audiences:lookalikes", json={}).status_code == 403


def test_the_reading_is_in_the_audit_log(ask, guarded):
    """With its purpose and how many people were told."""
    ask("members").get(PATH, params={"limit": 7, "purpose": "email"})
    guarded.state.audit.flush()

    calls = ask("admin").get("/v1/audit").json()["calls"]

    named = [call for call in calls if call["action"].endswith("/lookalikes")]
    assert named[0]["people"] == 7
    assert named[0]["purpose"] == "email"
    assert named[0]["target"] == "interest-1"


def test_whoever_refuses_is_not_listed(api, planted):
    """Consent wins."""
    told = api.get(PATH, params={"limit": 1000, "purpose": "email"}).json()["lookalikes"]
    ids = [each["user_id"] for each in told]

    known = [
        user
        for start in range(0, len(ids), 500)
        for user in api.post(
            "/v1/users:batchGet", json={"user_ids": ids[start : start + 500]}
        ).json()["users"]
    ]

    assert len(known) == len(ids) > 100
    assert not [user for user in known if {"email", "*"} & set(user["refuses"])]


def test_the_lookalikes_of_everyone_are_nobody(api):
    """There is no candidate left, and that is no error."""
    answer = api.post("/v1/audiences:lookalikes", json={})

    assert answer.json()["lookalikes"] == []
    assert answer.json()["curve"] == []


def test_crossover_of_a_circle_is_as_described(api):
    """Exact, with names, for who may list members."""
    answer = api.get(CROSSOVER, params={"limit": 5, "bridges": 3})

    read = CircleCrossover.model_validate_json(answer.content)
    assert read.model_dump(mode="json") == answer.json()
    assert not read.approximate
    assert len(read.partners) == 5
    assert all(len(each.bridges) == min(3, each.shared) for each in read.partners)


def test_small_numbers_and_names_are_kept_from_callers_who_may_not_list(ask, api):
    """Blurred figures, nothing of fewer people than the least audience, nobody named."""
    exact = {
        each["circle_id"]: each
        for each in api.get(CROSSOVER, params={"limit": 100}).json()["partners"]
    }

    answer = ask("read").get(CROSSOVER, params={"limit": 100})

    assert answer.json()["approximate"]
    for each in answer.json()["partners"]:
        real = exact[each["circle_id"]]
        assert each["bridges"] == []
        for name in ("shared", "new_reach"):
            assert each[name] is None or each[name] >= 50
            if real[name] < 50:
                assert each[name] is None
        if each["shared"] is None:
            assert each["lift"] is each["lift_low"] is each["lift_high"] is None
        if each["new_reach"] is None:
            assert each["fit"] is each["score"] is None
    assert ask("read").get(CROSSOVER, params={"limit": 100}).json() == answer.json()
    assert any(each["new_reach"] for each in answer.json()["partners"])


@pytest.mark.parametrize(
    "partner",
    [
        {"tags": {"yoga": 2.0, "running": 1.0, "cooking": 1.0}},
        {"filter": GOLD},
        {"user_ids": [f"user-{number:05}" for number in range(0, 500, 5)] + ["nobody"]},
    ],
)
def test_a_partner_is_named_by_tags_a_filter_or_ids(api, partner):
    """Each answer is as described; what is offered in turn is told of the best circles."""
    answer = api.post("/v1/audiences:crossover", json={**partner, "limit": 8})

    read = PartnerCrossover.model_validate_json(answer.content)
    assert read.model_dump(mode="json") == answer.json()
    assert read.unknown == ("user_ids" in partner)
    assert len(read.circles) == 8
    assert read.circles[0].offered is not None
    assert read.circles[-1].offered is None


@pytest.mark.parametrize("partner", [{}, {"filter": GOLD, "tags": {"yoga": 1.0}}])
def test_a_partner_is_named_in_one_way(api, partner):
    """None and two are refused."""
    assert api.post("/v1/audiences:crossover", json=partner).status_code == 422


def test_a_partners_list_needs_the_scope_members(ask):
    """Two lists that differ by one person would tell of that person."""
    body = {"filter": GOLD}

    assert ask("read").post("/v1/audiences:crossover", json=body).status_code == 403
    assert ask("members").post("/v1/audiences:crossover", json=body).status_code == 200


@pytest.mark.parametrize(
    ("what", "model", "rows"),
    [("ambassadors?budget=4", CircleAmbassadors, 4), ("creators?limit=3", CircleCreators, 3)],
)
def test_who_carries_a_circle_is_as_described(api, ask, what, model, rows):
    """Named to callers who may list members alone."""
    path = f"/v1/circles/interest-1/{what}"

    answer = api.get(path)

    read = model.model_validate_json(answer.content)
    assert read.model_dump(mode="json") == answer.json()
    assert len(answer.json()[what.split("?")[0]]) == rows
    assert ask("read").get(path).status_code == 403
    assert api.get(path.replace("interest-1", "interest-404")).status_code == 404


def test_referrals_are_told_as_far_as_the_caller_may_know(api, ask):
    """Exactly with `members`; blurred, and without small groups, with `read`."""
    exact, blurred = api.get("/v1/referrals"), ask("read").get("/v1/referrals")

    for answer in (exact, blurred):
        read = ReferralAnswer.model_validate_json(answer.content)
        assert read.model_dump(mode="json") == answer.json()
    assert exact.json()["circles"]["interest-2"]["people"] == 12
    assert blurred.json()["circles"]["interest-2"]["people"] is None
    assert blurred.json()["approximate"]
