"""Users over HTTP."""

from urllib.parse import quote

import pytest
from starlette.routing import Route

from segmentation.index import Snapshot
from service.app import create_app
from service.routes.users import fast_route
from service.schemas import UserBatch
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import RUNS, publish
from tests.snapshots import user_id


def ordinary(planted):
    """Build the service without its short cut."""
    app = create_app(Settings(store=planted, no_auth=True))
    app.router.routes.remove(fast_route)
    return caller(app)


@pytest.mark.parametrize("number", range(10))
def test_ids_of_any_script_are_found(api, number):
    """An id is data: it may hold any character."""
    wanted = user_id(number)

    answer = api.get(f"/v1/users/{quote(wanted, safe='')}")

    assert answer.status_code == 200
    assert answer.json()["user_id"] == wanted


def test_a_user_is_what_the_snapshot_holds(api, planted):
    """Nothing is lost or added on the way out."""
    with Snapshot.open(planted / "runs" / RUNS[-1]) as snapshot:
        known = {"run_id": RUNS[-1], **snapshot.user("user-00005")}

        assert api.get("/v1/users/user-00005").json() == known


def test_the_short_cut_answers_like_the_ordinary_route(api, planted):
    """Bodies and headers agree, so that the documentation holds for both."""
    client = ordinary(planted)

    for path in (user_id(0), user_id(1), user_id(7), "nobody", ""):
        short, long = (asked.get(f"/v1/users/{path}") for asked in (api, client))
        assert short.status_code == long.status_code
        assert {**short.json(), "request_id": 0} == {**long.json(), "request_id": 0}
        assert short.headers.get("etag") == long.headers.get("etag")
        assert short.headers["content-type"] == long.headers["content-type"]


def test_the_short_cut_comes_first(api):
    """The framework's route would shadow it otherwise."""
    first = api.app.router.routes[0]

    assert isinstance(first, Route)
    assert first is fast_route


def test_a_batch_keeps_order_and_names_the_missing(api):
    """Everyone asked for is either described or missing."""
    asked = [user_id(3), "nobody", user_id(1)]

    answer = api.post("/v1/users:batchGet", json={"user_ids": asked}).json()

    assert [user["user_id"] for user in answer["users"]] == [user_id(3), user_id(1)]
    assert answer["missing"] == ["nobody"]
    assert answer["run_id"] == RUNS[-1]


def test_one_of_a_batch_is_the_same_alone(api):
    """One description, whichever way it is read."""
    batch = api.post("/v1/users:batchGet", json={"user_ids": [user_id(8)]}).json()

    alone = api.get(f"/v1/users/{quote(user_id(8))}").json()

    assert alone == {"run_id": batch["run_id"], **batch["users"][0]}


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_bounds(api, count):
    """At least one and at most a thousand."""
    answer = api.post("/v1/users:batchGet", json={"user_ids": ["u"] * count})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.user_ids"


def test_half_a_character_is_nobody(api):
    """A lone surrogate is legal JSON text but no id; it fails nothing."""
    body = b'{"user_ids": ["\\ud800"]}'

    answer = api.post(
        "/v1/users:batchGet", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code in {200, 422}


def test_a_body_too_large_is_refused(api):
    """Nobody fills the memory from outside."""
    answer = api.post("/v1/users:batchGet", json={"user_ids": ["u" * 3_000_000]})

    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/content-too-large"


def test_tags_of_a_call_are_placed(api, planted):
    """As the snapshot's own function places them, with the propensity of the circles."""
    tags = {"books": 5.0, "cars": 4.0, "never heard of": 1.0}

    told = api.post("/v1/users:assign", json={"tags": tags}).json()

    with Snapshot.open(planted / "runs" / RUNS[-1]) as snapshot:
        for placed in told["facets"]:
            assert placed == snapshot.placer.facet(placed["facet"]).place(tags)
        circles = told["facets"][0]["circles"]
        assert circles
        chances = [snapshot.circle(each["circle_id"])["share_propensity"] for each in circles]
    assert min(chances) <= told["share_propensity"]["estimate"] <= max(chances)
    assert told["unknown_tags"] == ["never heard of"]


def test_events_of_a_call_are_weighed_first(api):
    """Five events of a tag are a weight of five; those the facet does not read are nothing."""
    events = [{"channel": "browse", "tag": tag} for tag in ["books"] * 5 + ["cars"] * 4]
    events.append({"channel": "share", "tag": "yoga"})

    by_events = api.post("/v1/users:assign", json={"events": events}).json()
    by_tags = api.post("/v1/users:assign", json={"tags": {"books": 5, "cars": 4}}).json()

    assert by_events["facets"][0] == by_tags["facets"][0]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"tags": {"a": 1}, "events": [{"channel": "browse", "tag": "a"}]},
        {"tags": {"a": -1}},
        {"tags": {"a": "much"}},
        {"events": [{"tag": "a"}]},
    ],
)
def test_an_assignment_needs_tags_or_events(api, body):
    """One of the two, and sound."""
    assert api.post("/v1/users:assign", json=body).status_code == 422


def test_an_explanation_is_what_the_snapshot_says(api, planted):
    """For both facets; an unknown user is a 404."""
    told = api.post("/v1/users:explain", json={"user_id": user_id(3)}).json()

    with Snapshot.open(planted / "runs" / RUNS[-1]) as snapshot:
        assert told["facets"] == snapshot.explanation(user_id(3))
    assert told["facets"][0]["contributions"]
    assert api.post("/v1/users:explain", json={"user_id": "nobody"}).status_code == 404


def test_a_user_is_eligible_for_what_they_did_not_refuse(api, planted):
    """Whoever refused everything is eligible for nothing."""
    with Snapshot.open(planted / "runs" / RUNS[-1]) as snapshot:
        refused = {
            purpose: set(snapshot.audiences.ids(snapshot.audiences.refusing(purpose)))
            for purpose in ("ads", "email", "*")
        }
    everyone = [user_id(number) for number in range(200)]
    for user in api.post("/v1/users:batchGet", json={"user_ids": everyone}).json()["users"]:
        allowed = [name for name in ("ads", "email") if user["user_id"] not in refused[name]]
        assert user["eligible_for"] == allowed
        assert ("*" in user["refuses"]) == (user["user_id"] in refused["*"])


def test_one_call_erases_a_person(changing):
    """From look-ups, lists and counts of every worker, at once; asking again is no error."""
    workers = [caller(create_app(Settings(store=changing, no_auth=True))) for _ in range(2)]
    gone = user_id(5)
    circle = workers[0].get(f"/v1/users/{gone}").json()["circles"][0]["circle_id"]

    done = workers[0].request("DELETE", f"/v1/users/{gone}")

    assert done.status_code == 200
    assert sorted(done.json()["runs"]) == sorted(RUNS)
    for worker in workers:
        assert worker.get(f"/v1/users/{gone}").status_code == 404
        batch = worker.post("/v1/users:batchGet", json={"user_ids": [gone]}).json()
        assert batch["missing"] == [gone]
        listed = worker.get(f"/v1/circles/{circle}/members").json()
        assert gone not in [member["user_id"] for member in listed["members"]]
        assert listed["members_erased"] == 1
        assert listed["total"] == len(listed["members"])
        count = worker.post("/v1/audiences:count", json={}).json()["count"]
        assert count == 39
    assert workers[1].request("DELETE", f"/v1/users/{gone}").status_code == 200


def test_pages_do_not_shift_when_someone_is_erased_between_them(changing):
    """Everyone left is listed once."""
    api = caller(create_app(Settings(store=changing, no_auth=True)))
    seen, token = [], None
    while True:
        asked = {"page_size": 3} | ({"page_token": token} if token else {})
        page = api.get("/v1/tiers/assignments", params=asked).json()
        seen += [row["user_id"] for row in page["assignments"]]
        token = page["next_page_token"]
        if token is None:
            break
        if len(seen) == 9:
            for user in (seen[1], user_id(21)):
                assert api.request("DELETE", f"/v1/users/{quote(user)}").status_code == 200
            gone = {seen[1], user_id(21)}

    assert len(seen) == len(set(seen))
    assert {user_id(number) for number in range(40)} - set(seen) <= gone


def test_a_decision_about_consent_wins_at_once(changing):
    """In lists, files and look-ups; in another worker with its next look."""
    workers = [caller(create_app(Settings(store=changing, no_auth=True))) for _ in range(2)]
    someone = user_id(5)

    def listed(worker):
        """Whether the person is in the list and in the file of a purpose."""
        body = {"purpose": "ads"}
        page = worker.post("/v1/audiences:query", json=body | {"page_size": 1000}).json()
        file = worker.post("/v1/audiences:export", json=body).text
        return someone in page["user_ids"], f'"{someone}"' in file

    for granted in (False, True, False):
        body = {"user_id": someone, "purpose": "ads", "granted": granted}
        told = workers[0].post("/v1/users:consent", json=body).json()
        workers[1].app.state.decided.refresh()
        assert ("ads" in told["eligible_for"]) is granted
        assert ("ads" in told["refuses"]) is not granted
        for worker in workers:
            assert listed(worker) == (granted, granted)
            known = worker.get(f"/v1/users/{someone}").json()
            assert (known["eligible_for"], known["refuses"]) == (
                told["eligible_for"],
                told["refuses"],
            )


def test_a_decision_holds_in_the_run_that_goes_live_next(changing):
    """It is the person's, not the run's."""
    api = caller(create_app(Settings(store=changing, no_auth=True)))
    body = {"user_id": user_id(5), "purpose": "ads", "granted": False}
    api.post("/v1/users:consent", json=body)
    publish(changing, RUNS[0])
    api.app.state.live.refresh()

    told = api.get(f"/v1/users/{user_id(5)}").json()

    assert told["run_id"] == RUNS[0]
    assert "ads" in told["refuses"]


def test_only_of_known_people_a_decision_is_kept(changing):
    """An unknown one is a 404."""
    api = caller(create_app(Settings(store=changing, no_auth=True)))
    body = {"user_id": "nobody", "purpose": "ads", "granted": False}

    assert api.post("/v1/users:consent", json=body).status_code == 404


def test_a_batch_is_written_as_its_model_would_write_it(api):
    """Field by field, though it does not pass through the model."""
    asked = {"user_ids": [user_id(number) for number in range(200)] + ["nobody"]}

    answer = api.post("/v1/users:batchGet", json=asked)

    assert UserBatch.model_validate_json(answer.content).model_dump(mode="json") == answer.json()
    assert answer.headers["etag"] == f'"{answer.json()["run_id"]}"'
