"""An update: new events in the live snapshot, circles as they are, whom they touch placed anew."""

import shutil
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from models.profiles import TagProfiles, assign
from segmentation.arrays import load_arrays
from segmentation.database import open_database
from segmentation.engine import DuckEngine
from segmentation.erasure import erase
from segmentation.errors import InputError, NotFound, StoreError
from segmentation.index import Snapshot
from segmentation.ingest import ingest
from segmentation.placing import FacetPlacer
from segmentation.progress import Silent
from segmentation.run import RunRequest, segment
from segmentation.store import Store
from segmentation.tags import facet_matrix
from segmentation.update import update
from tests.segmentation.conftest import NOW, settings_for

LATER = NOW + timedelta(days=1)
NEW = "a-newcomer"


@pytest.fixture(scope="module")
def folder(population, tmp_path_factory):
    """The population's tables; its last events, and those of a newcomer, in a file apart."""
    folder = tmp_path_factory.mktemp("update")
    for path in population.glob("*.parquet"):
        (folder / path.name).write_bytes(path.read_bytes())
    events = pq.read_table(folder / "events.parquet").sort_by("ts")
    cut = int(0.99 * events.num_rows)
    first = events[cut:].slice(0, 40)
    newcomer = first.set_column(0, "user_id", pa.array([NEW] * len(first)))
    late = pa.concat_tables([events[cut:], newcomer])
    pq.write_table(events[:cut], folder / "events.parquet")
    pq.write_table(late, folder / "late.parquet")
    return folder


def asked(folder, store, *files, now=NOW) -> RunRequest:
    """A request over some event files of the folder."""
    config = settings_for(folder)
    events = tuple(str(folder / file) for file in files)
    config = replace(
        config,
        input=replace(config.input, events=events),
        circles=replace(config.circles, resamples=0),
    )
    return RunRequest(config=config, base=folder, store=store, now=now)


@pytest.fixture(scope="module")
def ran(folder, tmp_path_factory):
    """A store after a run on all but the late events."""
    path = tmp_path_factory.mktemp("ran") / "store"
    segment(asked(folder, path, "events.parquet"), Silent())
    return path


@pytest.fixture(scope="module")
def updated(ran, folder, tmp_path_factory):
    """A store after a run and an update: the store and the two run ids."""
    path = shutil.copytree(ran, tmp_path_factory.mktemp("updated") / "store")
    before = Store(path).current()
    after = update(asked(folder, path, "late.parquet", now=LATER), Silent())
    return Store(path), before, after.run_id


@pytest.fixture(scope="module")
def late(folder):
    """The ids of those in the late events that read as tastes."""
    events = pq.read_table(folder / "late.parquet")
    tastes = pc.is_in(events["channel"], pa.array(["share", "refer", "return"]))
    return set(events.filter(pc.invert(tastes))["user_id"].to_pylist())


def test_the_result_is_live_and_whole(updated):
    """The update is published like a run, its files are what its manifest says."""
    store, before, after = updated

    store.verify(after)

    assert store.current() == after
    assert store.manifest(after)["previous"] == before
    assert not list(store.work_folder.iterdir())


def test_circles_ids_and_names_stay(updated):
    """Nothing was refitted."""
    store, before, after = updated
    kept = ["circle_id", "name", "parent_id", "stability", "top_tags", "first_run"]

    tables = [store.table(run, "circles").sort_by("circle_id").select(kept) for run in updated[1:]]

    assert tables[0].equals(tables[1])
    assert store.table(after, "lineage").equals(store.table(before, "lineage"))


def test_whom_no_event_touches_stays_as_they_were(updated, late):
    """Every column of everyone else is what it was."""
    store, *runs = updated

    before, after = (
        users.filter(pc.invert(pc.is_in(users["user_id"], pa.array(sorted(late)))))
        for users in (store.table(run, "users") for run in runs)
    )

    assert before.num_rows > 100
    assert before.equals(after)


def test_agrees_with_placing_by_all_events_at_once(updated, folder, tmp_path):
    """At least 99 of 100 are where the same circles put them when all events are summed anew."""
    store, _, after = updated
    request = asked(folder, tmp_path, "events.parquet", "late.parquet")
    with DuckEngine("1GB", threads=2) as engine:
        ingest(request.config, base=folder, out=tmp_path, engine=engine, as_of=None, now=LATER)
        facet = facet_matrix(engine, request.config, "interest", tmp_path, as_of=LATER)
    arrays = load_arrays(store.folder(after) / "models" / "interest.npz")
    model, names = TagProfiles.from_arrays(arrays), arrays["tag_names"].tolist()
    columns = {tag: column for column, tag in enumerate(facet.tags)}
    # A tag that only now has enough users is none the circles know, and the other way round.
    known = facet.matrix.tocsc()[:, [columns[tag] for tag in names]].tocsr()
    labels = assign(model, known).labels

    stated = store.table(after, "users")["interest_circle"].to_pylist()

    ids = [None if at < 0 else arrays["circle_ids"][at] for at in labels]
    same = np.array([one == other for one, other in zip(ids, stated, strict=True)])
    is_placeable = facet.reasons == ""
    assert same[is_placeable].mean() >= 0.99


def test_everyone_is_where_their_tags_put_them(updated, late):
    """The snapshot's own function gives each touched person the circle the tables state."""
    store, _, after = updated
    with Snapshot.open(store.folder(after)) as snapshot:
        circles = {row["circle_id"]: row for row in snapshot.circles()}
        placer = FacetPlacer(store.folder(after) / "models", "interest", circles)
        users = store.table(after, "users").select(["user_id", "interest_circle"])
        for row, user in enumerate(users.to_pylist()):
            if user["user_id"] in late:
                found = placer.placed(placer.people.row(row, len(placer.tags)))
                circles = [circle["circle_id"] for circle in found["circles"]]
                assert (circles or [None])[0] == user["interest_circle"]


def test_a_newcomer_is_placed_and_found(updated):
    """Somebody unknown to the run has a row, tags and a place or a reason in each facet."""
    store, _, after = updated

    with Snapshot.open(store.folder(after)) as snapshot:
        user = snapshot.user(NEW)
        tagged = snapshot.audiences.bitmaps.words("tag")
        row = store.table(after, "users")["user_id"].to_pylist().index(NEW)

    people = np.load(store.folder(after) / "models" / "interest_starts.npy")
    assert user["user_id"] == NEW
    assert people[row + 1] > people[row]
    assert tagged


def test_the_report_says_what_was_done(updated, late):
    """How many were placed anew, how many are new, and from which run."""
    store, before, after = updated

    told = store.report(after)["update"]

    assert told == {"of": before, "new_people": 1, "placed_anew": {"interest": len(late)}}


def test_updates_go_on_from_each_other(ran, updated, folder, tmp_path):
    """A second update reads what the first kept; together they say the same as one of both."""
    store, _, after = updated
    path = shutil.copytree(ran, tmp_path / "store")
    events = pq.read_table(folder / "late.parquet")
    number = pc.rank(events["ts"], tiebreaker="dense")  # rows of one act stay together
    is_odd = pc.equal(pc.bit_wise_and(number, 1), 1)
    pq.write_table(events.filter(is_odd), folder / "odd.parquet")
    pq.write_table(events.filter(pc.invert(is_odd)), folder / "even.parquet")

    for file in ("odd.parquet", "even.parquet"):
        twice = update(asked(folder, path, file, now=LATER), Silent()).run_id

    for table in ("members", "users", "circles"):
        assert Store(path).table(twice, table).equals(store.table(after, table))


def test_the_same_file_is_not_counted_twice(updated, folder):
    """A file that is in the live run is refused by what it holds, whatever its name."""
    store, *_ = updated
    (folder / "again.parquet").write_bytes((folder / "late.parquet").read_bytes())

    with pytest.raises(InputError, match=r"again.parquet is in the live run already"):
        update(asked(folder, store.path, "again.parquet", now=LATER), Silent())


def test_without_a_live_run_there_is_nothing_to_update(folder, tmp_path):
    """The message says how to make one."""
    with pytest.raises(NotFound, match=r"`coterie run` makes a snapshot"):
        update(asked(folder, tmp_path / "store", "late.parquet"), Silent())


def test_who_was_erased_stays_away(updated, folder, late):
    """Neither an update's events nor the sums kept bring a person back."""
    store, before, _ = updated
    gone = sorted(late - {NEW})[0]
    database = open_database(store.path, None)
    erase(store, database, gone, now=LATER)
    with_more = pq.read_table(folder / "late.parquet").slice(0, 200)
    mine = with_more.set_column(0, "user_id", pa.array([gone] * len(with_more)))
    pq.write_table(mine, folder / "more.parquet")

    again = update(asked(folder, store.path, "more.parquet", now=LATER), Silent()).run_id

    store.verify(again)
    store.verify(before)
    assert gone not in store.table(again, "users")["user_id"].to_pylist()


def test_a_run_that_kept_no_sums_must_be_made_again(updated, folder):
    """Snapshots of before sums were kept cannot be added to."""
    store, *_ = updated
    sums = store.live_folder() / "sums"
    sums.rename(sums.with_name("gone"))

    with pytest.raises(StoreError, match="keeps no sums"):
        update(asked(folder, store.path, "late.parquet", now=LATER), Silent())

    sums.with_name("gone").rename(sums)
