"""The ledger of tiers, on SQLite and PostgreSQL: replay, history, notices, tiers by hand."""

import io
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import numpy as np
import orjson
import pytest

from segmentation import ledger
from segmentation.erasure import erase_in_database
from segmentation.errors import NotFound, UsageError
from segmentation.livemarks import seq_of_run
from segmentation.noticeboard import list_notices, notice_of
from segmentation.overrides import in_force, lift, of_user, set_tier
from segmentation.reasonwords import RESTORED
from tests.snapshots import build_snapshot

START = datetime(2026, 11, 1, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Five runs of people who come, go and move."""
    folder = tmp_path_factory.mktemp("runs")
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                build_snapshot(folder / f"run-{n}", users=60 + 3 * n, seed=n, run_id=f"run-{n}")
            )
            for n in range(5)
        ]


@pytest.fixture
def noted(tmp_path):
    """Build a run to which a test may add a file."""
    with ExitStack() as stack:

        def build(number, name, content):
            folder = tmp_path / f"run-{number}"
            snapshot = stack.enter_context(
                build_snapshot(folder, users=10, seed=number, run_id=f"run-{number}")
            )
            (folder / "merits").mkdir()
            (folder / "merits" / name).write_bytes(content)
            return snapshot

        yield build


def tiers_of(snapshot):
    """Everyone's tier in a run."""
    return {held.user_id: held.tier for held in snapshot.standings()}


def test_replaying_the_ledger_gives_the_tiers_in_force(database, runs):
    """After every run, forward and back."""
    for step, snapshot in enumerate([*runs, runs[1], runs[3]]):
        ledger.record_run(database, snapshot, now=START + step * HOUR)

        assert ledger.tiers_at(database) == tiers_of(snapshot)


def test_writing_a_run_down_again_adds_nothing(database, runs):
    """So that it can be done after a crash."""
    added = ledger.record_run(database, runs[0], now=START)

    assert added == len(tiers_of(runs[0]))
    assert ledger.record_run(database, runs[0], now=START + HOUR) == 0


def test_the_state_at_any_time_is_what_was_in_force_then(database, runs):
    """Twenty moments, by what was known at each of them."""
    taken = {}
    for step in range(20):
        now = START + step * HOUR
        snapshot = runs[int(np.random.default_rng(step).integers(5))]
        ledger.record_run(database, snapshot, now=now)
        taken[now] = tiers_of(snapshot)

    for now, tiers in taken.items():
        assert ledger.tiers_at(database, known_at=now + HOUR / 2) == tiers


def test_what_becomes_known_later_does_not_rewrite_what_was_known(database, runs):
    """A tier set by hand counts from when it was set, and not before."""
    ledger.record_run(database, runs[0], now=START)
    user = next(iter(tiers_of(runs[0])))
    by_hand = {"tier": "gold", "until": START + 99 * HOUR, "reason": "a friend", "author": "Ada"}
    set_tier(database, runs[0], user, **by_hand, now=START + 2 * HOUR)

    assert ledger.tiers_at(database, at=START + HOUR) == tiers_of(runs[0])
    assert ledger.tiers_at(database, at=START + 3 * HOUR)[user] == "gold"
    assert ledger.tier_at(database, user, at=START + HOUR).after == tiers_of(runs[0])[user]


def test_an_entry_says_what_when_why_by_whom_and_on_what_evidence(database, noted):
    """Enough to explain it a year later."""
    measures = io.BytesIO()
    np.savez(measures, value=np.arange(10.0), spend=np.full(10, np.nan))
    snapshot = noted(0, "merits.npz", measures.getvalue())
    held = next(iter(snapshot.standings()))

    ledger.record_run(database, snapshot, now=START, author="the nightly run")

    (entry,) = ledger.history(database, held.user_id)
    assert (entry.before, entry.after) == (None, held.tier)
    assert entry.reason_codes == held.reason_codes
    assert entry.policy_version == snapshot.manifest["policy_version"]
    assert entry.run_id == "run-0"
    assert entry.author == "the nightly run"
    assert entry.recorded == START
    assert entry.evidence == {"score": held.score, "value": float(held.row), "spend": None}


def test_who_is_gone_from_a_run_has_left(database, runs):
    """The entry after which they hold no tier."""
    ledger.record_run(database, runs[4], now=START)
    ledger.record_run(database, runs[0], now=START + HOUR)
    gone = min(tiers_of(runs[4]).keys() - tiers_of(runs[0]).keys())

    entry = ledger.history(database, gone)[0]

    assert (entry.after, entry.reason_codes) == (None, ["left"])
    assert ledger.tier_at(database, gone) is None


def test_base_and_changes_give_the_later_state(database, runs):
    """From any run's mark; a run nobody wrote down has none."""
    marks = []
    for step, snapshot in enumerate(runs):
        ledger.record_run(database, snapshot, now=START + step * HOUR)
        marks.append((seq_of_run(database, snapshot.run_id), tiers_of(snapshot)))

    for seq, tiers in marks:
        for change in ledger.changes_since(database, seq, limit=10_000):
            assert tiers.get(change.user_id) == change.before
            if change.after is None:
                del tiers[change.user_id]
            else:
                tiers[change.user_id] = change.after
        assert tiers == tiers_of(runs[-1])
    assert seq_of_run(database, "run-9") is None


def test_a_tier_set_by_hand_is_in_force_until_it_is_lifted(database, runs):
    """Who, why and until when stay written."""
    ledger.record_run(database, runs[0], now=START)
    user, tier = next((user, tier) for user, tier in tiers_of(runs[0]).items() if tier != "gold")
    until = START + 48 * HOUR

    set_tier(
        database, runs[0], user, tier="gold", until=until, reason="a friend", author="Ada",
        now=START + HOUR,
    )  # fmt: skip

    (held,) = in_force(database, now=START + 2 * HOUR).values()
    assert (held.user_id, held.tier, held.author, held.reason) == (user, "gold", "Ada", "a friend")
    assert in_force(database, now=until) == {}
    assert ledger.tier_at(database, user).evidence["reason"] == "a friend"

    change = lift(database, runs[0], user, author="Bob", now=START + 3 * HOUR)

    assert (change.before, change.after, change.author) == ("gold", tier, "Bob")
    assert in_force(database, now=START + 4 * HOUR) == {}
    assert [held.ended for held in of_user(database, user)] == [START + 3 * HOUR]


def test_a_second_decision_takes_the_place_of_the_first(database, runs):
    """One holds at a time."""
    ledger.record_run(database, runs[0], now=START)
    user = next(iter(tiers_of(runs[0])))
    for step, tier in enumerate(("gold", "silver")):
        set_tier(
            database, runs[0], user, tier=tier, until=START + 9 * HOUR, reason="so", author="Ada",
            now=START + step * HOUR,
        )  # fmt: skip

    (held,) = in_force(database, now=START + 2 * HOUR).values()

    assert held.tier == "silver"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"tier": "tin"}, NotFound, "no tier `tin`; the policy has member, silver"),
        ({"user_id": "nobody"}, NotFound, "no user `nobody`"),
        ({"until": START}, UsageError, "`until` must lie ahead"),
        ({"reason": " "}, UsageError, "`reason` must have 1 to"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(database, runs, change, error, message):
    """And leaves nothing behind."""
    user = next(iter(tiers_of(runs[0])))
    asked = {"user_id": user, "tier": "gold", "until": START + HOUR, "reason": "so"} | change

    with pytest.raises(error, match=message):
        set_tier(database, runs[0], asked.pop("user_id"), **asked, author="Ada", now=START)

    assert ledger.span(database) == (0, 0)


def test_notices_are_those_of_the_run_that_is_live(database, noted):
    """The next run's take their place."""
    ways = [{"way": "score", "needs": [{"measure": "score", "now": 0.6, "least": 0.7}]}]
    row = {"tier": "gold", "review_after": "2026-12-01T00:00:00Z", "ways": ways}
    runs = [
        noted(
            number,
            "notices.ndjson",
            b"\n".join(orjson.dumps(row | {"user_id": user}) for user in users),
        )
        for number, users in enumerate(("ab", "b"))
    ]
    ledger.record_run(database, runs[0], now=START)
    first = [row["user_id"] for row in list_notices(database)]
    ledger.record_run(database, runs[1], now=START + HOUR)

    assert first == ["a", "b"]
    assert [row["user_id"] for row in list_notices(database)] == ["b"]
    assert notice_of(database, "a") is None
    assert notice_of(database, "b")["ways"] == ways
    assert notice_of(database, "b")["review_after"] == datetime(2026, 12, 1, tzinfo=UTC)


def test_an_erased_user_is_in_no_entry_and_no_decision(database, runs):
    """The others are untouched."""
    ledger.record_run(database, runs[0], now=START)
    user, *others = tiers_of(runs[0])
    set_tier(
        database, runs[0], user, tier="gold", until=START + HOUR, reason="so", author="Ada",
        now=START,
    )  # fmt: skip

    assert erase_in_database(database, user) == 3

    assert ledger.history(database, user) == of_user(database, user) == []
    assert set(ledger.tiers_at(database)) == set(others)


def test_going_back_says_so_and_names_who_did(database, runs):
    """A tier that comes back with its run was not earned anew at that moment."""
    for step, snapshot in enumerate(runs[:2]):
        ledger.record_run(database, snapshot, now=START + step * HOUR)
    moved = [user for user, tier in tiers_of(runs[0]).items() if tiers_of(runs[1])[user] != tier]

    ledger.record_run(database, runs[0], now=START + 5 * HOUR, author="Ada")

    entry = ledger.history(database, moved[0])[0]
    assert entry.after == tiers_of(runs[0])[moved[0]]
    assert entry.reason_codes[0] == RESTORED
    assert (entry.author, entry.at) == ("Ada", START + 5 * HOUR)


def test_what_is_decided_later_does_not_reach_back_to_the_run_it_is_about(database, runs):
    """A policy applied hours after its run counts from then, for whoever asks about the hours."""
    ledger.record_run(database, runs[0], now=START)

    ledger.record_run(database, runs[1], now=START + 9 * HOUR, at=START + 9 * HOUR)

    assert ledger.tiers_at(database, at=START + 8 * HOUR) == tiers_of(runs[0])
    assert ledger.tiers_at(database, at=START + 9 * HOUR) == tiers_of(runs[1])


def test_a_run_tells_everyones_tier_at_the_moment_it_looks_from(database, runs):
    """Also when months of runs, with going back between, are made up for in an afternoon."""
    month = timedelta(days=30)
    looks = [START - (9 - number) * month for number in range(4)]
    ledger.record_run(database, runs[0], now=START, at=looks[0])
    ledger.record_run(database, runs[1], now=START + HOUR, at=looks[1])
    ledger.record_run(database, runs[0], now=START + 2 * HOUR)
    ledger.record_run(database, runs[2], now=START + 3 * HOUR, at=START + 3 * HOUR)
    ledger.record_run(database, runs[3], now=START + 4 * HOUR, at=looks[3])

    seen = [ledger.tiers_at(database, at=moment) for moment in (looks[1], looks[3])]

    assert seen == [tiers_of(runs[1]), tiers_of(runs[3])]
    for user, tier in tiers_of(runs[3]).items():
        assert ledger.tier_at(database, user, at=looks[3]).after == tier
