"""Rights policies: what they say and what they refuse."""

import re
from datetime import date
from pathlib import Path

import pytest

from segmentation.errors import ConfigError, NotFound
from segmentation.policy import BUILT_IN, KINDS, Policy
from segmentation.policyfile import parse_policy

BUILT_IN_TEXT = BUILT_IN.read_text(encoding="utf-8")


def load(tmp_path, text):
    """Load a policy from its text."""
    path = tmp_path / "rights.toml"
    path.write_text(text, encoding="utf-8")
    return Policy.load(path)


def test_the_built_in_policy_has_four_tiers_with_both_kinds_of_benefit():
    """Every tier gives something to have and something to be."""
    policy = Policy.load()

    assert policy.names == ("member", "silver", "gold", "platinum")
    for tier in policy.tiers:
        assert {benefit.kind for benefit in tier.benefits} == set(KINDS)


def test_a_tier_gives_all_the_tiers_below_it_give():
    """So a higher tier is never worth less, and costs are ascending."""
    policy = Policy.load()

    gold, silver = policy.benefits_of("gold"), policy.benefits_of("silver")

    assert set(gold) > set(silver)
    assert gold[0] in policy.tiers[2].benefits
    assert list(policy.costs()) == sorted(policy.costs())


def test_a_benefit_holds_from_its_first_day_to_the_day_before_its_end(tmp_path):
    """Entitlement is a function of tier and date, and costs follow it."""
    dated = 'kind = "material"\nstarts = 2026-06-01\nends = 2026-07-01\nunit_cost = 6.00'
    policy = load(tmp_path, BUILT_IN_TEXT.replace('kind = "material"\nunit_cost = 6.00', dated))
    days = [date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 1)]

    given = [len(policy.benefits_of("platinum", day)) for day in days]

    assert given == [7, 8, 8, 7]
    assert policy.costs(days[1])[3] - policy.costs(days[0])[3] == pytest.approx(6.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_tier_without_one_kind_of_benefit_is_refused(tmp_path, kind):
    """The message names the tier, the line and the kind."""
    head, tail = BUILT_IN_TEXT.split('name = "gold"')
    other = next(name for name in KINDS if name != kind)
    text = head + 'name = "gold"' + tail.replace(f'"{kind}"', f'"{other}"', 1)
    line = head.count("\n") + 1

    with pytest.raises(ConfigError, match=rf", line {line}, tier `gold` has no {kind} benefit"):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ("dwell_days", "dwel_days", r"`dwel_days` in .* Did you mean `dwell_days`\?"),
        ("per_user", "per_usr", r"`budget\.per_usr` in .* Did you mean `per_user`\?"),
        ("enter = 0.80", "entr = 0.80", r"`tiers\.gold\.entr` in .* Did you mean `enter`\?"),
        ("unit_cost = 6.00", "cost = 6.00", r"`unit_cost` of tiers\.platinum\.benefits is missing"),
        ("unit_cost = 6.00", "", r"`unit_cost` of tiers\.platinum\.benefits is missing"),
        ('kind = "material"', 'kind = "moral"', r"benefits\.kind` in .* got 'moral'"),
        ("stay = 0.70", "stay = 0.90", r"line \d+, tier `gold` has `stay` = 0.9 and `enter` = 0.8"),
        ("enter = 0.95", "enter = 0.75", r"tier `platinum` has `stay` = 0.85 and `enter` = 0.75"),
        ("stay = 0.85", "stay = 0.60", r"line \d+, tier `platinum` asks less than `gold` below it"),
        ('name = "gold"', 'name = "silver"', r"line \d+, `silver` is the name of another"),
        ("per_user = 2.5", "per_user = 0.1", r"`budget.per_user` in .* is 0.1, less than"),
        ("grace_days = 30", "grace_days = -1", r"`grace_days` in .* must be >= 0, got -1"),
        ("grace_days = 30", "grace_days = nan", r"`grace_days` in .* must be >= 0, got nan"),
        ("[weights]", "[wages]", r"`wages` in .* is not a setting. Did you mean `weights`"),
        ("dwell_days = 90", "dwell_days = ", r"is not valid TOML"),
        ("enter = 0.80", "enter = 80", r"`enter` = 80\. Use .* write 80 % as 0\.8"),
        ("enter = 0.80", 'enter = "80%"', r"enter` in .* a number without quotes.* got '80%'"),
        ("enter = 0.80", "enter = 80%", r"not valid TOML.* It says `enter = 80%`; write 80 % as"),
        ('name = "member"', 'name = "member"\nenter = 0.1', r"`member` is the lowest, so open to"),
        (
            "tenure = 0.05",
            'tenure = 0\namong = "interest"',
            r"stands under \[weights\]. It belongs",
        ),
    ],
)
def test_a_policy_that_cannot_be_kept_is_refused(tmp_path, good, bad, message):
    """Each message says what was wrong, where, and what was given."""
    assert good in BUILT_IN_TEXT

    with pytest.raises(ConfigError, match=message):
        load(tmp_path, BUILT_IN_TEXT.replace(good, bad))


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        ("starts = 31.12.2026", r"not valid TOML.* It says `starts = 31.12.2026`; .* 2026-12-31"),
        ('starts = "31.12.2026"', r"starts` in .* a date without quotes.*, got '31.12.2026'"),
        ("starts = 2026-12-31T00:00:00Z", r"a date without quotes.*, got 2026-12-31T00:00:00"),
        (
            "starts = 2026-12-31\nends = 2026-12-01",
            r"starts 2026-12-31 and ends 2026-12-01: nobody",
        ),
    ],
)
def test_a_benefit_of_dates_that_are_none_is_refused(tmp_path, dates, message):
    """A time of day, another land's date, an end before the start."""
    text = BUILT_IN_TEXT.replace("unit_cost = 6.00", f"unit_cost = 6.00\n{dates}")

    with pytest.raises(ConfigError, match=message):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ('[[measures]]\nname = "v"\ncounts = "visits"\ndays = 30', r'`days` of `v` .* "rolling"'),
        (
            '[[measures]]\nname = "v"\ncounts = "visits"\nwindow = "rolling"\nperiod = "month"',
            r'`period` of `v` goes with `window` = "calendar", and it has "rolling"',
        ),
        (
            '[[ladders]]\ncircle = "interest-3"\nenter = { gold = 0.97 }',
            r"in `interest-3` tier `platinum` has `enter` = 0.95, less than `gold` below it",
        ),
        (
            '[[ladders]]\ncircle = "interest-3"\nenter = { gold = 70 }',
            r"`gold` has `stay` = 0.7 and `enter` = 70. Use .* write 80 % as 0.8",
        ),
    ],
)
def test_a_table_that_would_not_do_what_it_says_is_refused(tmp_path, tables, message):
    """Days of a window that has none, and rungs of a ladder that cross."""
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, f"{BUILT_IN_TEXT}\n{tables}\n")


def test_a_way_that_asks_for_more_than_all_is_refused(tmp_path):
    """Chances and scores reach 1, so 80 is 0.8 written wrongly."""
    ways = '[[tiers.ways]]\nname = "sharers"\nenter = { share = 80 }'
    text = BUILT_IN_TEXT.replace("enter = 0.95\nstay = 0.85", ways)

    with pytest.raises(ConfigError, match=r"`share` = 80, which nobody has: write 80 % as 0.8"):
        load(tmp_path, text)


def test_the_policy_of_the_documentation_is_one(tmp_path):
    """Whoever copies it may try it."""
    page = (Path(__file__).parents[2] / "docs" / "rights.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)

    policy = load(tmp_path, example)

    assert policy.names == ("member", "inner", "host")
    assert [ladder.circle for ladder in policy.ladders] == ["interest-1", "interest-2"]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("dwell_days = 90", "dwel_days = 90"),
        ("grace_days = 30", "grace_days = -1"),
        ("per_user = 2.5", "per_usr = 2.5"),
        ("tenure = 0.05", "tenur = 0.05"),
        ("enter = 0.80", "entr = 0.80"),
        ("unit_cost = 6.00", 'unit_cost = "six"'),
        ("unit_cost = 6.00", "unit_cost = 6.00\nvalid = 2026-01-01"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path, good, bad):
    """The line one would go to, of a key at the top, of a table, or of the nth row of many."""
    text = BUILT_IN_TEXT.replace(good, bad)
    line = text[: text.index(bad) + len(bad)].count("\n") + 1

    with pytest.raises(ConfigError, match=rf"rights\.toml, line {line}\b"):
        load(tmp_path, text)


INLINE = """
budget = { per_user = 0 }
[weights]
value = 1
[[tiers]]
name = "member"
benefits = [
    { name = "[A] locker # 1", kind = "material", unit_cost = 0 }, # { unlike the next
    { name = 'A "pin"', kind = "spiritual", unit_cost = 0 },
]
[[tiers]]
name = "inner"
benefits = [{ name = "The room", kind = "material", unit_cost = 5 },
            { name = "A vote", kind = "spiritual", unit_cost = 0 }]
ways = [
    { name = "invitation", enter = { tenure = 1 } },
    { name = "often", enter = { score = 0.5 }, stay = { score = 0.4 } },
]
"""


@pytest.mark.parametrize(
    ("good", "bad", "line"),
    [
        ('"material", unit_cost = 0', '"moral", unit_cost = 0', 8),
        ('kind = "spiritual", unit_cost = 0 },', 'kind = "spiritual" },', 9),
        ("unit_cost = 5", "unit_cost = -5", 13),
        ("unit_cost = 5", 'unit_cost = 5, end = "soon"', 13),
        ("unit_cost = 0 }]", "unit_cost = 0, starts = 2026-02-01, ends = 2026-01-01 }]", 14),
        ("tenure = 1", "tenur = 1", 16),
        ("score = 0.4", "score = 0.6", 17),
        ("per_user = 0", "per_usr = 0", 2),
        ("{ per_user = 0 }", "{ per_user = -1 }", 2),
        ("budget = { per_user = 0 }", "budget.per_user = -1", 2),
    ],
)
def test_a_fault_in_an_inline_table_is_named_with_its_line(tmp_path, good, bad, line):
    """Whatever brackets and signs stand in its texts and comments."""
    assert good in INLINE
    load(tmp_path, INLINE)

    with pytest.raises(ConfigError, match=rf"rights\.toml, line {line}\b"):
        load(tmp_path, INLINE.replace(good, bad, 1))


WAYS = """
[points]
share = 10

[[measures]]
name = "bought_this_year"
counts = "spend"
window = "calendar"

[[measures]]
name = "founder"
counts = "label"
label = "club=founder"

[[ladders]]
circle = "interest-3"
enter = { gold = 0.70 }
stay = { gold = 0.60 }

[parity]
namespace = "region"
tier = "gold"
max_gap = 0.1

[[tiers]]
name = "circle of friends"

[[tiers.ways]]
name = "regulars"
enter = { bought_this_year = 500, score = 0.5 }
stay = { bought_this_year = 400 }

[[tiers.ways]]
name = "founders"
enter = { founder = 1 }

[[tiers.benefits]]
name = "A seat at the table"
kind = "spiritual"
unit_cost = 0

[[tiers.benefits]]
name = "A first copy"
kind = "material"
unit_cost = 1
"""


def test_a_tier_may_open_by_several_ways(tmp_path):
    """What is not asked less to stay is asked the same as to enter."""
    policy = load(tmp_path, BUILT_IN_TEXT + WAYS)

    regulars, founders = policy.tiers[-1].every_way

    assert regulars.stay == {"bought_this_year": 400, "score": 0.5}
    assert founders.stay == founders.enter == {"founder": 1}
    assert [way.name for way in policy.tiers[1].every_way] == ["score"]
    assert policy.reasons() == {
        "way_regulars": "Qualified by the way “regulars”: "
        "bought this year of 400 or more and score of 0.5 or more.",
        "way_founders": "Qualified by the way “founders”: founder of 1 or more.",
    }


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ("score = 0.5 }", "scor = 0.5 }", r"`scor`, which nothing measures. Did you mean `score`"),
        ("stay = { bought_this_year = 400 }", "stay = { founder = 1 }", "more `founder` to stay"),
        ("enter = { founder = 1 }", "", "way `founders` has no `enter`"),
        ('"founders"', '"regulars"', "`regulars` is the name of another"),
        ('name = "founder"', 'name = "value"', "`value` is the name of another"),
        ('counts = "spend"', 'counts = "spent"', r"`measures\.counts` in .*, line \d+ must be"),
        ('window = "calendar"', "days = 0", "`days` of `bought_this_year` must be > 0, got 0"),
        ("club=founder", "founder", '`label` = "namespace=label"'),
        ("share = 10", "share = -10", r"`points\.share` in .* must be >= 0, got -10"),
        ("enter = { gold = 0.70 }", "enter = { gld = 0.7 }", "no tier `gld`.* mean `gold`"),
        ("stay = { gold = 0.60 }", "stay = { gold = 0.75 }", "`gold` has `stay` = 0.75"),
        ('circle = "interest-3"', "", "each ladder names a circle of its own"),
        ('tier = "gold"', 'tier = "member"', "no tier `member` above the lowest"),
        ("max_gap = 0.1", "max_gap = 2", "`max_gap` must be from 0 to 1, got 2"),
        ('namespace = "region"', "", "`namespace` says which labels are groups"),
        ("[[tiers.ways]]", "enter = 0.9\n[[tiers.ways]]", "write the score into the ways"),
    ],
)
def test_ways_that_cannot_be_kept_are_refused(tmp_path, good, bad, message):
    """Each message names the line and what was meant."""
    assert good in WAYS

    with pytest.raises(ConfigError, match=rf"line \d+.*{message}|{message}"):
        load(tmp_path, BUILT_IN_TEXT + WAYS.replace(good, bad, 1))


def test_points_need_something_that_earns_them(tmp_path):
    """And notice no longer than grace."""
    points = WAYS.replace('counts = "spend"', 'counts = "points"').replace("share = 10", "")
    with pytest.raises(ConfigError, match=r"write \[points\]"):
        load(tmp_path, BUILT_IN_TEXT + points)
    with pytest.raises(ConfigError, match=r"`notice_days` is more than `grace_days` \(40 > 30\)"):
        load(tmp_path, BUILT_IN_TEXT.replace("notice_days = 30", "notice_days = 40"))


def test_the_version_follows_what_the_policy_says_and_not_its_layout(tmp_path):
    """A comment changes nothing, a number does."""
    commented = load(tmp_path, "# ours\n" + BUILT_IN_TEXT)
    dearer = load(tmp_path, BUILT_IN_TEXT.replace("unit_cost = 6.00", "unit_cost = 6.01"))

    assert commented.version == Policy.load().version
    assert dearer.version != Policy.load().version


def test_a_share_of_everyone_may_be_held_out_of_all_campaigns(tmp_path):
    """It is part of what the policy says; one that says none keeps the version it had."""
    held = load(tmp_path, BUILT_IN_TEXT + "\n[holdout]\nshare = 0.05\n")
    none = load(tmp_path, BUILT_IN_TEXT + "\n[holdout]\nshare = 0.0\n")

    assert held.to_dict()["holdout"] == {"share": 0.05}
    assert held.version != none.version == Policy.load().version
    with pytest.raises(ConfigError, match=r"`share` must be at least 0 and less than 1, got 1"):
        load(tmp_path, BUILT_IN_TEXT + "\n[holdout]\nshare = 1.0\n")


def test_the_smaller_of_two_budgets_holds(tmp_path):
    """So much a person, but never more than the sum."""
    budget = load(tmp_path, BUILT_IN_TEXT.replace("# total = 50000", "total = 100")).budget

    assert budget.amount(10) == 25.0
    assert budget.amount(1_000) == 100.0


def test_an_unknown_tier_has_no_benefits():
    """Asking for one names it."""
    with pytest.raises(NotFound, match="There is no tier `diamond`"):
        Policy.load().benefits_of("diamond")


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    """And how to get one."""
    with pytest.raises(ConfigError, match=r"no policy file .*`coterie init` writes one"):
        Policy.load(tmp_path / "rights.toml")


def test_a_policy_that_was_in_force_is_read_whatever_is_refused_since():
    """Else an upgrade would stop runs, and answers about what people were given."""
    text = BUILT_IN_TEXT.replace('name = "member"', 'name = "member"\nenter = 0.1')

    with pytest.raises(ConfigError, match="`member` is the lowest"):
        parse_policy(text, file="rights.toml")

    assert parse_policy(text, file="the policy", in_force=True).names == Policy.load().names
