"""Snapshots side by side, one of them live."""

import json
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from segmentation.errors import NotFound, StoreDamaged, StoreError, StoreOutdated, UsageError
from segmentation.store import RUN_ID, Store, new_run_id
from tests.snapshots import build_snapshot

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)
RUNS = tuple(f"2026110{day}T020000Z-0000000{day}" for day in range(1, 5))
A, B, C, D = RUNS
PUBLISH = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from segmentation.store import Store

store = Store(Path(sys.argv[1]))
while True:
    for run_id in sys.argv[2:]:
        store.publish(run_id, now=datetime.now(UTC))
        print(run_id, flush=True)
"""


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """A store of four finished runs, nothing published."""
    store = Store(tmp_path_factory.mktemp("four") / "store")
    for seed, run_id in enumerate(RUNS):
        made = store.work_folder / run_id / "snapshot"
        build_snapshot(made, users=20, seed=seed, run_id=run_id).close()
        store.adopt(made, run_id)
    return store


@pytest.fixture
def store(four, tmp_path):
    """A copy of that store that a test may change."""
    shutil.copytree(four.path, tmp_path / "store")
    return Store(tmp_path / "store")


def publish(store, *run_ids):
    """Make runs live one after another."""
    for run_id in run_ids:
        store.publish(run_id, now=NOW)


def test_a_new_store_is_empty_and_stays_so(tmp_path):
    """Looking creates nothing."""
    store = Store(tmp_path / "store")

    assert store.current() is None
    assert store.runs() == []
    with pytest.raises(NotFound, match="Nothing is published"):
        store.live_folder()
    assert not store.path.exists()


def test_runs_come_newest_first_with_their_facts(store):
    """The live one is marked."""
    publish(store, B)

    runs = store.runs()

    assert [run["run_id"] for run in runs] == [D, C, B, A]
    assert [run["run_id"] for run in runs if run["live"]] == [B]
    assert runs[0]["rows"]["users"] == 20


def test_publishing_makes_a_run_live(store):
    """And one can read it and its tables."""
    publish(store, C)

    with store.snapshot() as snapshot:
        assert snapshot.run_id == store.current() == C
    assert store.live_folder() == store.folder(C)
    assert store.table(C, "users").num_rows == 20
    assert store.report(C)["people"] == 20


def test_a_reader_sees_the_old_run_or_the_new_one(store):
    """However often `CURRENT` is looked at while runs go live."""
    publish(store, A)
    seen, done = [], threading.Event()

    def look():
        while not done.is_set():
            with store.snapshot() as snapshot:
                seen.append(snapshot.run_id)

    reader = threading.Thread(target=look)
    reader.start()
    publish(store, *(RUNS * 5))
    done.set()
    reader.join()

    assert seen
    assert set(seen) <= set(RUNS)
    assert [path.name for path in store.path.iterdir() if path.name.startswith(".")] == []


def test_a_run_left_half_written_is_never_listed(store):
    """Neither one without a manifest nor one that is still in the work folder."""
    shutil.copytree(store.folder(A), store.runs_folder / "20261105T020000Z-00000005")
    (store.runs_folder / "20261105T020000Z-00000005" / "manifest.json").unlink()
    shutil.copytree(store.folder(A), store.work_folder / "20261106T020000Z-00000006/snapshot")

    assert [run["run_id"] for run in store.runs()] == [D, C, B, A]


@pytest.mark.parametrize("run_id", ["", ".", "..", "../work", "20991231T000000Z-ffffffff", "/etc"])
def test_an_unknown_run_is_not_found(store, run_id):
    """Nor does an id lead out of the store."""
    for ask in (store.folder, store.manifest, store.verify, store.report):
        with pytest.raises(NotFound, match="There is no run"):
            ask(run_id)
    with pytest.raises(NotFound):
        publish(store, run_id)


def test_a_damaged_run_is_not_published(store):
    """The live run stays."""
    publish(store, A)
    (store.folder(B) / "index/users.npy").write_bytes(b"cut")

    with pytest.raises(StoreDamaged, match=r"users\.npy"):
        publish(store, B)

    assert store.current() == A
    assert len(store.history.entries()) == 1


def test_verify_finds_a_flipped_byte(store):
    """The file is named."""
    path = store.folder(A) / "tables/members.parquet"
    content = bytearray(path.read_bytes())
    content[100] ^= 255
    path.write_bytes(content)

    with pytest.raises(StoreDamaged, match=r"members\.parquet"):
        store.verify(A)
    store.verify(B)


def test_rolling_back_goes_further_back_each_time(store):
    """Not forth to the run just left."""
    publish(store, A, B, C)

    assert store.rollback(now=NOW) == store.current() == B
    assert store.rollback(now=NOW) == store.current() == A
    with pytest.raises(UsageError, match="No run was live before"):
        store.rollback(now=NOW)
    assert store.current() == A


def test_a_run_that_cannot_be_read_does_not_go_live(store):
    """One of an earlier version is refused before anybody is answered from it."""
    publish(store, A, B)
    manifest = store.folder(A) / "manifest.json"
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    name = next(name for name in facts["files"] if name.startswith("index/audience/"))
    del facts["files"][name]
    manifest.write_text(json.dumps(facts), encoding="utf-8")
    (store.folder(A) / name).unlink()

    for go in (store.rollback, partial(store.publish, A)):
        with pytest.raises(StoreOutdated, match="made by an earlier version of Coterie"):
            go(now=NOW)

    assert store.current() == B
    assert store.history.entries()[-1].run_id == B


def test_there_is_no_way_back_before_the_first_run(tmp_path):
    """A store that is not there yet is named, and nothing is made of it."""
    store = Store(tmp_path / "store")

    with pytest.raises(NotFound, match="Nothing is published in the store"):
        store.rollback(now=NOW)

    assert not store.path.exists()


def test_rolling_back_to_a_named_run(store):
    """Whatever it was before; the way back goes on from there."""
    publish(store, A, B, C)

    assert store.rollback(A, now=NOW) == A
    publish(store, D)
    assert store.rollback(now=NOW) == A


def test_a_run_that_is_gone_is_passed_over(store):
    """On the way back."""
    publish(store, A, B, C)
    shutil.rmtree(store.folder(B))

    assert store.rollback(now=NOW) == A


def test_the_history_says_what_happened_and_why(store):
    """In order, with reasons."""
    store.publish(A, now=NOW, reason="first", forced=True)
    publish(store, B)
    store.rollback(now=NOW + timedelta(hours=1), reason="wrong prices")

    entries = store.history.entries()

    assert [(entry.action, entry.run_id) for entry in entries] == [
        ("publish", A), ("publish", B), ("rollback", A)
    ]  # fmt: skip
    assert (entries[0].reason, entries[0].forced) == ("first", True)
    assert (entries[2].reason, entries[2].at) == ("wrong prices", "2026-11-01T03:00:00Z")


def test_pruning_keeps_the_newest_the_live_and_the_one_before(store):
    """Whatever their age; a second pruning finds nothing more."""
    publish(store, B, A)

    assert store.prune(1) == [C]

    assert [run["run_id"] for run in store.runs()] == [D, B, A]
    assert store.prune(1) == []
    assert store.rollback(now=NOW) == B


def test_a_pinned_run_is_kept_for_its_length(store):
    """A campaign gets the very run it began on; afterwards the run may go."""
    publish(store, C, D)
    store.pin(A, until=NOW + timedelta(days=30), now=NOW, reason="autumn campaign")

    assert store.prune(1, now=NOW + timedelta(days=29)) == [B]
    assert store.prune(1, now=NOW + timedelta(days=30)) == [A]


def test_pinning_an_unknown_run_is_refused(store):
    """Rather than remembered."""
    with pytest.raises(NotFound):
        store.pin("20991231T000000Z-ffffffff", until=NOW, now=NOW)

    assert store.history.entries() == []


def test_a_publisher_killed_anywhere_leaves_a_store_that_works(store):
    """Some run is live and whole, the record can be read, and one can go on publishing."""
    command = [sys.executable, "-c", PUBLISH, str(store.path), A, B]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as publisher:
        for _ in range(25):
            publisher.stdout.readline()
        publisher.kill()

    live = store.current()

    assert live in (A, B)
    store.verify(live)
    assert len(store.history.entries()) >= 25
    publish(store, C)
    assert store.rollback(now=NOW) == live


def test_pruning_ends_what_a_crash_left(store):
    """A run half removed is not listed, and is gone after the next pruning."""
    store.folder(A).rename(store.runs_folder / f".{A}.removed")

    store.prune(4)

    assert sorted(path.name for path in store.runs_folder.iterdir()) == [B, C, D]


def test_pruning_all_is_refused(store):
    """At least one run is kept."""
    with pytest.raises(UsageError, match="`keep` must be >= 1, got 0"):
        store.prune(0)


def test_a_damaged_snapshot_is_not_adopted(store, tmp_path):
    """It stays where it is, for whoever looks into it."""
    run_id = "20261107T020000Z-00000007"
    build_snapshot(tmp_path / "made", users=5, run_id=run_id).close()
    (tmp_path / "made/report.json").write_text("{}", encoding="utf-8")

    with pytest.raises(StoreDamaged, match=r"report\.json"):
        store.adopt(tmp_path / "made", run_id)

    assert (tmp_path / "made").exists()
    assert len(store.runs()) == 4


def test_adopting_again_changes_nothing(store):
    """A run that died just after may be resumed."""
    store.adopt(store.work_folder / A / "snapshot", A)

    assert len(store.runs()) == 4


@pytest.mark.parametrize("run_id", [B, "20261108T020000Z-00000008", "any"])
def test_a_snapshot_is_adopted_as_itself_only(store, tmp_path, run_id):
    """Not under another id, and not in place of another run."""
    build_snapshot(tmp_path / "made", users=5, run_id=A).close()

    with pytest.raises(StoreError, match="cannot become run"):
        store.adopt(tmp_path / "made", run_id)


def test_current_that_names_no_run_is_damaged(store):
    """Rather than a path somewhere."""
    (store.path / "CURRENT").write_text("../../etc\n", encoding="utf-8")

    with pytest.raises(StoreDamaged, match="does not name a run"):
        store.current()


def test_a_run_id_tells_its_time(store):
    """In UTC, and differs when anything the run depends on does."""
    there = NOW.astimezone()

    assert new_run_id(there, "x").startswith("20261101T020000Z-")
    assert RUN_ID.fullmatch(new_run_id(there, "x"))
    assert new_run_id(there, "x") == new_run_id(NOW, "x") != new_run_id(NOW, "y")


def test_a_free_run_id_is_not_taken(store):
    """Neither by a finished run nor by one under way."""
    first = store.free_run_id(NOW, "x")
    (store.runs_folder / first).mkdir()
    second = store.free_run_id(NOW, "x")
    (store.work_folder / second).mkdir()

    assert len({first, second, store.free_run_id(NOW, "x")}) == 3
