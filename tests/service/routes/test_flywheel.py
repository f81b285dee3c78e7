"""The flywheel over HTTP."""

import pytest

from models.lifecycle import LADDERS, STAGES

RATES = {"engaged": 100, "advocacy": 0.1, "referrals": 1, "persistence": 1}


def test_the_loop_counts_everyone(api):
    """Stage counts reconcile with the people of the run."""
    stages = api.get("/v1/flywheel").json()["stages"]

    assert sum(stage["people"] for stage in stages) == 500


@pytest.mark.parametrize(("persistence", "engaged"), [(1, 146.41), (0, 111.11)])
def test_a_projection_gives_the_figures_of_the_literature(api, persistence, engaged):
    """Five rotations of a tenth who each bring one."""
    asked = {**RATES, "persistence": persistence, "rotations": 5}

    answer = api.post("/v1/flywheel:project", json=asked).json()

    assert len(answer["engaged"]) == 5
    assert answer["engaged"][-1] == pytest.approx(engaged, abs=0.005)
    used = {name: rate for name, rate in answer["rates"].items() if rate is not None}
    assert used == {**RATES, "persistence": persistence}
    assert answer["low"] is None


def test_a_rate_neither_given_nor_measured_is_asked_for(api):
    """In the planted runs nobody invited anybody."""
    answer = api.post("/v1/flywheel:project", json={"engaged": 100})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.referrals"


@pytest.mark.parametrize("wrong", [{"advocacy": 1.5}, {"rotations": 0}, {"rotation": 5}])
def test_rates_have_bounds_and_names(api, wrong):
    """A typing error is not a default."""
    answer = api.post("/v1/flywheel:project", json={**RATES, **wrong})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"body.{next(iter(wrong))}"


@pytest.mark.parametrize("mapping", LADDERS)
def test_stages_are_told_in_other_words(api, mapping):
    """Everybody stands on one rung, and moves reconcile with who stands there."""
    answer = api.get("/v1/flywheel", params={"mapping": mapping}).json()

    people = [stage["people"] for stage in answer["stages"]]
    arrived = [sum(column) for column in zip(*answer["transitions"]["counts"], strict=True)]
    assert answer["mapping"] == mapping
    assert tuple(stage["stage"] for stage in answer["stages"]) == LADDERS[mapping].rungs
    assert sum(people) == 500
    assert arrived[:-1] == people


def test_an_unknown_mapping_is_refused(api):
    """It is no word of ours."""
    assert api.get("/v1/flywheel", params={"mapping": "funnel"}).status_code == 422


def test_circles_have_a_loop_each(api):
    """By facet, named, page by page."""
    first = api.get("/v1/flywheel/circles", params={"facet": "interest", "page_size": 3}).json()
    rest = api.get(
        "/v1/flywheel/circles",
        params={"facet": "interest", "page_token": first["next_page_token"], "page_size": 3},
    ).json()

    assert len(first["circles"]) == len(rest["circles"]) == 3
    ids = [row["circle_id"] for row in first["circles"] + rest["circles"]]
    assert len(set(ids)) == 6
    assert all(circle.startswith("interest-") for circle in ids)
    assert [stage["stage"] for stage in first["circles"][0]["stages"]] == list(STAGES)


def test_who_may_not_list_members_is_told_no_small_figure(ask):
    """The figures are blurred and say so; who may list them gets them exactly."""
    told = ask("read").get("/v1/flywheel").json()
    exact = ask("admin").get("/v1/flywheel").json()
    circles = ask("read").get("/v1/flywheel/circles").json()

    people = [stage["people"] for row in circles["circles"] for stage in row["stages"]]
    assert (told["approximate"], exact["approximate"]) == (True, False)
    assert circles["approximate"]
    assert told["stages"] != exact["stages"]
    assert None in people
    assert all(row["people"] is None or row["people"] >= 50 for row in told["stages"])


def test_the_trend_and_the_windows_are_told(api):
    """This run is the trend's last point."""
    answer = api.get("/v1/flywheel").json()

    assert answer["trend"][-1]["stages"] == {
        row["stage"]: row["people"] for row in answer["stages"]
    }
    assert [window["people"] for window in answer["windows"]] == [500] * 6


def test_the_measured_wheel_turns_with_a_band(api):
    """Nothing given, everything measured."""
    answer = api.post("/v1/flywheel:project", json={"rotations": 4}).json()

    assert len(answer["engaged"]) == len(answer["low"]) == len(answer["active"]["high"]) == 4
    assert answer["rotation_days"] == 30
    assert answer["rates"]["friction"] > 0


@pytest.mark.parametrize(
    ("rate", "worse", "better"),
    [("friction", 0.6, 0.1), ("speed", 0.1, 0.5), ("weight", 0.2, 0.9), ("revival", 0.1, 0.5),
     ("arrivals", 0, 50)],
)  # fmt: skip
def test_what_if_moves_the_active(api, rate, worse, better):
    """Less friction, more of the others: never fewer people, and some figure moves."""
    low, high = (
        api.post("/v1/flywheel:project", json={rate: value, "rotations": 5}).json()
        for value in (worse, better)
    )

    for figure in ("active", "advocates"):
        assert high[figure]["expected"][-1] >= low[figure]["expected"][-1] - 1e-6
    assert (high["active"], high["advocates"]) != (low["active"], low["advocates"])
    assert high["rates"][rate] == better


def test_the_formula_and_the_wheel_do_not_mix(api):
    """Advocacy is a rate of the formula alone."""
    answer = api.post("/v1/flywheel:project", json={"advocacy": 0.2, "friction": 0.1})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.advocacy"


def test_projections_are_rounded_for_who_may_not_list_members(ask):
    """The first figure would else be today's, exactly."""
    answer = ask("read").post("/v1/flywheel:project", json={"friction": 0.2}).json()

    assert all(figure % 10 == 0 for figure in answer["active"]["expected"])
    assert {name for name, rate in answer["rates"].items() if rate is not None} == {"friction"}
