"""Runs over HTTP."""

from service.app import create_app
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import RUNS


def test_runs_come_newest_first_and_one_is_live(api):
    """The list says which run answers."""
    answer = api.get("/v1/runs").json()

    assert [run["run_id"] for run in answer["runs"]] == list(reversed(RUNS))
    assert [run["live"] for run in answer["runs"]] == [True, False, False]
    assert answer["run_id"] == RUNS[-1]


def test_pages_of_runs_add_up(api):
    """A page goes on after the last run of the one before."""
    first = api.get("/v1/runs", params={"page_size": 2}).json()

    second = api.get(
        "/v1/runs", params={"page_size": 2, "page_token": first["next_page_token"]}
    ).json()

    assert [run["run_id"] for run in first["runs"] + second["runs"]] == list(reversed(RUNS))
    assert second["next_page_token"] is None


def test_a_run_tells_what_it_measured(api):
    """An older run is described as the live one is."""
    run = api.get(f"/v1/runs/{RUNS[0]}").json()

    assert run["report"]["people"] == run["rows"]["users"] == 500
    assert run["live"] is False


def test_an_unknown_run_is_not_found(api):
    """A path out of the store is no run either."""
    for run_id in ("20250101T000000Z-ffffffff", "..", "%2e%2e"):
        assert api.get(f"/v1/runs/{run_id}").status_code == 404


def test_a_store_without_a_run_lists_none(tmp_path):
    """Nothing is live yet, and the list says so."""
    api = caller(create_app(Settings(store=tmp_path, no_auth=True)))

    assert api.get("/v1/runs").json() == {"run_id": None, "runs": [], "next_page_token": None}
