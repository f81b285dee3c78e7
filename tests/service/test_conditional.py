"""Asking again for what one already has."""

import pytest

from tests.service.stores import RUNS

TAG = f'"{RUNS[-1]}"'
PATHS = ("/v1/circles", "/v1/users/user-00000", "/v1/tiers", "/v1/flywheel")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("named", [TAG, f"W/{TAG}", f'"other", {TAG}', "*"])
def test_an_unchanged_snapshot_answers_304(api, path, named):
    """The answer is empty and still names its run."""
    answer = api.get(path, headers={"If-None-Match": named})

    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["etag"] == TAG
    assert "content-type" not in answer.headers


@pytest.mark.parametrize("path", PATHS)
def test_another_run_answers_in_full(api, path):
    """A tag of an earlier run spares nothing."""
    answer = api.get(path, headers={"If-None-Match": f'"{RUNS[0]}"'})

    assert answer.status_code == 200
    assert answer.headers["etag"] == TAG


def test_what_is_not_there_is_not_unchanged(api):
    """A precondition counts only where the plain request succeeds."""
    answer = api.get("/v1/users/nobody", headers={"If-None-Match": TAG})

    assert answer.status_code == 404


def test_a_stranger_learns_nothing_from_a_tag(ask):
    """The key is asked for first."""
    answer = ask("members").get("/v1/circles", headers={"If-None-Match": TAG})

    assert answer.status_code == 403


def test_a_page_bears_the_tag_of_its_run(api):
    """Only lists of the live run are compared with it; the list of runs has no tag."""
    assert api.get("/v1/tiers/assignments").headers["etag"] == TAG
    assert "etag" not in api.get("/v1/runs").headers
