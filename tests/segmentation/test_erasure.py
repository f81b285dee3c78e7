"""An erased person is nowhere; everyone else is as before, and so are aggregates."""

import json
from operator import ge, lt

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from segmentation.batches import file_away, read
from segmentation.conditions import MEASURES
from segmentation.database import open_database
from segmentation.erased import mark
from segmentation.erasure import erase, repeat_erasures
from segmentation.errors import NotFound
from segmentation.index import Snapshot
from segmentation.lock import StoreLock
from segmentation.manifest import write_json
from segmentation.registry import Strings, row_in_text, save_strings
from segmentation.scrubbing import erase_in_snapshot, scrub_record
from segmentation.sent import judge, keep, last
from segmentation.sqltables import replays
from segmentation.store import Store
from segmentation.tables import read_table
from tests.service.stores import NOW, RUNS, fill
from tests.snapshots import TIERS, build_snapshot, user_id

USERS = 60
GONE = user_id(5)


@pytest.fixture
def store(tmp_path):
    """A store with three runs."""
    return Store(fill(tmp_path / "store", users=USERS))


@pytest.fixture
def database(store):
    """Its database."""
    engine = open_database(store.path)
    yield engine
    engine.dispose()


def send_events(database, *user_ids):
    """Keep five hundred events of each, as if sent over HTTP."""
    event = {"channel": "browse", "tag": "yoga"}
    sent = [{**event, "user_id": user_id} for user_id in user_ids for _ in range(500)]
    keep(database, judge(sent, money=(), now=NOW).valid, by="k", now=NOW)


def lay_aside(store, run_id, raws):
    """Let a run have set rows aside."""
    path = store.folder(run_id) / "tables" / "quarantine.parquet"
    rows = [{"source": "e.csv", "row": 1, "reason": "no_tag", "raw": raw} for raw in raws]
    pq.write_table(pa.Table.from_pylist(rows, schema=pq.read_schema(path)), path)


def keep_answer(database, name):
    """Keep the answer to a call about somebody, under their name."""
    body = orjson.dumps({"user_id": name}).decode()
    answer = orjson.dumps({"status": 200, "headers": [], "body": body}).decode()
    row = {"caller": "c", "name": name, "fingerprint": "f", "at": NOW, "answer": answer}
    with database.begin() as connection:
        connection.execute(sa.insert(replays).values(row))


def everything_but(snapshot, erased):
    """All that a snapshot says of everyone else."""
    others = [user_id(number) for number in range(USERS) if user_id(number) != erased]
    lists = {
        circle["circle_id"]: snapshot.members(circle["circle_id"], limit=USERS)
        for circle in snapshot.circles()
    }
    lists |= {"tiers": snapshot.assignments(limit=USERS), "changes": snapshot.tier_changes()}
    return snapshot.users(others), {
        name: [row for row in rows if row["user_id"] != erased] for name, rows in lists.items()
    }


def test_no_file_of_the_store_names_an_erased_person(store, database):
    """Neither as bytes anywhere nor inside a table; the checksums are right again."""
    send_events(database, "somebody", GONE)
    file_away(database, through=last(database))
    send_events(database, "somebody", GONE)

    erase(store, database, GONE, now=NOW)

    files = [path for path in store.path.rglob("*") if path.is_file()]
    assert len(files) > 100
    assert [path for path in files if GONE.encode() in path.read_bytes()] == []
    for path in store.path.rglob("*.parquet"):
        table = pq.read_table(path)
        if "user_id" in table.column_names:
            assert GONE not in table["user_id"].to_pylist()
    sent = [events["user_id"].to_pylist() for events in read(database, after=0)]
    assert sent == [["somebody"] * 500]
    for run_id in RUNS:
        store.verify(run_id)


def test_whoever_has_the_snapshot_open_sees_it_at_once(store, database):
    """No answer holds the person; counts are the rows listed."""
    with store.snapshot() as snapshot:
        circles = [each["circle_id"] for each in snapshot.user(GONE)["circles"]]
        tier = snapshot.user(GONE)["tier"]["tier"]
        assert circles

        erase(store, database, GONE, now=NOW)

        with pytest.raises(NotFound):
            snapshot.user(GONE)
        with pytest.raises(NotFound):
            snapshot.explanation(GONE)
        for circle_id in circles:
            members = snapshot.members(circle_id, limit=USERS)
            assert len(members) == snapshot.member_count(circle_id)
            assert len(members) == snapshot.circle(circle_id)["size"] - 1
        assert len(snapshot.audience("")) == len(list(snapshot.audience("").ids())) == USERS - 1
        held = snapshot.assignments(tier=tier, limit=USERS)
        assert len(held) == snapshot.assignment_count(tier)
        assert snapshot.assignment_count() == USERS - 1
        for rows in (held, snapshot.tier_changes(limit=USERS)):
            assert GONE not in [row["user_id"] for row in rows]


def test_everyone_else_is_as_before(store, database):
    """To the last figure, in a snapshot that is open and in one opened afterwards."""
    with store.snapshot() as snapshot:
        before = everything_but(snapshot, GONE)

        erase(store, database, GONE, now=NOW)

        assert everything_but(snapshot, GONE) == before
    with store.snapshot() as again:
        assert everything_but(again, GONE) == before


@pytest.mark.parametrize("number", [0, 5, 17, 59])
def test_ids_are_still_in_order(store, database, number):
    """Whoever is erased, the others are found by comparing ids."""
    gone = user_id(number)
    erase(store, database, gone, now=NOW)
    others = sorted((user_id(each) for each in range(USERS)), key=str.encode)
    others.remove(gone)

    with store.snapshot() as snapshot:
        for other in others:
            assert list(snapshot.audience(f'user_id = "{other}"').ids()) == [other]
            below = set(snapshot.audience(f'user_id < "{other}"').ids())
            assert below == set(others[: others.index(other)])
        assert not snapshot.audience(f'user_id = "{gone}"')


def test_a_later_run_does_not_bring_them_back(store, database):
    """Though its source still names them."""
    erase(store, database, GONE, now=NOW)
    later = store.runs_folder / "20261104T020000Z-00000004"
    build_snapshot(later, users=USERS, run_id=later.name).close()

    assert repeat_erasures(later, database) == 1
    assert repeat_erasures(later, database) == 0
    with Snapshot.open(later) as snapshot, pytest.raises(NotFound):
        snapshot.user(GONE)


def test_erasing_again_is_no_error_and_a_stranger_is_one(store, database):
    """Nobody is told of as erased who never was here."""
    first = erase(store, database, GONE, now=NOW)
    again = erase(store, database, GONE, now=NOW)

    assert sorted(first.runs) == sorted(RUNS)
    assert again.runs == []
    with pytest.raises(NotFound, match="nobody-4711"):
        erase(store, database, "nobody-4711", now=NOW)


def test_what_an_unfinished_run_left_goes_too(store, database):
    """Unless the run is under way: then the answer says so."""
    left = store.work_folder / "20261105T020000Z-00000005" / "valid"
    left.mkdir(parents=True)
    (left / "people.txt").write_text(GONE, encoding="utf-8")

    with StoreLock(store.path):
        assert erase(store, database, GONE, now=NOW).run_under_way
    assert left.exists()
    assert not erase(store, database, GONE, now=NOW).run_under_way
    assert not left.exists()


def test_many_may_be_erased_one_by_one(tmp_path):
    """Until nobody is left; the empty snapshot still answers."""
    with build_snapshot(tmp_path / "run", users=20) as snapshot:
        for number in range(20):
            assert erase_in_snapshot(tmp_path / "run", user_id(number))
            assert len(snapshot.audience("")) == 19 - number
        assert snapshot.assignments() == []
        assert all(snapshot.assignment_count(tier) == 0 for tier in TIERS)


def test_a_scrubbed_record_knows_nothing(tmp_path):
    """Neither shares nor amounts, whatever stands for nothing in the room they have."""
    run = tmp_path / "run"
    with build_snapshot(run, users=USERS) as snapshot:
        row = snapshot.row_of(GONE)
        scrub_record(run / "index", row)

    with Snapshot.open(run) as snapshot:
        place = snapshot.audiences.places[[row]]
        told = [measure.at(place) for measure in snapshot.audiences.measures.values()]
        assert np.isnan(told).all()
        assert snapshot.tier_of(GONE) is None


@pytest.mark.parametrize("seed", range(3))
def test_measures_of_the_others_compare_as_before(tmp_path, seed):
    """Whoever goes first: neighbours by rank stand in for the erased, whose place is nowhere."""
    random, run = np.random.default_rng(seed), tmp_path / "run"
    with build_snapshot(run, users=30) as snapshot:
        people = {row["user_id"]: row for row in read_table(run, "users").to_pylist()}
        for gone in map(str, random.permutation(sorted(people))[:28]):
            bounds = {name: people[gone][name] for name in MEASURES}
            del people[gone]
            mark(run / "index", snapshot.row_of(gone))
            scrub_record(run / "index", snapshot.row_of(gone))
            for name, bound in bounds.items():
                if bound is None:
                    continue
                known = {who: row[name] for who, row in people.items() if row[name] is not None}
                for sign, compare in (("<", lt), (">=", ge)):
                    found = set(snapshot.audience(f"{name} {sign} {bound!r}").ids())
                    assert found == {who for who, value in known.items() if compare(value, bound)}
        left = {snapshot.audiences.places[snapshot.row_of(who)] for who in people}
        for measure in snapshot.audiences.measures.values():
            assert set(measure.order.tolist()) <= left


def test_a_run_of_an_earlier_version_names_them_no_more_either(store, database):
    """Its slots lead elsewhere, it lacks files of today, and its report named a few people."""
    old = store.folder(RUNS[0])
    slots = np.load(old / "index/slots.npy")
    np.save(old / "index/slots.npy", np.full_like(slots, -1))
    (old / "index/memberships.npy").unlink()
    named = {"user_id": GONE, "before": "gold", "after": "silver"}
    write_json(old / "report.json", {"rights": {"down": 1, "samples": {"up": [], "down": [named]}}})

    done = erase(store, database, GONE, now=NOW)

    assert done.runs == sorted(RUNS, reverse=True)
    assert [
        path for path in old.rglob("*") if path.is_file() and GONE.encode() in path.read_bytes()
    ] == []
    assert store.report(RUNS[0]) == {"rights": {"down": 1}}
    assert user_id(6).encode() in (old / "index/user_text.npy").read_bytes()


def test_somebody_whose_id_is_part_of_anothers_is_told_from_them(tmp_path):
    """Looked through letter by letter, an id is found whole or not at all."""
    save_strings(tmp_path, "user", ["u12", "u1", "xu1", "u1x"])
    ids = Strings.open(tmp_path, "user")

    assert [row_in_text(ids, name) for name in ("u1", "xu1", "u12u1", "u")] == [1, 2, -1, -1]
    assert [row_in_text(ids, name) for name in ("x", "1x")] == [-1, -1]


def test_what_names_others_stays(store, database):
    """Rows set aside and answers kept go with whom they name, not with whose id is like theirs."""
    ids = ["u1", "u10", "xu1", 'u"1']
    for run_id in RUNS:
        lay_aside(store, run_id, [json.dumps({"who": name, "value": "0"}) for name in ids])
    for name in ids:
        keep_answer(database, name)

    erase(store, database, "u1", now=NOW)
    with pytest.raises(NotFound):
        erase(store, database, "xu", now=NOW)
    erase(store, database, 'u"1', now=NOW)

    rows = read_table(store.folder(RUNS[0]), "quarantine")["raw"].to_pylist()
    assert [json.loads(row)["who"] for row in rows] == ["u10", "xu1"]
    with database.connect() as connection:
        names = connection.execute(sa.select(replays.c.name).order_by(replays.c.name)).scalars()
        assert list(names) == ["u10", "xu1"]
