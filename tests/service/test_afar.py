"""A real store steered over HTTP: events, decisions and consent in; updates and runs out."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from segmentation import rulings, sent
from segmentation.progress import Silent
from segmentation.records import overlay
from segmentation.run import RunRequest, segment
from segmentation.simulator import simulate
from segmentation.sqltables import sent_events
from segmentation.store import Store
from segmentation.update import update
from segmentation.worker import Bench, work_forever
from service.app import create_app
from service.settings import Settings
from tests.segmentation.conftest import NOW, settings_for
from tests.service.callers import caller

NEW = "a-newcomer"


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """A thousand simulated people whose circles are plain; the last events in a file apart."""
    folder = tmp_path_factory.mktemp("people")
    simulate(1000, folder, seed=3, difficulty="easy")
    events = pq.read_table(folder / "events.parquet").sort_by("ts")
    cut = int(0.99 * events.num_rows)
    newcomer = events[:40].set_column(0, "user_id", pa.array([NEW] * 40))
    pq.write_table(pa.concat_tables([events[cut:], newcomer]), folder / "late.parquet")
    pq.write_table(events[:cut], folder / "events.parquet")
    return folder


def settings_of(folder):
    """Settings without resamples."""
    return overlay(settings_for(folder), {"circles": {"resamples": 0}}, "the test")


@pytest.fixture(scope="module")
def ran(people, tmp_path_factory):
    """A store with one run of all but the late events."""
    path = tmp_path_factory.mktemp("ran") / "store"
    segment(RunRequest(config=settings_of(people), base=people, store=path, now=NOW), Silent())
    return path


@pytest.fixture
def store(ran, tmp_path):
    """A copy of it to change."""
    shutil.copytree(ran, tmp_path / "store")
    return Store(tmp_path / "store")


@pytest.fixture
def owner(store):
    """The owner of the machine, asking it."""
    return caller(create_app(Settings(store=store.path, no_auth=True)))


def late_events(people):
    """The late events as they are sent."""
    rows = pq.read_table(people / "late.parquet").to_pylist()
    return [{**row, "ts": row["ts"].isoformat()} for row in rows]


def send(owner, events):
    """Send events; all are taken."""
    answer = owner.post("/v1/events", json={"events": events})
    assert answer.status_code == 202, answer.text
    assert answer.json()["quarantine"] == []
    return answer.json()


def worked(owner, people, store, path, body=None, config=None):
    """Queue a job and let a worker do it; give the job as it ended."""
    job = owner.post(path, json=body or {}).json()
    config = config or settings_of(people)
    work_forever(Bench(config=config, base=people, store=store.path), once=True)
    owner.app.state.live.refresh()
    return owner.get(f"/v1/jobs/{job['job_id']}").json()


def test_events_sent_and_folded_in_are_as_those_of_a_file(people, ran, store, owner, tmp_path):
    """The same people in the same circles; ids stay; a second update has nothing to do."""
    before = {row["circle_id"] for row in owner.get("/v1/circles").json()["circles"]}
    taken = send(owner, late_events(people))

    done = worked(owner, people, store, "/v1/runs:update")
    again = worked(owner, people, store, "/v1/runs:update")

    assert (done["kind"], done["state"], done["published"]) == ("update", "succeeded", True), done
    assert {row["circle_id"] for row in owner.get("/v1/circles").json()["circles"]} == before
    assert owner.get(f"/v1/users/{NEW}").json()["circles"]
    assert owner.get(f"/v1/runs/{done['run_id']}").json()["sent_through"] == taken["taken"]
    assert again["state"] == "failed"
    assert "no new events" in again["detail"]
    by_file = shutil.copytree(ran, tmp_path / "by-file")
    config = settings_of(people)
    config = replace(config, input=replace(config.input, events=("late.parquet",)))
    update(RunRequest(config=config, base=people, store=Path(by_file), now=NOW), Silent())
    filed = Store(by_file)
    assert store.table(done["run_id"], "members").equals(filed.table(filed.current(), "members"))


def test_what_a_rollback_undoes_the_next_update_folds_in_again(people, store, owner):
    """Events are kept whatever becomes of a run."""
    send(owner, late_events(people))
    first = worked(owner, people, store, "/v1/runs:update")
    owner.post("/v1/runs:rollback", json={})
    assert owner.get(f"/v1/users/{NEW}").status_code == 404

    second = worked(owner, people, store, "/v1/runs:update")

    assert second["run_id"] != first["run_id"]
    assert owner.get(f"/v1/users/{NEW}").status_code == 200


def keeping(people, days):
    """Settings by which events sent are kept so many days."""
    return overlay(settings_of(people), {"store": {"keep_sent_days": days}}, "the test")


def test_events_kept_long_enough_teach_no_more(people, store, owner):
    """A run forgets them before it reads; those of younger days it reads."""
    old = {"user_id": "of-old", "channel": "browse", "tag": "yoga", "ts": NOW.isoformat()}
    send(owner, [old])
    with owner.app.state.database().begin() as connection:
        long_ago = datetime.now(UTC) - timedelta(days=31)
        connection.execute(sa.update(sent_events).values(at=long_ago))
    send(owner, late_events(people))

    done = worked(owner, people, store, "/v1/runs", config=keeping(people, 30))

    assert done["state"] == "succeeded", done
    assert owner.get("/v1/users/of-old").status_code == 404
    assert owner.get(f"/v1/users/{NEW}").status_code == 200


@pytest.mark.parametrize("days", [-1, 36_501])
def test_events_cannot_be_kept_for_less_than_no_time(people, store, owner, days):
    """The job says which setting, what it was and what it may be; nothing is forgotten."""
    send(owner, late_events(people))

    done = worked(owner, people, store, "/v1/runs", config=keeping(people, days))

    assert done["state"] == "failed"
    assert "`store.keep_sent_days` must be from 0" in done["detail"]
    assert f"got {days}." in done["detail"]
    assert sent.last(owner.app.state.database()) > 0


def test_a_run_heeds_what_was_sent_and_decided_over_http(people, store, owner):
    """Events, consent to be segmented, and circles merged and named by hand; then drift is told."""
    circles = owner.get("/v1/circles", params={"facet": "interest"}).json()["circles"]
    leaves = [row["circle_id"] for row in circles if not row["children"]]
    kept, gone, named = leaves[:3]
    (member, *_) = owner.get(f"/v1/circles/{named}/members").json()["members"]
    send(owner, late_events(people))
    for purpose, granted in (("segmentation", False), ("email", False)):
        decision = {"user_id": member["user_id"], "purpose": purpose, "granted": granted}
        assert owner.post("/v1/users:consent", json=decision).status_code == 200
    merged = owner.post("/v1/circles:merge", json={"circles": [kept, gone], "reason": "twins"})
    owner.post(f"/v1/circles/{named}:rename", json={"name": "Sunday runners"})

    done = worked(owner, people, store, "/v1/runs")

    assert done["state"] == "succeeded", done
    assert merged.json()["decision"]["circles"] == [kept, gone]
    assert owner.get(f"/v1/circles/{named}").json()["name"] == "Sunday runners"
    assert owner.get(f"/v1/circles/{gone}").status_code == 404
    refuser = owner.get(f"/v1/users/{member['user_id']}").json()
    assert refuser["circles"] == []
    assert refuser["reasons"] == {"interest": "consent", "lifestyle": "consent"}
    assert refuser["refuses"] == ["email", "segmentation"]
    assert owner.get(f"/v1/users/{NEW}").status_code == 200
    drift = owner.get(f"/v1/runs/{done['run_id']}:drift").json()
    assert drift["before"] != drift["run_id"] == done["run_id"]
    assert [facet["facet"] for facet in drift["facets"]] == ["interest", "lifestyle"]


def test_a_planted_shift_of_taste_is_told_with_its_tag(people, store, owner):
    """A tag everybody takes up within a day."""
    ids = pq.read_table(people / "events.parquet")["user_id"].unique().to_pylist()[:400]
    when = (NOW - timedelta(hours=1)).isoformat()
    send(
        owner,
        [{"user_id": one, "channel": "browse", "tag": "shooting-stars", "ts": when} for one in ids],
    )

    done = worked(owner, people, store, "/v1/runs", {"publish": False})
    drift = owner.get(f"/v1/runs/{done['run_id']}:drift").json()

    (interest, _) = drift["facets"]
    assert interest["tags"][0]["tag"] == "shooting-stars"
    assert any("shooting-stars" in alert["message"] for alert in drift["alerts"])


def test_decisions_are_undone_to_the_byte(store, owner):
    """The last first; each as it was told."""
    database = owner.app.state.database()
    circles = owner.get("/v1/circles", params={"facet": "interest"}).json()["circles"]
    one, two = [row["circle_id"] for row in circles if not row["children"]][:2]
    asked = [
        (f"/v1/circles/{one}:rename", {"name": "Ours", "reason": "they say so"}),
        (f"/v1/circles/{one}:split", {}),
        (f"/v1/circles/{two}:retire", {}),
        ("/v1/circles:merge", {"circles": [one, two]}),
    ]
    states, made = [], []
    for path, body in asked:
        states.append(rulings.state(database))
        made.append(owner.post(path, json=body).json()["decision"])
    told = owner.get("/v1/circles:decisions").json()["decisions"]

    assert [each["kind"] for each in told] == ["rename", "split", "retire", "merge"]
    assert told == made
    for state, decision in zip(states[::-1], made[::-1], strict=True):
        undone = owner.post("/v1/circles:undo")
        assert undone.json()["decision"] == decision
        assert rulings.state(database) == state
    assert owner.post("/v1/circles:undo").status_code == 422


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/circles:merge", {"circles": ["interest-1"]}, 422),
        ("/v1/circles:merge", {"circles": ["interest-1", "interest-1"]}, 422),
        ("/v1/circles:merge", {"circles": ["interest-1", "lifestyle-1"]}, 422),
        ("/v1/circles/interest-99999:retire", {}, 404),
        ("/v1/circles/nonsense:split", {}, 404),
        ("/v1/circles/interest-1:rename", {"name": " "}, 422),
        ("/v1/circles/interest-1:rename", {"name": "x", "colour": "red"}, 422),
    ],
)
def test_a_decision_that_cannot_be_is_refused(owner, path, body, status):
    """And nothing is decided."""
    assert owner.post(path, json=body).status_code == status
    assert owner.get("/v1/circles:decisions").json()["decisions"] == []
