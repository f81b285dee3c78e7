"""What people decide of circles holds in every later run, and can be taken back."""

import shutil
from datetime import timedelta

import pytest

from segmentation import rulings
from segmentation.database import open_database
from segmentation.errors import NotFound, StoreError, UsageError
from segmentation.lock import StoreLock
from segmentation.records import overlay
from segmentation.simulator import simulate
from segmentation.store import Store
from tests.segmentation.conftest import NOW, settings_for


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Twelve hundred people whose circles are plain."""
    folder = tmp_path_factory.mktemp("people")
    simulate(1200, folder, seed=3, difficulty="easy")
    return folder


@pytest.fixture(scope="module")
def first(people, run_once, tmp_path_factory):
    """A store with one run."""
    path = tmp_path_factory.mktemp("first") / "store"
    run_once(people, path, config=quick(people))
    return path


@pytest.fixture
def store(first, tmp_path):
    """A copy of it to decide in."""
    shutil.copytree(first, tmp_path / "store")
    return Store(tmp_path / "store")


def quick(folder):
    """Settings without resamples."""
    return overlay(settings_for(folder), {"circles": {"resamples": 0}}, "the test")


def circles_of(store, run_id=None):
    """The interest circles of a run by id."""
    rows = store.table(run_id or store.current(), "circles").to_pylist()
    return {
        row["circle_id"]: row
        for row in rows
        if row["facet"] == "interest" and not row["circle_id"].startswith("interest-p")
    }


def told(store, run_id):
    """What a run says of interest circles, as (event, id, from)."""
    rows = store.table(run_id, "lineage").to_pylist()
    return {
        (row["event"], row["circle_id"], tuple(row["from_ids"]))
        for row in rows
        if row["run_id"] == run_id and row["facet"] == "interest"
    }


def children(store):
    """Circles that are no parents, the largest first."""
    rows = circles_of(store)
    parents = {row["parent_id"] for row in rows.values()}
    return [key for key in sorted(rows, key=lambda key: -rows[key]["size"]) if key not in parents]


def test_decisions_hold_over_runs_and_are_told(store, people, run_once):
    """Named, merged, split, retired; the next run tells it, the one after keeps it."""
    database = open_database(store.path)
    named, kept, gone, cut, dead = (children(store)[place] for place in (4, 2, 3, 0, 5))
    rulings.rename(database, store, named, "Our regulars", now=NOW)
    rulings.merge(database, store, [kept, gone], now=NOW)
    child = rulings.split(database, store, cut, now=NOW).circles[1]
    rulings.retire(database, store, dead, now=NOW)

    runs = [
        run_once(people, store.path, config=quick(people), now=NOW + timedelta(hours=hour)).run_id
        for hour in (1, 2)
    ]

    assert ("split", child, (cut,)) in told(store, runs[0])
    assert ("retired", dead, (dead,)) in told(store, runs[0])
    assert ("merged", kept, (kept, gone)) in told(store, runs[0])
    for run_id in runs:
        now = circles_of(store, run_id)
        assert now[named]["name"] == "Our regulars"
        assert {kept, cut, child} <= set(now)
        assert not {gone, dead} & set(now)
        assert not store.report(run_id)["findings"] or all(
            finding["name"] != "guide_conflict" for finding in store.report(run_id)["findings"]
        )
    assert {event for event, _, _ in told(store, runs[1])} <= {"continued", "grown", "shrunk"}


def test_undo_restores_the_state_to_the_byte(store, people, run_once, tmp_path):
    """What was decided, and every file of the run that follows."""
    shutil.copytree(store.path, tmp_path / "untouched")
    database = open_database(store.path)
    before = rulings.state(database)
    one, two, three = children(store)[:3]
    rulings.rename(database, store, one, "Our regulars", reason="they are", now=NOW)
    between = rulings.state(database)
    rulings.merge(database, store, [two, three], now=NOW)

    assert rulings.undo(database, store).kind == "merge"
    assert rulings.state(database) == between
    assert rulings.undo(database, store).kind == "rename"
    assert rulings.state(database) == before

    later = NOW + timedelta(hours=1)
    after = run_once(people, store.path, config=quick(people), now=later).run_id
    other = Store(tmp_path / "untouched")
    assert run_once(people, other.path, config=quick(people), now=later).run_id == after
    files = [each.manifest(after)["files"] for each in (store, other)]
    tables = [{k: v for k, v in f.items() if k.endswith(".parquet")} for f in files]
    assert tables[0]
    assert tables[0] == tables[1]


def test_a_name_taken_back_gives_way_to_the_circles_own(store, people, run_once):
    """One run later it is called what it was called before."""
    database, circle = open_database(store.path), children(store)[0]
    own = circles_of(store)[circle]["name"]
    rulings.rename(database, store, circle, "Our regulars", now=NOW)
    run_once(people, store.path, config=quick(people), now=NOW + timedelta(hours=1))
    assert circles_of(store)[circle]["name"] == "Our regulars"

    rulings.undo(database, store)
    run_once(people, store.path, config=quick(people), now=NOW + timedelta(hours=2))

    assert circles_of(store)[circle]["name"] == own


def test_a_name_is_one_circles_alone(store):
    """Whatever its case; empty and endless ones are refused too."""
    database, (one, other) = open_database(store.path), children(store)[:2]
    taken = circles_of(store)[other]["name"]

    for name, why in (
        (taken.upper(), "Names are unique"),
        ("  ", "1 to 80"),
        ("x" * 81, "1 to 80"),
    ):
        with pytest.raises(UsageError, match=why):
            rulings.rename(database, store, one, name, now=NOW)
    assert rulings.in_force(database) == []


def test_only_circles_people_see_can_be_decided_of(store):
    """An id nobody has, circles of two facets, the same one twice."""
    database, one = open_database(store.path), children(store)[0]

    with pytest.raises(NotFound, match="interest-999"):
        rulings.retire(database, store, "interest-999", now=NOW)
    with pytest.raises(NotFound, match="hobby-1"):
        rulings.split(database, store, "hobby-1", now=NOW)
    with pytest.raises(UsageError, match="different facets"):
        rulings.merge(database, store, [one, "lifestyle-1"], now=NOW)
    with pytest.raises(UsageError, match="two circles or more"):
        rulings.merge(database, store, [one, one], now=NOW)
    with pytest.raises(UsageError, match="nothing to undo"):
        rulings.undo(database, store)


def test_two_splits_are_promised_two_ids(store):
    """Neither was ever used."""
    database, (one, other) = open_database(store.path), children(store)[:2]
    used = store.manifest(store.current())["next_circle_numbers"]["interest"]

    promised = [rulings.split(database, store, each, now=NOW).circles[1] for each in (one, other)]

    assert promised == [f"interest-{used}", f"interest-{used + 1}"]


def test_nothing_is_decided_while_a_run_is_made(store):
    """The run has already recorded what it heeds."""
    database = open_database(store.path)

    with StoreLock(store.path), pytest.raises(StoreError, match="being written"):
        rulings.undo(database, store)
