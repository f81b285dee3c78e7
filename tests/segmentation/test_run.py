"""One run: whole or not at all, the same bytes each time, ids that go on."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow.parquet as pq
import pytest

from segmentation.beginning import fingerprint_of
from segmentation.config import Config
from segmentation.decisions import Decisions
from segmentation.errors import InputError, StoreLocked
from segmentation.lock import StoreLock
from segmentation.progress import Silent
from segmentation.publishing import GateClosed, go_live
from segmentation.run import RunRequest, segment
from segmentation.store import Store
from tests.segmentation.conftest import NOW, settings_for

DATA = ("members", "users", "circles", "tiers", "lifecycle", "quarantine")


@pytest.fixture(scope="module")
def store(population, run_once, tmp_path_factory):
    """A store after one run."""
    path = tmp_path_factory.mktemp("run") / "store"
    run_once(population, path)
    return Store(path)


def shuffled(population, folder):
    """The same tables with their rows in another order, events split over two files."""
    rng = np.random.default_rng(3)
    for path in population.glob("*.parquet"):
        table = pq.read_table(path)
        pq.write_table(table.take(rng.permutation(table.num_rows)), folder / path.name)
    events = pq.read_table(folder / "events.parquet")
    half = events.num_rows // 2
    pq.write_table(events[:half], folder / "one.parquet")
    pq.write_table(events[half:], folder / "two.parquet")
    (folder / "events.parquet").unlink()


def test_a_run_is_live_when_it_returns(store):
    """The store names it, and its files are what the manifest says."""
    run_id = store.current()

    store.verify(run_id)

    assert store.manifest(run_id)["rows"]["users"] == 1500
    assert not list(store.work_folder.iterdir())


def test_everyone_has_a_place_or_a_reason(store):
    """Nobody is lost between the tables."""
    users = store.table(store.current(), "users").to_pandas()

    for facet in ("interest", "lifestyle"):
        assert (users[f"{facet}_circle"].isna() != users[f"{facet}_reason"].isna()).all()
    assert users["share_propensity"].between(users["share_low"], users["share_high"]).all()
    assert users["tier"].notna().all()
    assert users["lifecycle_stage"].notna().all()


def test_shuffled_rows_split_files_and_one_thread_give_the_same_bytes(
    store, population, run_once, tmp_path
):
    """Nothing found depends on the order of rows or on threads."""
    (tmp_path / "data").mkdir()
    shuffled(population, tmp_path / "data")
    config = settings_for(tmp_path / "data")
    tables = [str(tmp_path / "data" / name) for name in ("two.parquet", "one.parquet")]
    config = replace(
        config,
        input=replace(config.input, events=tuple(tables)),
        resources=replace(config.resources, threads=1),
    )

    other = run_once(tmp_path / "data", tmp_path / "store", config=config).run_id

    again = Store(tmp_path / "store")
    for facet in ("interest", "lifestyle"):
        models = [
            (one.folder(run) / "models" / f"{facet}.npz").read_bytes()
            for one, run in ((store, store.current()), (again, other))
        ]
        assert models[0] == models[1]
    for what in DATA:
        first, second = store.table(store.current(), what), again.table(other, what)
        columns = [name for name in first.column_names if name != "first_run"]
        assert first.select(columns).equals(second.select(columns)), what


def test_another_run_on_the_same_people_keeps_every_id(population, run_once, tmp_path):
    """Circles that did not change are continued, none is born or retired."""
    run_once(population, tmp_path / "store")
    second = run_once(population, tmp_path / "store", now=NOW + timedelta(days=1)).run_id
    store = Store(tmp_path / "store")

    lineage = store.table(second, "lineage").to_pandas()

    assert set(lineage[lineage.run_id == second].event) == {"continued"}
    assert store.manifest(second)["previous"] != second


def test_rows_in_an_unreadable_file_stop_the_run_and_leave_the_store(store, run_once, tmp_path):
    """A file that is not what it claims publishes nothing."""
    (tmp_path / "events.parquet").write_text("not parquet", encoding="utf-8")
    config = replace(Config(), input=replace(Config().input, events=("events.parquet",)))
    before = store.current()

    with pytest.raises(InputError, match=r"events\.parquet"):
        run_once(tmp_path, store.path, config=config, now=NOW + timedelta(days=2))

    assert store.current() == before


def test_two_runs_on_one_store_are_refused(store, population, run_once):
    """The second is told who holds the store."""
    with StoreLock(store.path), pytest.raises(StoreLocked, match="process"):
        run_once(population, store.path)


def test_an_unpublished_run_is_kept_and_can_go_live(population, run_once, tmp_path):
    """`--no-publish` keeps a finished run beside the live one."""
    outcome = run_once(population, tmp_path / "store", publish=False)
    store = Store(tmp_path / "store")

    before = store.current()
    go_live(store, outcome.run_id, force=False, reason="", now=NOW)

    assert before is None
    assert not outcome.published
    assert store.current() == outcome.run_id


def test_a_blocked_run_is_published_by_force_alone(store):
    """What the gate stops stays unseen until someone says why it should not."""
    run_id = store.current()
    sealed = Sealed(store, {"findings": [{"blocks": True, "message": "One circle."}]})

    with pytest.raises(GateClosed, match=r"One circle.*--force --reason"):
        go_live(sealed, run_id, force=False, reason="", now=NOW)
    go_live(sealed, run_id, force=True, reason="a demonstration", now=NOW)

    assert store.history.entries()[-1].forced
    assert store.history.entries()[-1].reason == "a demonstration"


class Sealed(Store):
    """A store whose report says what the test wants the gate to see."""

    def __init__(self, store, report):
        super().__init__(store.path)
        self.given = report

    def report(self, run_id):
        """The report under test."""
        return self.given


def test_threads_and_memory_do_not_make_another_run(population, tmp_path):
    """What changes how a run is done, not what it finds, may change before `--resume`."""
    config = settings_for(population)
    other = replace(config, resources=replace(config.resources, threads=1, memory_limit="1GB"))
    asked = [
        RunRequest(config=settings, base=population, store=tmp_path, now=NOW)
        for settings in (config, other)
    ]
    nothing = Decisions(policy=None, by_hand={})
    decided = Decisions(policy=None, by_hand={"u": "gold"})

    assert fingerprint_of(asked[0], nothing) == fingerprint_of(asked[1], nothing)
    assert fingerprint_of(asked[0], nothing) != fingerprint_of(replace(asked[0], seed=1), nothing)
    assert fingerprint_of(asked[0], nothing) != fingerprint_of(asked[0], decided)


def test_without_events_there_is_no_run(tmp_path):
    """The error says how to give some."""
    request = RunRequest(config=Config(), base=tmp_path, store=tmp_path / "store", now=NOW)

    with pytest.raises(InputError, match="--events"):
        segment(request, Silent())
