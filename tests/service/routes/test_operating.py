"""Runs from afar: queued, watched, stopped, compared, put live and taken back."""

import json

import pytest

from segmentation import jobs
from segmentation.manifest import read_json, write_json
from service.app import create_app
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import NOW, RUNS


@pytest.fixture
def owner(changing):
    """The owner of a store that may change."""
    return caller(create_app(Settings(store=changing, no_auth=True)))


def database(owner):
    """The database of a caller's service."""
    return owner.app.state.database()


def events(text):
    """The events of a stream: names and data."""
    blocks = [block.split("\n") for block in text.strip().split("\n\n") if block[0] != ":"]
    return [(name[len("event: ") :], json.loads(data[len("data: ") :])) for name, data in blocks]


def test_a_run_is_queued_as_asked(owner):
    """It waits for a worker, under its place."""
    asked = {"seed": 7, "circles": 12, "as_of": "2026-11-01T00:00:00Z", "publish": False}

    made = owner.post("/v1/runs", json=asked)

    assert made.status_code == 202
    job = made.json()
    assert (job["state"], job["progress"], job["run_id"]) == ("queued", 0.0, None)
    assert {name: job["asked"][name] for name in asked} == asked
    assert owner.get(made.headers["location"]).json() == job
    assert jobs.claim(database(owner), now=NOW).job_id == job["job_id"]


@pytest.mark.parametrize(
    "body", [{"circles": 0}, {"seed": True}, {"events": "/etc/passwd"}, {"as_of": "soon"}]
)
def test_a_run_is_asked_for_soundly(owner, body):
    """And never for files of the caller's choice."""
    assert owner.post("/v1/runs", json=body).status_code == 422


def test_a_queued_run_is_cancelled(owner):
    """Once: what is over stays so."""
    job_id = owner.post("/v1/runs", json={}).json()["job_id"]

    cancelled = owner.post(f"/v1/jobs/{job_id}:cancel")

    assert cancelled.json()["state"] == "cancelled"
    jobs.enqueue(database(owner), {}, by="", now=NOW)
    taken = jobs.claim(database(owner), now=NOW)
    jobs.succeed(database(owner), taken.job_id, run_id="r", published=True, now=NOW)
    assert owner.post(f"/v1/jobs/{taken.job_id}:cancel").status_code == 409


def test_a_run_is_followed_to_its_end(owner):
    """Each change is an event; the last is the end."""
    job_id = owner.post("/v1/runs", json={}).json()["job_id"]
    waiting = owner.get(f"/v1/runs/{job_id}/events", params={"seconds": 0.3})
    jobs.claim(database(owner), now=NOW)
    jobs.report(database(owner), job_id, now=NOW, progress=0.4, detail="find the circles")
    working = owner.get(f"/v1/runs/{job_id}/events", params={"seconds": 0.3})
    jobs.succeed(database(owner), job_id, run_id=RUNS[0], published=True, now=NOW)
    ended = owner.get(f"/v1/runs/{job_id}/events")

    assert waiting.headers["content-type"].startswith("text/event-stream")
    assert [(name, told["state"]) for name, told in events(waiting.text)] == [
        ("progress", "queued")
    ]
    (told,) = events(working.text)
    assert (told[1]["progress"], told[1]["detail"]) == (0.4, "find the circles")
    assert [(name, told["state"]) for name, told in events(ended.text)] == [("end", "succeeded")]


def test_a_finished_run_has_nothing_more_to_tell(owner):
    """By its own id it ends at once."""
    told = events(owner.get(f"/v1/runs/{RUNS[0]}/events").text)

    assert told == [("end", {"run_id": RUNS[0], "state": "succeeded"})]


def test_a_run_goes_live_and_back_within_the_call(owner):
    """The next answer is of the run that went live."""
    gone = owner.post(f"/v1/runs/{RUNS[0]}:publish", json={"reason": "campaign"})
    after = owner.get("/v1/circles").json()["run_id"]
    back = owner.post("/v1/runs:rollback", json={})

    assert gone.json() == {"run_id": RUNS[0], "before": RUNS[2]}
    assert after == RUNS[0]
    assert back.json()["before"] == RUNS[0]
    assert owner.get("/v1/circles").json()["run_id"] == back.json()["run_id"] != RUNS[0]


def test_a_failed_gate_opens_by_force_and_reason_alone(owner):
    """And the reason stays in the history."""
    store = owner.app.state.store
    report = read_json(store.folder(RUNS[0]) / "report.json")
    finding = {"name": "degenerate", "facet": "interest", "blocks": True, "message": "One circle."}
    write_json(store.folder(RUNS[0]) / "report.json", report | {"findings": [finding]})
    from segmentation.scrubbing import write_manifest_anew

    write_manifest_anew(store.folder(RUNS[0]))
    path = f"/v1/runs/{RUNS[0]}:publish"

    closed = owner.post(path, json={})
    unexplained = owner.post(path, json={"force": True})
    forced = owner.post(path, json={"force": True, "reason": "we know"})

    assert closed.status_code == 409
    assert "One circle." in closed.json()["detail"]
    assert unexplained.status_code == 422
    assert forced.status_code == 200
    last = store.history.entries()[-1]
    assert (last.run_id, last.forced, last.reason) == (RUNS[0], True, "we know")


def test_two_runs_are_compared(owner):
    """Circles kept, born and retired, and who moved."""
    told = owner.get(f"/v1/runs/{RUNS[0]}:compare", params={"with": RUNS[1]}).json()

    assert (told["before"], told["run_id"]) == (RUNS[0], RUNS[1])
    assert told["people_in_both"] == 40
    assert set(told["circles"]) == {"interest", "lifestyle"}
    assert told["circles"]["interest"]["born"] == []
    assert told["moved"]["interest"] > 0
    unknown = owner.get(f"/v1/runs/{RUNS[0]}:compare", params={"with": "x"})
    assert unknown.status_code == 404
