"""The flywheel over HTTP."""

import pytest

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
    assert answer["rates"] == {**RATES, "persistence": persistence}


def test_a_rate_neither_given_nor_measured_is_asked_for(api):
    """The planted runs measured no rates."""
    answer = api.post("/v1/flywheel:project", json={"engaged": 100})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.advocacy"


@pytest.mark.parametrize("wrong", [{"advocacy": 1.5}, {"rotations": 0}, {"rotation": 5}])
def test_rates_have_bounds_and_names(api, wrong):
    """A typing error is not a default."""
    answer = api.post("/v1/flywheel:project", json={**RATES, **wrong})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"body.{next(iter(wrong))}"
