"""Everyone's tier, why, and who moved."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from segmentation.errors import ConfigError
from segmentation.policy import BUILT_IN, Policy
from segmentation.rights import MEASURES, REASON_WORDS, assign_rights
from segmentation.tables import conform

AS_OF = datetime(2026, 11, 1, 2, tzinfo=UTC)
IDS = [f"user-{number:04d}" for number in range(1_000)]
ORDER = np.linspace(0.0, 1.0, len(IDS))


def assigned(measure=ORDER, *, policy=None, previous=None, as_of=AS_OF, ids=IDS):
    """Assign people by one measure."""
    return assign_rights(
        policy or Policy.load(),
        user_ids=ids,
        measures={"value": np.asarray(measure, dtype=float)},
        previous=previous,
        as_of=as_of,
    )


def policy_with(tmp_path, good, bad):
    """The built-in policy with one change."""
    text = BUILT_IN.read_text(encoding="utf-8")
    assert good in text
    path = tmp_path / "rights.toml"
    path.write_text(text.replace(good, bad), encoding="utf-8")
    return Policy.load(path)


def replayed(*changes):
    """The tiers that replaying tables of changes leads to."""
    ledger = {}
    for table in changes:
        for row in table.to_pylist():
            assert row["before"] == ledger.get(row["user_id"])
            ledger[row["user_id"]] = row["after"]
    return ledger


def test_thresholds_say_what_share_of_people_is_ahead():
    """A score of 0.80 opens gold: the best fifth has gold or more."""
    counts = assigned().report["tiers"]

    assert counts == {"member": 500, "silver": 300, "gold": 150, "platinum": 50}


def test_the_tables_have_the_columns_of_a_snapshot():
    """And every reason has words for people."""
    rights = assigned()

    assert conform(rights.tiers, "tiers").num_rows == len(IDS)
    assert conform(rights.changes, "tier-changes").num_rows == len(IDS)
    assert {code for codes in rights.reason_codes for code in codes} <= set(REASON_WORDS)
    assert all(rights.reason_codes)


def test_replaying_the_changes_gives_the_current_tiers():
    """Five runs of wandering people, one of them leaving and one arriving."""
    random = np.random.default_rng(0)
    previous, ledger, measure = None, [], ORDER
    for month in range(5):
        measure = np.clip(measure + random.normal(0, 0.2, len(IDS)), 0, 1)
        ids = IDS if month < 3 else [*IDS[1:], "z-newcomer"]
        as_of = AS_OF + timedelta(days=45 * month)
        rights = assigned(measure, previous=previous, as_of=as_of, ids=ids)
        previous = rights.tiers
        ledger.append(rights.changes)

    current = dict(zip(*rights.tiers.select(["user_id", "tier"]).to_pydict().values(), strict=True))
    left = {IDS[0]}
    assert {user: tier for user, tier in replayed(*ledger).items() if user not in left} == current
    assert rights.report["new"] == 0


def test_each_change_says_what_when_why_and_under_which_policy():
    """One person rises from member to platinum."""
    first = assigned()
    higher = ORDER.copy()
    higher[0] = 2.0
    later = AS_OF + timedelta(days=30)

    (row,) = assigned(higher, previous=first.tiers, as_of=later).changes.to_pylist()

    assert (row["user_id"], row["before"], row["after"]) == (IDS[0], "member", "platinum")
    assert row["reason_codes"] == ["entered", "by_value"]
    assert row["policy_version"] == Policy.load().version
    assert row["at"] == later


def test_the_same_run_again_moves_nobody():
    """Nobody changes when nothing does."""
    first = assigned()

    again = assigned(previous=first.tiers)

    assert again.changes.num_rows == 0
    kept = ["user_id", "tier", "score", "since", "review_after"]
    assert again.tiers.select(kept).equals(first.tiers.select(kept))


def test_dates_and_notices_survive_the_tables():
    """Low from the second run: noticed, warned of the date, gone after it."""
    lower = ORDER.copy()
    lower[-1] = -1.0
    first = assigned()
    second = assigned(lower, previous=first.tiers, as_of=AS_OF + timedelta(days=30))
    early = assigned(lower, previous=second.tiers, as_of=AS_OF + timedelta(days=89))
    late = assigned(lower, previous=early.tiers, as_of=AS_OF + timedelta(days=90))

    rows = [rights.tiers.to_pylist()[-1] for rights in (first, second, early, late)]

    assert [row["tier"] for row in rows] == ["platinum", "platinum", "platinum", "member"]
    assert "dwell" in rows[1]["reason_codes"]
    assert rows[1]["review_after"] == AS_OF + timedelta(days=90)
    assert rows[3]["reason_codes"] == ["fell"]


def test_a_dry_run_of_a_policy_is_exactly_what_applying_it_does(tmp_path):
    """Same people, same moment: the same tiers, moves, cost and samples."""
    live = assigned()
    stricter = policy_with(tmp_path, "per_user = 2.5", "per_user = 1.0")

    dry = assigned(policy=stricter, previous=live.tiers)
    applied = assigned(policy=stricter, previous=live.tiers)

    assert dry.tiers.equals(applied.tiers)
    assert dry.report == applied.report
    assert dry.report["cost"] <= 1.0 * len(IDS)
    assert dry.report["down"] > 0
    assert dry.report["samples"]["down"][0]["user_id"] in IDS


def test_new_people_wait_when_the_budget_is_spent(tmp_path):
    """Best first: those left out say so, and the shadow price is above zero."""
    rights = assigned(policy=policy_with(tmp_path, "per_user = 2.5", "per_user = 0.5"))

    assert rights.report["cost"] <= 0.5 * len(IDS)
    assert rights.report["shadow_price"] > 0
    assert any("budget" in codes for codes in rights.reason_codes)
    assert np.all(np.diff(rights.tier) >= 0)


def test_a_budget_that_cannot_pay_the_lowest_tier_stops_the_run(tmp_path):
    """The message says what is needed."""
    poor = policy_with(tmp_path, "# total = 50000", "total = 1")

    with pytest.raises(ConfigError, match=r"cannot be kept: `budget` must pay the base tier"):
        assigned(policy=poor)


def test_a_source_without_time_gets_tiers_without_dates():
    """One window, said so; a notice lasts until the next run."""
    lower = ORDER.copy()
    lower[-1] = -1.0
    first = assigned(as_of=None)
    second = assigned(lower, previous=first.tiers, as_of=None)
    third = assigned(lower, previous=second.tiers, as_of=None)

    assert first.tiers["since"].null_count == len(IDS)
    assert first.report["basis"].startswith("one window")
    assert [rights.tier[-1] for rights in (first, second, third)] == [3, 3, 0]


def test_tiers_the_policy_no_longer_has_count_as_none(tmp_path):
    """After renaming a tier its people come in as new."""
    renamed = policy_with(tmp_path, 'name = "gold"', 'name = "emerald"')

    report = assigned(policy=renamed, previous=assigned().tiers).report

    assert report["new"] == 150
    assert report["tiers"]["emerald"] == 150


def test_every_measure_of_the_score_can_decide_alone():
    """Value, share, stickiness, influence or tenure: whichever is known."""
    for name in MEASURES:
        rights = assign_rights(
            Policy.load(), user_ids=IDS, measures={name: ORDER}, previous=None, as_of=AS_OF
        )

        assert rights.report["measures_used"] == [name]
        assert rights.reason_codes[-1] == ["entered", f"by_{name}"]


def test_nobody_at_all_is_no_trouble():
    """An empty population has an empty table."""
    rights = assigned([], ids=[])

    assert rights.tiers.num_rows == 0
    assert rights.report["cost"] == 0.0
