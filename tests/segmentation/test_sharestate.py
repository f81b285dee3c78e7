"""Looking the past up is counting it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from models.evidence import COUNTS
from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.evidence import counts_before
from segmentation.sharescores import counts_of, keep_asked
from segmentation.sharestate import Asked, ShareState, scrub
from segmentation.sharetotals import read_state
from segmentation.sharing import prepare
from tests.sharing_tables import AS_OF, day, lively

PEOPLE = 40


@pytest.fixture(scope="module", params=[True, False], ids=["given", "derived"])
def known(tmp_path_factory, request):
    """An engine with the facts of forty people in three circles and none, and their state."""
    tables = lively(tmp_path_factory.mktemp("lively"), given=request.param)
    with DuckEngine() as engine:
        prepare(engine, Config(), tables, as_of=AS_OF, circles=np.arange(PEOPLE) % 4 - 1)
        yield engine, read_state(engine, people=PEOPLE)


def asked(*days, strangers=True):
    """Everybody, and a stranger, is shown every content and an unknown one on each of some days."""
    first = -1 if strangers else 0
    person, item, number = (
        part.ravel()
        for part in np.meshgrid(np.arange(first, PEOPLE), np.arange(first, 12), days, indexing="ij")
    )
    start = np.datetime64(day(0), "us").astype(np.int64)
    moment = start + (number * 86_400e6).astype(np.int64) + 1
    return Asked(person, item, moment)


def queried(engine, question):
    """The counts by query."""
    keep_asked(engine, question)
    return counts_before(engine, "asked")


def known_by(state, question):
    """The question with everybody as they stood just after the last fact."""
    return replace(question, moment=np.minimum(question.moment, state.until[0] + 1))


def same(one, two):
    """Name the counts that differ."""
    return [name for name in COUNTS if not np.array_equal(one[name], two[name], equal_nan=True)]


@pytest.mark.parametrize("days", [(104,), (104, 111.5, 118, 125, 133.25), (400,)])
def test_what_is_looked_up_is_what_is_counted(known, days):
    """Asked about any later moment, every count is the query's just after the last fact."""
    engine, state = known
    question = asked(*days)

    assert same(state.counts(question), queried(engine, known_by(state, question))) == []


def test_few_moments_are_counted_as_many_are(known):
    """The short way to the totals of a few moments gives what the running totals give."""
    engine, _ = known
    few = asked(30, 60)
    many = asked(30, 60, 31, 32, 33)

    whole = queried(engine, many)
    here = np.isin(many.moment, few.moment)

    assert same(queried(engine, few), {name: whole[name][here] for name in COUNTS}) == []


def test_earlier_and_later_rows_may_be_mixed(known):
    """Rows before the last fact are counted, the others looked up; each keeps its place."""
    engine, state = known
    question = asked(50, 120)

    found = counts_of(engine, question, state)

    assert same(found, queried(engine, known_by(state, question))) == []


def test_files_bring_the_state_back(known, tmp_path):
    """What was kept and mapped answers the same."""
    _, state = known
    state.save(tmp_path / "state")

    again = ShareState.open(tmp_path / "state")

    question = asked(120)
    assert same(again.counts(question), state.counts(question)) == []


def test_a_scrubbed_person_has_no_past(known, tmp_path):
    """Their counts become those of somebody never seen; everybody else's stay."""
    _, state = known
    state.save(tmp_path / "state")

    scrub(tmp_path / "state", 7)

    question = asked(int((AS_OF - timedelta(days=1) - AS_OF.replace(month=1, day=1)).days))
    before, after = (s.counts(question) for s in (state, ShareState.open(tmp_path / "state")))
    is_gone = question.person == 7
    for name in COUNTS:
        assert np.array_equal(before[name][~is_gone], after[name][~is_gone], equal_nan=True)
    own = [name for name in COUNTS if name.startswith("user_") and name != "user_last_at"]
    assert all(after[name][is_gone].sum() == 0 for name in own)
    assert np.isnan(after["user_last_at"][is_gone]).all()
