"""Pages of a list, pinned to a run."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.app import create_app
from service.errors import InvalidValue
from service.paging import Place, read_token, write_token
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import RUNS, publish


@given(run_id=st.text(), offset=st.integers(0, 2**40), listing=st.text())
def test_a_token_gives_back_its_place(run_id, offset, listing):
    """What went in comes out."""
    place = Place(run_id, offset)

    assert read_token(write_token(place, listing=listing), listing=listing) == place


@given(token=st.text(max_size=80))
def test_anything_else_is_no_token(token):
    """A made-up token fails as a wrong value, never as a failure of ours."""
    with pytest.raises(InvalidValue):
        read_token(token, listing="list")


@given(at=st.integers(0, 60), letter=st.sampled_from("Aa0-_"))
def test_a_damaged_token_is_refused(at, letter):
    """One changed letter is noticed, unless it spells the same bytes."""
    token = write_token(Place("run", 100), listing="list")
    at %= len(token) - 1
    damaged = token[:at] + letter + token[at + 1 :]

    if damaged != token:
        with pytest.raises(InvalidValue):
            read_token(damaged, listing="list")


def pages(api, path, **asked):
    """Read a list to its end, page by page."""
    token = {}
    while True:
        answer = api.get(path, params={**asked, **token}).json()
        yield answer
        if answer["next_page_token"] is None:
            return
        token = {"page_token": answer["next_page_token"]}


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("/v1/circles", "circles"),
        ("/v1/circles/interest-1/members", "members"),
        ("/v1/tiers/assignments", "assignments"),
    ],
)
def test_pages_add_up_to_the_list(api, path, rows):
    """Each row comes once, in order."""
    whole = api.get(path, params={"page_size": 1000}).json()[rows]

    apart = [row for page in pages(api, path, page_size=7) for row in page[rows]]

    assert apart == whole


def test_a_token_fits_only_its_list(api):
    """A place among the gold members means nothing among all."""
    asked = {"tier": "gold", "page_size": 5}
    token = api.get("/v1/tiers/assignments", params=asked).json()["next_page_token"]

    answer = api.get("/v1/tiers/assignments", params={"page_token": token})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.page_token"


def test_a_list_stays_with_its_run_while_another_goes_live(changing):
    """Each member comes once, all from the run of the first page."""
    publish(changing, RUNS[0])
    app = create_app(Settings(store=changing, no_auth=True))
    api, path = caller(app), "/v1/circles/interest-1/members"
    whole = api.get(path).json()

    read = []
    for number, page in enumerate(pages(api, path, page_size=2)):
        read.append(page)
        publish(changing, RUNS[1 + number % 2])
        app.state.live.refresh()

    assert api.get(path).json()["run_id"] != RUNS[0]
    assert {page["run_id"] for page in read} == {RUNS[0]}
    assert [member for page in read for member in page["members"]] == whole["members"]


def test_a_token_of_a_pruned_run_is_gone(changing):
    """The problem says where to read the list again."""
    app = create_app(Settings(store=changing, no_auth=True))
    path = "/v1/tiers/assignments"
    token = caller(app).get(path, params={"page_size": 5}).json()["next_page_token"]
    publish(changing, RUNS[1])
    app.state.live.refresh()
    shutil.rmtree(changing / "runs" / RUNS[2])

    answer = caller(app).get(path, params={"page_token": token})

    assert answer.status_code == 410
    assert answer.json()["resync"] == path
