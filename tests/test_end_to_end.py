"""From files to answers over HTTP, as a user would go: the program, a real server, a real port."""

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

COTERIE = Path(sys.executable).with_name("coterie")
TABLES = ("events", "labels", "edges", "exposures", "content", "consent")
PATIENCE = 400


def coterie(*words, cwd=None):
    """Run one command and read its JSON answer."""
    done = subprocess.run(
        [COTERIE, *map(str, words), "--json"], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextmanager
def served(store):
    """A real server of a store on a free port, asked with a real key."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    secret = coterie("keys", "create", "--name", "test", "--scope", "admin", "--store", store)[
        "secret"
    ]
    words = [COTERIE, "serve", "--store", store, "--port", port]
    server = subprocess.Popen(
        list(map(str, words)), env=os.environ | {"COTERIE_LOG_LEVEL": "error"}
    )
    try:
        transport = httpx.HTTPTransport(retries=5)
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {secret}"},
            transport=transport,
            timeout=30,
        ) as client:
            wait_until_ready(client)
            yield client
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_until_ready(client):
    """Ask until the server answers, a bounded number of times."""
    for _ in range(PATIENCE):
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            continue
    pytest.fail("the server did not become ready")


def members_over_http(client, circle_id):
    """All members of a circle, page by page."""
    people, token = [], None
    while True:
        page = client.get(
            f"/v1/circles/{circle_id}/members",
            params={"page_size": 1000} | ({"page_token": token} if token else {}),
        ).json()
        people += page["members"]
        token = page["next_page_token"]
        if token is None:
            return people


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A small demo, made by the command everyone starts with."""
    store = tmp_path_factory.mktemp("demo") / "store"
    facts = coterie("demo", "--users", 800, "--store", store)
    return store, facts


def test_the_demo_publishes_what_it_found(demo):
    """One command gives circles, shares, tiers and a flywheel."""
    store, facts = demo

    assert facts["published"]
    assert facts["people"] == 800
    assert facts["facets"]["interest"]["circles"] > 0
    assert coterie("runs", "--store", store)["live"] == facts["run_id"]


def test_http_answers_what_was_exported(demo, tmp_path):
    """Members page by page, users and tiers are the tables' own rows."""
    store, facts = demo
    rows = {}
    for what in ("members", "users", "tiers"):
        coterie("export", what, "--store", store, "--out", tmp_path / f"{what}.ndjson")
        text = (tmp_path / f"{what}.ndjson").read_text(encoding="utf-8")
        rows[what] = [json.loads(line) for line in text.splitlines()]

    with served(store) as client:
        circles = client.get("/v1/circles").json()
        circle = circles["circles"][0]
        members = members_over_http(client, circle["circle_id"])
        user = client.get(f"/v1/users/{members[0]['user_id']}").json()
        flywheel = client.get("/v1/flywheel").json()

    exported = {r["user_id"] for r in rows["members"] if r["circle_id"] == circle["circle_id"]}
    assert circles["run_id"] == facts["run_id"]
    assert {member["user_id"] for member in members} == exported
    assert len(members) == len(exported) == circle["size"]
    stored = {row["user_id"]: row for row in rows["users"]}[user["user_id"]]
    assert user["share_propensity"]["estimate"] == stored["share_propensity"]
    assert user["tier"]["tier"] == stored["tier"]
    assert sum(stage["people"] for stage in flywheel["stages"]) == 800


def test_a_second_run_goes_live_under_the_server(demo):
    """The next answer comes from the new run; ids go on and changes are fed from the old one."""
    store, facts = demo
    data = store.parent / "data"
    inputs = [word for table in TABLES for word in (f"--{table}", data / f"{table}.parquet")]

    with served(store) as client:
        before = {circle["circle_id"] for circle in client.get("/v1/circles").json()["circles"]}
        second = coterie("run", *inputs, "--store", store, "--as-of", "2026-11-01")
        answers = [client.get("/v1/circles").json() for _ in range(PATIENCE)]
        feed = client.get("/v1/tiers/changes", params={"since": facts["run_id"]})

    assert {answer["run_id"] for answer in answers} <= {facts["run_id"], second["run_id"]}
    assert answers[-1]["run_id"] == second["run_id"]
    assert {circle["circle_id"] for circle in answers[-1]["circles"]} == before
    assert feed.status_code == 200


@pytest.mark.parametrize("name", ["msweb_1998", "online_retail"])
def test_a_real_set_goes_all_the_way(name, shared_data, tmp_path):
    """Real browsing without times, and real purchases with them, end in answers over HTTP."""
    folder = shared_data / name
    inputs = [
        word
        for table in TABLES
        if (folder / f"{table}.parquet").exists()
        for word in (f"--{table}", folder / f"{table}.parquet")
    ]
    settings = tmp_path / "coterie.toml"
    settings.write_text("[circles]\nresamples = 2\n", encoding="utf-8")

    facts = coterie("run", "--config", settings, *inputs, "--store", tmp_path / "store")
    with served(tmp_path / "store") as client:
        circles = client.get("/v1/circles", params={"facet": "interest"}).json()["circles"]
        members = client.get(f"/v1/circles/{circles[0]['circle_id']}/members").json()["members"]
        user = client.get(f"/v1/users/{members[0]['user_id']}").json()

    assert facts["facets"]["interest"]["largest_share"] < 0.6
    parents = {circle["parent_id"] for circle in circles}
    children = [circle for circle in circles if circle["circle_id"] not in parents]
    assert len(children) == facts["facets"]["interest"]["circles"]
    assert user["circles"][0]["facet"] == "interest"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--events", "nowhere.parquet"], "nowhere.parquet"),
        (["run"], "--events"),
        (["run", "--events", "x", "--force"], "--reason"),
        (["export", "members", "--out", "m.csv"], "Nothing is published"),
        (["run", "--events", "x", "--as-of", "soon"], "--as-of"),
        (["publish", "20260101T000000Z-00000000"], "20260101T000000Z-00000000"),
        (["simulate", "--users", "many", "--out", "x"], "--users"),
        (["serve", "--no-auth", "--host", "0.0.0.0"], "loopback"),
    ],
)
def test_a_bad_call_is_one_message_and_exit_code_two(words, said, tmp_path):
    """The message names what was wrong; there is no traceback."""
    done = subprocess.run(
        [COTERIE, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_growth_is_told_alike_by_the_program_and_the_service(demo):
    """Look-alikes, partners and ambassadors of a circle; the latter are among its members."""
    store, _ = demo
    with served(store) as client:
        circle = client.get("/v1/circles?facet=interest").json()["circles"][0]["circle_id"]
        members = {each["user_id"] for each in members_over_http(client, circle)}
        asked = {
            "lookalikes": (("lookalikes", circle, "--limit", 20), "lookalikes?limit=20"),
            "partners": (("crossover", circle, "--limit", 5, "--bridges", 5), "crossover?limit=5"),
            "ambassadors": (
                ("ambassadors", "--circle", circle, "--budget", 5), "ambassadors?budget=5"
            ),
        }  # fmt: skip
        for what, (words, path) in asked.items():
            answer = client.get(f"/v1/circles/{circle}/{path}").json()
            assert coterie(*words, "--store", store)[what] == answer[what]
            assert answer[what]

        alike = client.get(f"/v1/circles/{circle}/lookalikes?limit=20").json()["lookalikes"]
        chosen = client.get(f"/v1/circles/{circle}/ambassadors").json()["ambassadors"]

    assert {each["user_id"] for each in chosen} <= members
    assert not {each["user_id"] for each in alike} & members
    assert coterie("referrals", "--store", store)["overall"]["referrals"] > 0
