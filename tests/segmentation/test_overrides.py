"""Tiers set by hand over time: over a run, past their end, across runs that came meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest

from segmentation import handset, ledger
from segmentation.erasure import erase_in_database
from segmentation.errors import NotFound
from segmentation.overrides import end_due, in_force, lift, of_user, set_tier
from segmentation.reasonwords import ENDED
from tests.snapshots import build_snapshot

START = datetime(2026, 11, 1, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs of the same people with other tiers."""
    folder = tmp_path_factory.mktemp("runs")
    opened = [
        build_snapshot(folder / f"run-{n}", users=60, seed=n, run_id=f"run-{n}") for n in range(2)
    ]
    yield opened
    for each in opened:
        each.close()


def seen(database, snapshot, through=None):
    """A run with what was set by hand laid over."""
    with database.connect() as connection:
        return snapshot.seen_with(handset.read(connection, through=through))


def tiers_of(snapshot):
    """Everyone's tier in a run."""
    return {held.user_id: held.tier for held in snapshot.standings()}


@pytest.fixture
def somebody(database, runs):
    """A holder of silver in the first run who holds gold in none."""
    ledger.record_run(database, runs[0], now=START)
    first, second = (tiers_of(run) for run in runs)
    return next(
        user for user, tier in first.items() if tier == "silver" and second.get(user) == "member"
    )


def put(database, snapshot, user, tier="gold", *, hours=24, now=START + HOUR):
    """Set a tier for some hours."""
    return set_tier(
        database, snapshot, user, tier=tier, until=now + hours * HOUR, reason="so", author="Ada",
        now=now,
    )  # fmt: skip


def test_a_run_that_goes_live_does_not_undo_what_was_set(database, runs, somebody):
    """Whether it was made before the decision or is gone back to."""
    put(database, runs[0], somebody)

    for step, run in enumerate((runs[1], runs[0])):
        ledger.record_run(database, run, now=START + (2 + step) * HOUR)

        assert ledger.tiers_at(database)[somebody] == "gold"
        assert ledger.tiers_at(database) == tiers_of(seen(database, run))


def test_past_its_time_the_tier_of_the_run_is_in_force_again(database, runs, somebody):
    """In the ledger as of that time, with a reason, once however many look."""
    put(database, runs[0], somebody, hours=5)
    assert end_due(database, runs[0], now=START + 5 * HOUR) == 0

    ended = [end_due(database, runs[0], now=START + 9 * HOUR) for _ in range(2)]

    entry = ledger.history(database, somebody)[0]
    assert ended == [1, 0]
    assert (entry.before, entry.after, entry.author) == ("gold", "silver", "Ada")
    assert (entry.at, entry.recorded) == (START + 6 * HOUR, START + 9 * HOUR)
    assert entry.reason_codes[0] == ENDED
    assert [each.ended for each in of_user(database, somebody)] == [START + 6 * HOUR]
    assert seen(database, runs[0]) is runs[0]


def test_what_a_run_took_over_falls_back_to_the_tier_before(database, runs, somebody, tmp_path):
    """Though the run itself says what was set."""
    put(database, runs[0], somebody)
    took = build_snapshot(
        tmp_path / "run-2", users=60, seed=1, run_id="run-2", by_hand={somebody: "gold"}
    )
    ledger.record_run(database, took, now=START + 2 * HOUR)

    lift(database, took, somebody, author="Bob", now=START + 3 * HOUR)

    told = seen(database, took)
    assert took.tier_of(somebody)["tier"] == "gold"
    assert told.tier_of(somebody)["tier"] == "silver"
    assert ledger.tiers_at(database)[somebody] == "silver"
    assert tiers_of(told) == ledger.tiers_at(database)
    took.close()


def test_nothing_is_ended_twice(database, runs, somebody):
    """Nor what was never set; the ledger says nothing of it."""
    put(database, runs[0], somebody)
    lift(database, runs[0], somebody, author="Bob", now=START + 3 * HOUR)
    before = ledger.history(database, somebody)

    with pytest.raises(NotFound, match="is set by hand, so there is none to end"):
        lift(database, runs[0], somebody, author="Bob", now=START + 4 * HOUR)

    assert ledger.history(database, somebody) == before


def test_the_place_in_the_ledger_tells_what_was_set_up_to_it(database, runs, somebody):
    """So that a page or a campaign goes on with what it began with."""
    places = [put(database, runs[0], somebody, tier).seq for tier in ("gold", "platinum")]
    lift(database, runs[0], somebody, author="Bob", now=START + 3 * HOUR)

    told = [seen(database, runs[0], through).tier_of(somebody)["tier"] for through in (0, *places)]

    assert told == ["silver", "gold", "platinum"]
    assert seen(database, runs[0]).tier_of(somebody)["tier"] == "silver"


def test_who_left_holds_nothing_when_it_ends(database, runs, somebody):
    """And nothing is given back to them."""
    put(database, runs[0], somebody)
    with database.begin() as connection:
        ledger.append_one(
            connection, runs[0], somebody, None, ["left"], {}, author="run", now=START + 2 * HOUR
        )

    end_due(database, runs[0], now=START + 99 * HOUR)

    assert ledger.history(database, somebody)[0].after is None
    assert in_force(database, now=START + 99 * HOUR) == {}


def test_the_mark_moves_with_each_decision_and_each_erasure(database, runs, somebody):
    """Workers look at it again and again, and at nothing else."""
    marks = [handset.mark(database)]
    put(database, runs[0], somebody)
    marks.append(handset.mark(database))
    ledger.record_run(database, runs[1], now=START + 2 * HOUR)
    marks.append(handset.mark(database))
    erase_in_database(database, somebody)
    marks.append(handset.mark(database))

    assert marks[1] == marks[2]
    assert len(set(marks)) == 2
    assert marks[0] == marks[3] == (0, 0)
