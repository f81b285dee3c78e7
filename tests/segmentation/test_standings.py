"""Tiers that go by another name, and tiers that are no more."""

import shutil
from datetime import timedelta

import pytest

from segmentation import ledger
from segmentation.cli.app import main
from segmentation.database import open_database
from segmentation.errors import ConfigError
from segmentation.overrides import set_tier
from segmentation.policy import BUILT_IN, Policy
from segmentation.store import Store
from tests.segmentation.conftest import NOW
from tests.segmentation.test_rights import AS_OF, assigned, policy_with

TEXT = BUILT_IN.read_text(encoding="utf-8")
NEW_NAME = 'name = "emerald"\nwas = "gold"'


@pytest.fixture
def renamed(tmp_path):
    """The built-in policy in which gold is called emerald."""
    return policy_with(tmp_path, 'name = "gold"', NEW_NAME)


def by_user(table):
    """The rows of a table by user."""
    return {row["user_id"]: row for row in table.to_pylist()}


def test_a_tier_that_was_called_otherwise_keeps_its_people_and_their_time(renamed):
    """Nobody is new, and nobody moves; the change says that only the name is another."""
    first = assigned()

    later = assigned(policy=renamed, previous=first.tiers, as_of=AS_OF + timedelta(days=9))

    held = [row for row in first.tiers.to_pylist() if row["tier"] == "gold"]
    now, changes = by_user(later.tiers), by_user(later.changes)
    assert len(held) == 150
    assert set(changes) == {row["user_id"] for row in held}
    for row in held:
        told = now[row["user_id"]]
        assert (told["tier"], told["since"]) == ("emerald", row["since"])
        assert told["review_after"] == row["review_after"]
        assert changes[row["user_id"]]["before"] == "gold"
        assert changes[row["user_id"]]["after"] == "emerald"
        assert "renamed" in changes[row["user_id"]]["reason_codes"]
    assert [later.report[name] for name in ("new", "up", "down")] == [0, 0, 0]
    assert later.report["renamed"] == {"gold": "emerald"}
    assert later.report["gone"] == {}


def test_a_name_is_told_to_be_new_once(renamed):
    """The run after it is like any other, though `was` still stands in the file."""
    second = assigned(policy=renamed, previous=assigned().tiers)

    third = assigned(policy=renamed, previous=second.tiers)

    assert third.changes.num_rows == 0
    assert third.report["renamed"] == {}
    assert not any("renamed" in codes for codes in third.reason_codes)


def test_whoever_rises_out_of_a_renamed_tier_is_told_to_have_risen(renamed):
    """From its name then to the name of the tier now, and not that the name changed."""
    first = assigned()
    higher = [*range(849), 2_000, *range(849, 999)]

    row = by_user(assigned(higher, policy=renamed, previous=first.tiers).changes)["user-0849"]

    assert (row["before"], row["after"]) == ("gold", "platinum")
    assert "entered" in row["reason_codes"]
    assert "renamed" not in row["reason_codes"]


def test_a_tier_that_is_no_more_is_counted_and_told(tmp_path):
    """Its holders begin anew; the change names the tier they held and says why."""
    without = policy_with(tmp_path, 'name = "gold"', 'name = "emerald"')

    rights = assigned(policy=without, previous=assigned().tiers)

    assert rights.report["gone"] == {"gold": 150}
    assert rights.report["new"] == 150
    assert {row["before"] for row in rights.changes.to_pylist()} == {"gold"}
    assert all("tier_gone" in row["reason_codes"] for row in rights.changes.to_pylist())


def test_what_was_set_by_hand_follows_the_name(renamed):
    """Whoever was given gold by hand has emerald."""
    rights = assigned(policy=renamed, set_by_hand={"user-0000": "gold"})

    assert by_user(rights.tiers)["user-0000"]["tier"] == "emerald"


@pytest.mark.parametrize("was", ["silver", "emerald", "member"])
def test_a_former_name_that_a_tier_has_is_refused(tmp_path, was):
    """Else the next run would take one tier for the other."""
    with pytest.raises(ConfigError, match=rf"line \d+, tier `emerald` was `{was}`, and that is"):
        policy_with(tmp_path, 'name = "gold"', f'name = "emerald"\nwas = "{was}"')


def test_two_tiers_cannot_have_been_the_same(tmp_path):
    """The second is refused at its line."""
    text = TEXT.replace('name = "gold"', NEW_NAME).replace(
        'name = "silver"', 'name = "opal"\nwas = "gold"'
    )
    (tmp_path / "rights.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match="tier `emerald` was `gold`, and that is what another"):
        Policy.load(tmp_path / "rights.toml")


def test_only_a_former_name_changes_the_version(renamed):
    """Policies without one keep the version they had."""
    assert "was" not in Policy.load().to_dict()["tiers"][0]
    assert renamed.to_dict()["tiers"][2]["was"] == "gold"
    assert Policy.load().version == "be8b60ac9895"


def test_the_program_says_what_becomes_of_a_tier_without_its_name(made, tmp_path, capsys):
    """And how to say that it is the same one; with that, applying it tells of the name alone."""
    shutil.copytree(made, tmp_path / "store")
    store = Store(tmp_path / "store")
    with store.snapshot() as snapshot:
        holders = snapshot.assignment_count("gold")
        user = snapshot.assignments(tier="gold", limit=1)[0]["user_id"]
        database = open_database(store.path)
        set_tier(
            database, snapshot, user, tier="gold", until=NOW + timedelta(days=10_000),
            reason="a friend", author="Ada", now=NOW,
        )  # fmt: skip
    policy = tmp_path / "rights.toml"

    policy.write_text(TEXT.replace('name = "gold"', 'name = "emerald"'), encoding="utf-8")
    unnamed = told(["tiers", "simulate", "--policy", policy, "--store", store.path], capsys)
    policy.write_text(TEXT.replace('name = "gold"', NEW_NAME), encoding="utf-8")
    named = told(["tiers", "apply", "--policy", policy, "--store", store.path], capsys)

    assert f"There is no `gold` any more: its {holders} holders begin anew." in unnamed
    assert 'write `was = "gold"` under that.' in unnamed
    assert "`gold` is called `emerald` now" in named
    assert "0 up, 0 down, 1,500 unchanged, 0 new" in named
    newest = ledger.history(database, user)[0]
    assert (newest.before, newest.after) == ("gold", "emerald")
    assert {"by_hand", "renamed"} <= set(newest.reason_codes)
    with store.snapshot() as snapshot:
        assert snapshot.assignment_count("emerald") == holders
        assert ledger.tiers_at(database)[user] == "emerald"
    told(["tiers", "lift", user, "--store", store.path], capsys)
    assert ledger.tiers_at(database)[user] == "emerald"
    database.dispose()


def told(words, capsys):
    """What a command prints, as one line."""
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    assert stopped.value.code == 0
    return " ".join(capsys.readouterr().out.split())
