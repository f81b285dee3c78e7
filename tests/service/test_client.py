"""A client that a generator wrote from the description alone speaks to a real server."""

import importlib
import json
import subprocess
import sys
from http import HTTPStatus

import pytest

from segmentation import keys
from segmentation.database import open_database
from segmentation.store import Store
from service.app import create_app
from service.settings import Settings
from tests.service.servers import store_served
from tests.service.stores import NOW, RUNS
from tests.snapshots import user_id

FILTER = 'tier >= "silver" AND share_propensity > 0.3'
GENERATOR = (sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The package the generator wrote; a complaint of it is a failure."""
    folder = tmp_path_factory.mktemp("client")
    description = create_app(Settings(store="nowhere", no_auth=True)).openapi()
    (folder / "openapi.json").write_text(json.dumps(description), encoding="utf-8")
    (folder / "config.yml").write_text("post_hooks: []\n", encoding="utf-8")
    command = [*GENERATOR, "--path", folder / "openapi.json", "--config", folder / "config.yml",
               "--output-path", folder / "coterie_client", "--meta", "none"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield importlib.import_module("coterie_client")
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def client(written, planted):
    """The client, with a key of every scope, and a server over the planted store."""
    scopes = ("read", "members", "tiers", "runs")
    secret = keys.create(open_database(planted), name="client", scopes=scopes, now=NOW).secret
    with (
        store_served(planted, log_level="error") as address,
        written.AuthenticatedClient(base_url=address, token=secret) as opened,
    ):
        yield opened


@pytest.fixture
def snapshot(planted):
    """What the server answers from."""
    with Store(planted).snapshot() as opened:
        yield opened


def call(client, group, name, *asked, **named):
    """Call an operation; give its status and the answer as the client reads it."""
    operation = importlib.import_module(f"coterie_client.api.{group}.{name}")
    answer = operation.sync_detailed(*asked, client=client, **named)
    return answer.status_code, answer.parsed


def model(name, **facts):
    """A request's body, made by the client's own class of it."""
    return getattr(importlib.import_module("coterie_client.models"), name).from_dict(facts)


def test_people_are_looked_up(client, snapshot):
    """One, and many at once with those nobody has."""
    _, one = call(client, "users", "get_user", user_id(3))
    ids = model("UserIds", user_ids=[user_id(1), user_id(2), "nobody"])
    _, many = call(client, "users", "batch_get_users", body=ids)

    told = json.loads(json.dumps(one.to_dict()).replace("+00:00", "Z"))
    assert told == {"run_id": RUNS[-1], **snapshot.user(user_id(3))}
    assert [each.user_id for each in many.users] == [user_id(1), user_id(2)]
    assert many.missing == ["nobody"]


def test_an_audience_is_counted_and_read_page_by_page(client, snapshot):
    """The count, the total and everyone listed agree."""
    expected = list(snapshot.audience(FILTER).ids())
    asked = model("CountAsked", filter=FILTER)
    _, counted = call(client, "audiences", "count_audience", body=asked)
    listed, token, asked = [], None, {"filter": FILTER, "page_size": 50}
    while token or not listed:
        body = model("QueryAsked", **asked, page_token=token)
        _, page = call(client, "audiences", "query_audience", body=body)
        listed, token = listed + page.user_ids, page.next_page_token

    assert counted.count == page.total == len(expected) > 100
    assert listed == expected


def test_tiers_and_runs_are_told(client, snapshot):
    """With their times and benefits read as what they are."""
    _, tiers = call(client, "tiers", "list_tiers")
    _, runs = call(client, "runs", "list_runs")

    assert [(tier.name, tier.members) for tier in tiers.tiers] == [
        (tier["name"], tier["members"]) for tier in snapshot.tiers()
    ]
    assert [run.run_id for run in runs.runs] == list(reversed(RUNS))
    assert runs.runs[0].created.isoformat() == snapshot.manifest["created"].replace("Z", "+00:00")


def test_a_refusal_is_read_as_the_problem_it_is(client):
    """With its type and what was wrong."""
    status, problem = call(client, "users", "get_user", "nobody")

    assert status == HTTPStatus.NOT_FOUND
    assert problem.status == 404
    assert "nobody" in problem.detail
