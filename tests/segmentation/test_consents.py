"""The latest decision of a person about a purpose holds, in every list of it."""

from multiprocessing.pool import ThreadPool

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.consents import Decision, decide, decisions, mark
from segmentation.database import open_database
from segmentation.erasure import erase
from segmentation.index import Snapshot
from segmentation.sqltables import consents
from segmentation.store import Store
from tests.service.stores import NOW, RUNS, fill
from tests.snapshots import PURPOSES, build_snapshot, build_tables, user_id

USERS = 60
CHOICES = st.dictionaries(
    st.tuples(st.integers(0, USERS + 3).map(user_id), st.sampled_from([*PURPOSES, "post"])),
    st.booleans(),
    max_size=40,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a planted snapshot."""
    place = tmp_path_factory.mktemp("consent") / "run"
    build_snapshot(place, users=USERS).close()
    return place


def refused_in_the_run():
    """Who refused what, by id."""
    ids = sorted(map(user_id, range(USERS)), key=str.encode)
    refusals = build_tables(users=USERS).refusals
    return {(ids[row], purpose) for purpose, rows in refusals for row in rows}


def may_be_asked(person, purpose, choices, stated):
    """Whether somebody may be asked, told word by word."""
    if (person, purpose) in choices:
        return choices[person, purpose]
    if (person, purpose) in stated:
        return False
    return choices.get((person, "*"), (person, "*") not in stated)


@settings(max_examples=60, deadline=None)
@given(choices=CHOICES)
def test_whoever_refuses_a_purpose_is_in_no_list_of_it(folder, choices):
    """A later decision wins over the run's; one purpose allowed wins over all refused."""
    stated = refused_in_the_run()
    with Snapshot.open(folder) as snapshot:
        snapshot.audiences.amend((*who, granted) for who, granted in choices.items())
        for purpose in ("ads", "email", "post"):
            hidden = snapshot.audiences.refusing(purpose)
            listed = set(snapshot.audience("", hidden=hidden).ids())
            expected = {
                person
                for person in map(user_id, range(USERS))
                if may_be_asked(person, purpose, choices, stated)
            }
            assert listed == expected
            for person in map(user_id, range(USERS)):
                eligible = snapshot.user(person)["eligible_for"]
                assert purpose not in eligible or person in expected


def test_the_latest_decision_is_kept(tmp_path):
    """One row a person and purpose; every change changes the mark."""
    database, marks = open_database(tmp_path), []
    for granted in (False, True, False):
        decide(database, Decision(user_id="u", purpose="ads", granted=granted), by="k", now=NOW)
        marks.append(mark(database))

    assert list(decisions(database)) == [Decision(user_id="u", purpose="ads", granted=False)]
    assert len(set(marks)) == 3


def test_an_erased_person_s_decisions_go(tmp_path):
    """They name the person."""
    store = Store(fill(tmp_path / "store", RUNS[:1], users=USERS))
    database = open_database(store.path)
    for number in (5, 10):
        decision = Decision(user_id=user_id(number), purpose="ads", granted=False)
        decide(database, decision, by="k", now=NOW)

    done = erase(store, database, user_id(5), now=NOW)

    assert done.rows == 2  # the decision, and the tier the run gave
    assert [each.user_id for each in decisions(database)] == [user_id(10)]
    database.dispose()
    for path in store.path.glob("coterie.db*"):
        assert user_id(5).encode() not in path.read_bytes()


def test_decisions_made_at_once_are_told_apart(database):
    """Else whoever saw the first would take the second for it and never look."""

    def agree(number):
        made = Decision(user_id=user_id(number), purpose="email", granted=True)
        decide(database, made, by="k", now=NOW)

    with ThreadPool(8) as threads:
        threads.map(agree, range(80))

    with database.connect() as connection:
        numbers = connection.execute(sa.select(consents.c.number)).scalars().all()
    assert sorted(numbers) == list(range(1, 81))
