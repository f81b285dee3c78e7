"""Everyone's tier, why, and who moved."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from segmentation.errors import ConfigError
from segmentation.merits import LABEL_SCHEMA, People
from segmentation.policy import BUILT_IN, Policy
from segmentation.reasonwords import MEASURES, REASON_WORDS
from segmentation.rights import assign_rights
from segmentation.tables import conform

AS_OF = datetime(2026, 11, 1, 2, tzinfo=UTC)
IDS = [f"user-{number:04d}" for number in range(1_000)]
ORDER = np.linspace(0.0, 1.0, len(IDS))


def people(measures, ids=IDS, *, circles=None, labels=()):
    """People with these measures; by default in no circle and without labels."""
    homes = pa.array(circles if circles else [None] * len(ids), pa.string())
    rows = [dict(zip(LABEL_SCHEMA.names, row, strict=True)) for row in labels]
    return People(
        user_ids=pa.array(ids, pa.string()),
        measures={name: np.asarray(values, dtype=float) for name, values in measures.items()},
        circles={"interest": homes, "lifestyle": pa.nulls(len(ids), pa.string())},
        labels=pa.Table.from_pylist(rows, schema=LABEL_SCHEMA),
    )


def assigned(measure=ORDER, *, policy=None, previous=None, as_of=AS_OF, ids=IDS, **more):
    """Assign people by one measure."""
    everyone = people({"value": measure}, ids)
    return assign_rights(policy or Policy.load(), everyone, previous=previous, as_of=as_of, **more)


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
    assert dry.samples["down"][0]["user_id"] in IDS


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


def test_every_measure_of_the_score_can_decide_alone():
    """Value, share, stickiness, influence or tenure: whichever is known."""
    for name in MEASURES:
        rights = assign_rights(Policy.load(), people({name: ORDER}), previous=None, as_of=AS_OF)

        assert rights.report["measures_used"] == [name]
        assert rights.reason_codes[-1] == ["entered", f"by_{name}"]


def test_nobody_at_all_is_no_trouble():
    """An empty population has an empty table."""
    rights = assigned([], ids=[])

    assert rights.tiers.num_rows == 0
    assert rights.report["cost"] == 0.0


FRIENDS = """
[[tiers]]
name = "friends"

[[tiers.ways]]
name = "regulars"
enter = {{ {measure} = 10, score = 0.9 }}
stay = {{ {measure} = 8, score = 0.2 }}

[[tiers.ways]]
name = "founders"
enter = {{ founder = 1 }}

[[tiers.benefits]]
name = "A seat at the table"
kind = "spiritual"
unit_cost = 0

[[tiers.benefits]]
name = "A first copy"
kind = "material"
unit_cost = 0

[[measures]]
name = "founder"
counts = "label"
label = "club=founder"
"""


def with_friends(tmp_path, measure="visits", extra=""):
    """The built-in policy without a budget, and a tier with two ways on top."""
    text = BUILT_IN.read_text(encoding="utf-8").replace("per_user = 2.5", "per_user = 1000")
    path = tmp_path / "rights.toml"
    path.write_text(text + FRIENDS.format(measure=measure) + extra, encoding="utf-8")
    return Policy.load(path)


VISITS = '\n[[measures]]\nname = "visits"\ncounts = "visits"\nwindow = "rolling"\ndays = 30\n'


def visitors(visits, founders=()):
    """The thousand with so many visits each, some of them founders."""
    founder = np.isin(IDS, list(founders)).astype(float)
    return people(
        {
            "value": ORDER,
            "visits rolling 30 days": visits,
            "label club=founder lifetime": founder,
        }
    )


def test_a_way_asks_for_all_it_names_and_any_way_will_do(tmp_path):
    """Ten visits and the best tenth by score, or a founder's label alone."""
    policy = with_friends(tmp_path, extra=VISITS)
    visits = np.where(np.arange(1_000) % 2 == 0, 10.0, 9.0)

    rights = assign_rights(policy, visitors(visits, founders=[IDS[0]]), previous=None, as_of=AS_OF)

    friends = np.flatnonzero(rights.tier == 4)
    assert friends.tolist() == [0, *range(900, 1_000, 2)]
    assert rights.reason_codes[0] == ["entered", "way_founders"]
    assert rights.reason_codes[900] == ["entered", "way_regulars"]
    assert set(policy.reasons()) == {"way_founders", "way_regulars"}


def test_a_way_asks_less_to_stay_and_the_notice_says_what_is_missing(tmp_path):
    """Eight visits keep the tier; seven bring a notice with one more visit to make."""
    policy = with_friends(tmp_path, extra=VISITS)
    first = assign_rights(policy, visitors(np.full(1_000, 10.0)), previous=None, as_of=AS_OF)
    fewer = np.full(1_000, 8.0)
    fewer[-1] = 7.0
    later = AS_OF + timedelta(days=100)

    second = assign_rights(policy, visitors(fewer), previous=first.tiers, as_of=later)

    assert np.count_nonzero(second.tier == 4) == 100
    (notice,) = second.notices.to_pylist()
    assert notice["user_id"] == IDS[-1]
    assert notice["review_after"] == later + timedelta(days=30)
    assert notice["ways"] == [
        {"way": "regulars", "needs": [{"measure": "visits", "now": 7.0, "least": 8.0}]},
        {"way": "founders", "needs": [{"measure": "founder", "now": 0.0, "least": 1.0}]},
    ]


def test_a_notice_is_told_no_earlier_than_the_policy_says(tmp_path):
    """Fourteen days ahead: not at thirty, but at ten."""
    policy = policy_with(tmp_path, "notice_days = 30", "notice_days = 14")
    lower = ORDER.copy()
    lower[-1] = -1.0
    first = assigned(policy=policy)
    early = assigned(lower, policy=policy, previous=first.tiers, as_of=AS_OF + timedelta(days=60))
    near = assigned(lower, policy=policy, previous=early.tiers, as_of=AS_OF + timedelta(days=80))

    assert (early.notices.num_rows, near.notices.num_rows) == (0, 1)
    assert near.notices["tier"].to_pylist() == ["platinum"]


def test_a_measure_the_run_has_not_counted_is_named(tmp_path):
    """With what to do about it."""
    policy = with_friends(tmp_path, extra=VISITS)

    with pytest.raises(ConfigError, match=r"not counted `founder` \(label club=founder lifetime\)"):
        assigned(policy=policy)


def test_each_circle_has_its_own_best_where_the_policy_says_so(tmp_path):
    """The best twentieth of a circle of low scores is platinum beside that of a high one."""
    policy = policy_with(tmp_path, "notice_days = 30", 'notice_days = 30\namong = "interest"')
    circles = ["interest-1"] * 500 + ["interest-2"] * 500

    rights = assign_rights(
        policy, people({"value": ORDER}, circles=circles), previous=None, as_of=AS_OF
    )

    assert np.flatnonzero(rights.tier == 3).tolist() == [*range(475, 500), *range(975, 1_000)]


def test_a_ladder_asks_other_scores_of_its_circle(tmp_path):
    """Gold opens at 0.60 for one circle and at 0.80 for the other."""
    ladder = '[[ladders]]\ncircle = "interest-1"\nenter = { gold = 0.6 }\nstay = { gold = 0.5 }\n'
    text = BUILT_IN.read_text(encoding="utf-8").replace("per_user = 2.5", "per_user = 1000")
    path = tmp_path / "rights.toml"
    path.write_text(text + ladder, encoding="utf-8")
    circles = ["interest-1", "interest-2"] * 500

    rights = assign_rights(
        Policy.load(path), people({"value": ORDER}, circles=circles), previous=None, as_of=AS_OF
    )

    has_gold = rights.tier >= 2
    assert np.flatnonzero(has_gold[0::2])[0] * 2 == 600
    assert np.flatnonzero(has_gold[1::2])[0] * 2 + 1 == 801


def test_what_was_set_by_hand_is_kept_and_said(tmp_path):
    """Up or down, with its reason."""
    rights = assigned(set_by_hand={IDS[0]: "platinum", IDS[-1]: "member", "nobody": "gold"})

    assert (rights.tier[0], rights.tier[-1]) == (3, 0)
    assert rights.reason_codes[0][0] == rights.reason_codes[-1][0] == "by_hand"


def test_groups_under_a_parity_bound_are_reported_with_intervals(tmp_path):
    """The group ahead gives up what the bound costs; people without a label are left alone."""
    text = BUILT_IN.read_text(encoding="utf-8").replace("per_user = 2.5", "per_user = 1000")
    bound = '[parity]\nnamespace = "region"\ntier = "gold"\nmax_gap = 0.1\n'
    path = tmp_path / "rights.toml"
    path.write_text(text + bound, encoding="utf-8")
    labels = [
        (user, "region", "south" if rank < 450 else "north")
        for rank, user in enumerate(IDS)
        if rank < 990
    ]
    everyone = people({"value": ORDER}, labels=labels)

    report = assign_rights(Policy.load(path), everyone, previous=None, as_of=AS_OF).report["parity"]

    assert report["gap"] <= 0.1
    assert report["price"] > 0
    assert {name: group["people"] for name, group in report["groups"].items()} == {
        "north": 540,
        "south": 450,
    }
    north = report["groups"]["north"]
    assert north["low"] < north["share"] < north["high"]
