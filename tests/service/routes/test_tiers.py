"""Rights over HTTP."""

import shutil

import pytest

from segmentation.index import Snapshot
from service.app import create_app
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import RUNS


def test_members_of_the_tiers_add_up(api):
    """Everyone holds one tier."""
    tiers = api.get("/v1/tiers").json()["tiers"]

    total = api.get("/v1/tiers/assignments").json()["total"]

    assert sum(tier["members"] for tier in tiers) == total == 500


def test_every_tier_shows_both_kinds_of_benefit(api):
    """Goods and recognition, as the policy demands."""
    for tier in api.get("/v1/tiers").json()["tiers"]:
        assert {benefit["kind"] for benefit in tier["benefits"]} == {"material", "spiritual"}


def test_assignments_of_a_tier(api):
    """Only its holders, and all of them."""
    answer = api.get("/v1/tiers/assignments", params={"tier": "gold", "page_size": 1000}).json()

    assert {row["tier"] for row in answer["assignments"]} == {"gold"}
    assert len(answer["assignments"]) == answer["total"]


def test_an_unknown_tier_is_not_found(api):
    """A misspelt tier is not an empty one."""
    assert api.get("/v1/tiers/assignments", params={"tier": "tin"}).status_code == 404


def changes_of(planted, *runs):
    """All changes of some runs, in their order."""
    rows = []
    for run_id in runs:
        with Snapshot.open(planted / "runs" / run_id) as snapshot:
            rows += snapshot.tier_changes(limit=10_000)
    return rows


@pytest.mark.parametrize("known", range(3))
def test_the_feed_tells_every_change_since_a_run(api, planted, known):
    """What a caller missed is every later run's changes, the oldest first."""
    feed = api.get("/v1/tiers/changes", params={"since": RUNS[known], "page_size": 1000}).json()

    assert feed["changes"] == changes_of(planted, *RUNS[known + 1 :])
    assert feed["next_since"] == feed["run_id"] == RUNS[-1]


def test_without_since_the_live_run_tells_its_own(api, planted):
    """The feed starts after the run before."""
    feed = api.get("/v1/tiers/changes", params={"page_size": 1000}).json()

    assert feed["changes"] == changes_of(planted, RUNS[-1])
    assert feed["since"] == RUNS[-2]


def test_pages_of_the_feed_cross_the_borders_of_runs(api, planted):
    """Small pages add up to the large one."""
    asked = {"since": RUNS[0], "page_size": 37}
    rows, token = [], None
    while True:
        answer = api.get("/v1/tiers/changes", params={**asked, "page_token": token or ""} if token
                         else asked).json()  # fmt: skip
        rows += answer["changes"]
        token = answer["next_page_token"]
        if token is None:
            break

    assert rows == changes_of(planted, *RUNS[1:])


@pytest.mark.parametrize("since", ["20250101T000000Z-ffffffff", "../../etc", "nonsense"])
def test_a_since_nobody_keeps_is_gone(api, since):
    """The problem says where to start over."""
    answer = api.get("/v1/tiers/changes", params={"since": since})

    assert answer.status_code == 410
    assert answer.json()["resync"] == "/v1/tiers/assignments"


def test_a_pruned_run_can_still_be_the_start(changing):
    """Its own changes are not needed, only those of the runs after it."""
    shutil.rmtree(changing / "runs" / RUNS[1])
    api = caller(create_app(Settings(store=changing, no_auth=True)))

    assert api.get("/v1/tiers/changes", params={"since": RUNS[1]}).status_code == 200
    assert api.get("/v1/tiers/changes", params={"since": RUNS[0]}).status_code == 410
