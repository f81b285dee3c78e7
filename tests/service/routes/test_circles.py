"""Circles over HTTP."""

import pytest

from tests.service.stores import RUNS


def test_circles_come_by_facet_and_size(api):
    """A marketer reads the largest circle of a facet first."""
    circles = api.get("/v1/circles").json()["circles"]

    keys = [(circle["facet"], -circle["size"]) for circle in circles]
    assert len(keys) > 2
    assert keys == sorted(keys)


def test_a_facet_filters(api):
    """Only circles of the facet asked for are listed, and none is left out."""
    everything = api.get("/v1/circles").json()["circles"]

    lifestyle = api.get("/v1/circles", params={"facet": "lifestyle"}).json()["circles"]

    assert lifestyle == [circle for circle in everything if circle["facet"] == "lifestyle"]


def test_a_circle_alone_says_what_the_list_says(api):
    """One circle is the same whichever way it is read."""
    listed = api.get("/v1/circles").json()

    for circle in listed["circles"]:
        alone = api.get(f"/v1/circles/{circle['circle_id']}").json()
        assert alone == {"run_id": listed["run_id"], **circle}


def test_members_come_strongest_first_and_all(api):
    """The pages of a circle add up to its size."""
    largest = api.get("/v1/circles").json()["circles"][0]

    answer = api.get(f"/v1/circles/{largest['circle_id']}/members?page_size=1000").json()

    strengths = [member["strength"] for member in answer["members"]]
    assert answer["total"] == largest["size"] == len(strengths)
    assert strengths == sorted(strengths, reverse=True)
    assert answer["next_page_token"] is None


def test_history_goes_back_over_the_runs_kept(api, planted):
    """What happened in every run is told once, the latest first."""
    events = api.get("/v1/circles/interest-2/history").json()["events"]

    runs = [event["run_id"] for event in events]
    assert runs == sorted(RUNS, reverse=True)


def test_a_retired_circle_keeps_its_history(api):
    """A circle that is no more can still be asked about."""
    assert api.get("/v1/circles/interest-99").status_code == 404

    events = api.get("/v1/circles/interest-99/history").json()["events"]

    assert {event["event"] for event in events} == {"retired"}


@pytest.mark.parametrize("what", ["", "/members", "/history"])
def test_an_unknown_circle_is_not_found(api, what):
    """The problem names the circle."""
    answer = api.get(f"/v1/circles/interest-4711{what}")

    assert answer.status_code == 404
    assert "`interest-4711`" in answer.json()["detail"]


def test_history_says_how_large_a_circle_was_in_each_run(api):
    """The latest first, as the circle's own page has it."""
    series = api.get("/v1/circles/interest-2/history").json()["series"]

    assert [point["run_id"] for point in series] == sorted(
        (point["run_id"] for point in series), reverse=True
    )
    assert len(series) == 3
    assert series[0]["size"] == api.get("/v1/circles/interest-2").json()["size"]


def test_a_small_circle_s_size_is_for_those_who_may_list_it(ask):
    """Others are told that it is small, in the list, alone and on the page."""
    mine, theirs = (
        {row["circle_id"]: row for row in ask(scope).get("/v1/circles").json()["circles"]}
        for scope in ("admin", "read")
    )

    small = [circle_id for circle_id, row in mine.items() if row["size"] < 50]
    assert 0 < len(small) < len(mine)
    for circle_id, row in mine.items():
        told = theirs[circle_id]
        assert told["size"] == (None if circle_id in small else row["size"])
        assert (told["share_of_users"] is None) == (circle_id in small)
        alone = ask("read").get(f"/v1/circles/{circle_id}").json()
        assert {name: alone[name] for name in told} == told
    assert "under 50" in ask("read").get("/").text
    assert "under 50" not in ask("admin").get("/").text


def test_history_tells_no_size_below_the_least_audience(api, ask):
    """No more than the list of circles does."""
    circles = api.get("/v1/circles").json()["circles"]
    small = [row["circle_id"] for row in circles if row["size"] < 50]
    assert small

    for circle_id in small:
        told = ask("read").get(f"/v1/circles/{circle_id}/history").json()["series"]

        known = api.get(f"/v1/circles/{circle_id}/history").json()["series"]
        sizes = [point["size"] if point["size"] >= 50 else None for point in known]
        assert [point["size"] for point in told] == sizes
        assert [point["share_of_users"] is None for point in told] == [
            size is None for size in sizes
        ]


def test_overlaps_are_told_roughly_to_whoever_may_not_list_members(api, ask):
    """An exact one is a fraction that has the size of a circle below its line."""
    exact, rough = (
        [each["overlap"] for each in asking.get("/v1/circles/interest-2/history").json()["events"]]
        for asking in (api, ask("read"))
    )

    assert rough == [round(overlap, 1) for overlap in exact]
    assert rough != exact
