"""Snapshots under a running service: noticed, swapped, pinned and let go."""

import gc
import io
import json
import shutil
import weakref
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from segmentation.errors import NotFound
from segmentation.index import Snapshot
from segmentation.store import Store
from service.errors import NoSnapshot
from service.live import LiveSnapshots
from service.telemetry import Telemetry
from tests.service.servers import store_served
from tests.service.stores import RUNS, fill, publish
from tests.snapshots import user_id

ROUNDS = 12
ASKED = 150
ASKERS = 4


def snapshots(folder, *, log=None, keep=8):
    """Open the snapshots of a store as a service does."""
    live = LiveSnapshots(Store(folder), telemetry=Telemetry(log=log or io.BytesIO()), keep=keep)
    live.refresh()
    return live


def test_the_next_snapshot_is_noticed(changing):
    """A look at `CURRENT` is enough."""
    live = snapshots(changing)
    assert live.current().run_id == RUNS[-1]

    publish(changing, RUNS[0])
    live.refresh()

    assert live.current().run_id == RUNS[0]


def test_an_unchanged_store_is_not_opened_again(changing):
    """Looking costs one stat."""
    live = snapshots(changing)
    before = live.current()

    live.refresh()

    assert live.current() is before


def test_before_the_first_run_there_is_nothing(tmp_path):
    """The first publication is noticed like any other."""
    live = snapshots(tmp_path / "store")
    with pytest.raises(NoSnapshot):
        live.current()

    fill(tmp_path / "store", RUNS[:1], users=10)
    live.refresh()

    assert live.current().run_id == RUNS[0]


def test_a_request_under_way_keeps_its_snapshot(changing):
    """The old one answers until its last reader is done, then it is let go."""
    live = snapshots(changing)
    held = live.current()
    watched = weakref.ref(held)
    before = held.user(user_id(0))

    publish(changing, RUNS[0])
    live.refresh()

    assert held.user(user_id(0)) == before
    del held
    gc.collect()
    assert watched() is None


def test_a_damaged_snapshot_never_goes_live(changing):
    """The last good one goes on answering, and the log says why, once."""
    log = io.BytesIO()
    live = snapshots(changing, log=log)
    (changing / "runs" / RUNS[0] / "circles.json").write_bytes(b"{")
    (changing / "CURRENT").write_text(RUNS[0], encoding="utf-8")

    live.refresh()
    live.refresh()

    assert live.current().run_id == RUNS[-1]
    events = [json.loads(line)["event"] for line in log.getvalue().splitlines()]
    assert events == ["snapshot_live", "snapshot_refused"]


@pytest.mark.parametrize("name", ["", ".", "..", "../runs", f"{RUNS[0]}/../{RUNS[1]}", "nothing"])
def test_no_name_leads_out_of_the_runs(changing, name):
    """A run id from a caller is never a path."""
    with pytest.raises(NotFound):
        snapshots(changing).of_run(name)


def test_a_run_of_an_earlier_version_is_as_good_as_not_kept(changing):
    """Whoever pages in it or asks what changed since is sent to start over, not failed."""
    old = changing / "runs" / RUNS[0]
    facts = json.loads((old / "manifest.json").read_bytes())
    del facts["files"]["index/users.npy"]
    (old / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")
    (old / "index/users.npy").unlink()

    with pytest.raises(NotFound, match="made by an earlier version of Coterie"):
        snapshots(changing).of_run(RUNS[0])


def test_only_so_many_older_snapshots_are_kept(changing):
    """The one asked for longest ago is let go first."""
    live = snapshots(changing, keep=1)
    first = weakref.ref(live.of_run(RUNS[0]))

    live.of_run(RUNS[1])
    gc.collect()

    assert first() is None


def test_ancestry_ends_where_runs_are_pruned(changing):
    """What is not kept cannot be told."""
    live = snapshots(changing)
    assert [run.run_id for run in live.ancestry(live.current())] == list(reversed(RUNS))

    shutil.rmtree(changing / "runs" / RUNS[0])

    afresh = snapshots(changing)
    assert [run.run_id for run in afresh.ancestry(afresh.current())] == [RUNS[2], RUNS[1]]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store under a running server."""
    return fill(tmp_path_factory.mktemp("served"), users=40)


@pytest.fixture(scope="module")
def server(store):
    """The address of one running server."""
    with store_served(store, no_auth=True, poll_seconds=0.005) as address:
        yield address


def truth(folder):
    """What each run knows of each user."""
    known = {}
    for run_id in RUNS:
        with Snapshot.open(folder / "runs" / run_id) as snapshot:
            for number in range(40):
                known[run_id, user_id(number)] = snapshot.user(user_id(number))
    return known


def ask_often(address, number):
    """Ask for users one after another, over one connection."""
    with httpx.Client(base_url=address) as client:
        return [client.get(f"/v1/users/{user_id((number + at) % 40)}") for at in range(ASKED)]


def test_snapshots_change_under_load_without_a_failed_request(store, server):
    """Every answer is whole and from one run, whichever was live."""
    known = truth(store)
    with ThreadPoolExecutor(ASKERS) as pool:
        asking = [pool.submit(ask_often, server, number) for number in range(ASKERS)]
        for at in range(ROUNDS):
            publish(store, RUNS[at % len(RUNS)])
        answers = [answer for task in asking for answer in task.result()]

    assert len(answers) == ASKERS * ASKED
    assert {answer.status_code for answer in answers} == {200}
    for answer in answers:
        said = answer.json()
        run_id = said.pop("run_id")
        assert said == known[run_id, said["user_id"]]


def test_a_running_server_notices_a_publication_by_itself(store, server):
    """No restart, no signal: it is live within a bounded number of questions."""
    with httpx.Client(base_url=server) as client:
        for run_id in (RUNS[1], RUNS[0], RUNS[2]):
            publish(store, run_id)
            asked = (client.get("/readyz").json()["run_id"] for _ in range(2000))
            assert run_id in asked
