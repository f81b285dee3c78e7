"""Growing outward over HTTP."""

import pytest

from service.growth import CircleLookalikes, LookalikeAnswer

PATH = "/v1/circles/interest-1/lookalikes"
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
    assert read.rings[1].expected_joins is not None


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
