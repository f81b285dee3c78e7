"""A policy tried, applied and gone back on; tiers set by hand through the runs."""

import shutil
from datetime import timedelta

import pytest

from segmentation import ledger
from segmentation.amounts import rounded
from segmentation.applying import apply, simulate
from segmentation.arrays import load_arrays
from segmentation.cli.tiers import show_moves
from segmentation.database import open_database
from segmentation.decisions import decisions, policy_of
from segmentation.erasure import erase
from segmentation.errors import ConfigError
from segmentation.overrides import set_tier
from segmentation.policy import BUILT_IN, Policy
from segmentation.publishing import go_back
from segmentation.store import Store
from segmentation.tables import conform
from tests.segmentation.conftest import NOW, settings_for

LATER = NOW + timedelta(days=1)


@pytest.fixture
def store(made, tmp_path):
    """A copy of it to change."""
    shutil.copytree(made, tmp_path / "store")
    return Store(tmp_path / "store")


@pytest.fixture
def database(store):
    """Its database."""
    engine = open_database(store.path)
    yield engine
    engine.dispose()


@pytest.fixture
def stricter(tmp_path):
    """A policy with half the budget."""
    path = tmp_path / "rights.toml"
    text = BUILT_IN.read_text(encoding="utf-8")
    path.write_text(text.replace("per_user = 2.5", "per_user = 1.2"), encoding="utf-8")
    return path


def tiers_of(store):
    """Everyone's tier in the live run."""
    with store.snapshot() as snapshot:
        return {held.user_id: held.tier for held in snapshot.standings()}


def test_applying_does_exactly_what_the_dry_run_said(store, database, stricter):
    """The same report, the same people, and the live run is the new one."""
    before = tiers_of(store)
    draft = simulate(store, database, stricter, now=LATER)

    done = apply(store, database, stricter, now=LATER, author="Ada")

    assert draft.to_dict() | {"applied_to": draft.run_id, "run_id": store.current()} == done
    assert store.table(store.current(), "tiers").equals(conform(draft.rights.tiers, "tiers"))
    after = tiers_of(store)
    assert sum(old != after[user] for user, old in before.items()) == done["up"] + done["down"] > 0
    assert store.manifest(store.current())["previous"] == draft.run_id


def test_a_dry_run_changes_nothing(store, database, stricter):
    """Not a file, not a row."""
    files = sorted(path for path in store.path.rglob("*") if path.is_file())
    entries = ledger.span(database)

    simulate(store, database, stricter, now=LATER)

    left = sorted(path for path in store.path.rglob("*") if path.is_file())
    assert [path for path in left if path.suffix != ".db-shm"] == [
        path for path in files if path.suffix != ".db-shm"
    ]
    assert ledger.span(database) == entries


def test_the_ledger_follows_a_policy_forth_and_back(store, database, stricter):
    """Replayed, it gives the live run's tiers each time."""
    first = store.current()
    assert ledger.tiers_at(database) == tiers_of(store)

    apply(store, database, stricter, now=LATER, author="Ada")
    assert ledger.tiers_at(database) == tiers_of(store)

    go_back(store, first, now=LATER + timedelta(hours=1))
    assert ledger.tiers_at(database) == tiers_of(store)
    assert decisions(store, database, now=LATER).policy == BUILT_IN.read_text(encoding="utf-8")


def test_all_but_the_rights_stay_as_they_were(store, database, stricter):
    """Circles, members and audiences of the new run are those of the old one."""
    with store.snapshot() as old:
        circles, members = old.circles(), old.members("interest-1", limit=1_000)
        tag = circles[0]["top_tags"][0]["tag"]
        holders = sorted(old.audience(f'tag:"{tag}"').ids())

    apply(store, database, stricter, now=LATER, author="Ada")

    with store.snapshot() as new:
        assert new.circles() == circles
        assert new.members("interest-1", limit=1_000) == members
        assert sorted(new.audience(f'tag:"{tag}"').ids()) == holders
        assert len(holders) > 0


def test_who_was_erased_is_not_in_what_is_applied(store, database, stricter):
    """Everyone else keeps their own circles, tags and measures."""
    erase(store, database, sorted(tiers_of(store))[700], now=NOW)
    with store.snapshot() as old:
        users = [old.user(user) for user in list(tiers_of(store))[::97]]
        tag = old.circles()[0]["top_tags"][0]["tag"]
        holders = sorted(old.audience(f'tag:"{tag}"').ids())
    draft = simulate(store, database, stricter, now=LATER)

    done = apply(store, database, stricter, now=LATER, author="Ada")

    assert done["people"] == 1_499
    with store.snapshot() as new:
        for user in users:
            assert new.user(user["user_id"]) | {"tier": None} == user | {"tier": None}
        assert sorted(new.audience(f'tag:"{tag}"').ids()) == holders
    assert store.table(store.current(), "tiers").equals(conform(draft.rights.tiers, "tiers"))
    measures = load_arrays(store.live_folder() / "merits" / "merits.npz")
    value = store.table(store.current(), "users")["value"]
    assert rounded("value", measures["value"]).tolist() == value.to_pylist()


def test_every_policy_that_was_in_force_can_be_read_again(store, database, stricter):
    """By the version the ledger names."""
    apply(store, database, stricter, now=LATER, author="Ada")

    for version in (Policy.load().version, Policy.load(stricter).version):
        assert "[[tiers]]" in policy_of(database, version)


def test_a_policy_that_cannot_be_kept_changes_nothing(store, database, stricter):
    """The message names the line."""
    stricter.write_text(stricter.read_text().replace("dwell_days", "dwel_days"), encoding="utf-8")
    live = store.current()

    with pytest.raises(ConfigError, match=r"line \d+ is not a setting"):
        apply(store, database, stricter, now=LATER, author="Ada")

    assert store.current() == live
    assert list(store.work_folder.iterdir()) == []


@pytest.mark.slow
def test_a_run_moves_nobody_because_a_file_was_edited(store, population, run_once, stricter):
    """It keeps the policy in force, says that another waits, and keeps tiers set by hand."""
    database, before = open_database(store.path), tiers_of(store)
    user = next(user for user, tier in before.items() if tier == "member")
    with store.snapshot() as snapshot:
        set_tier(
            database, snapshot, user, tier="platinum", until=LATER + timedelta(days=30),
            reason="a friend", author="Ada", now=NOW,
        )  # fmt: skip
    config = settings_for(population)
    config = type(config)(**vars(config) | {"rights": type(config.rights)(policy=str(stricter))})

    outcome = run_once(population, store.path, now=LATER, config=config)

    rights = outcome.report["rights"]
    assert rights["policy_version"] == Policy.load().version
    assert rights["not_applied"] == Policy.load(stricter).version
    assert tiers_of(store) == before | {user: "platinum"}
    assert ledger.tiers_at(database) == tiers_of(store)
    database.dispose()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            '[[ladders]]\ncircle = "interest-999"',
            r"line \d+, the live run has no circle `interest-9",
        ),
        (
            '[parity]\ntier = "gold"\nnamespace = "regoin"',
            r"line \d+, nobody in the live run has a ",
        ),
    ],
)
def test_a_policy_about_what_the_run_has_not_is_refused(store, database, tmp_path, table, message):
    """A circle or a namespace misspelt would else change nothing, silently."""
    path = tmp_path / "rights.toml"
    path.write_text(BUILT_IN.read_text(encoding="utf-8") + f"\n{table}\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=message):
        simulate(store, database, path, now=NOW)


def test_a_tier_nobody_reaches_is_named(store, database, tmp_path, capsys):
    """Even while dwell and grace keep people in it, who are not yet on notice."""
    path = tmp_path / "rights.toml"
    way = '[[tiers.ways]]\nname = "age"\nenter = { tenure = 99999 }'
    text = BUILT_IN.read_text(encoding="utf-8").replace("enter = 0.95\nstay = 0.85", way)
    path.write_text(text, encoding="utf-8")

    facts = simulate(store, database, path, now=NOW).to_dict()
    show_moves(facts)
    printed = capsys.readouterr().out

    assert facts["unreached"] == ["platinum"]
    assert "Nobody reaches what `platinum` asks to enter." in printed
    assert f"{facts['on_notice']} kept until a review." in printed
    assert simulate(store, database, BUILT_IN, now=NOW).to_dict()["unreached"] == []


def test_a_policy_takes_effect_when_it_is_applied(store, database, stricter):
    """Whoever asks what somebody held between the run and then is told what they held."""
    before = tiers_of(store)

    apply(store, database, stricter, now=LATER, author="Ada")

    assert ledger.tiers_at(database, at=LATER - timedelta(seconds=1)) == before
    assert ledger.tiers_at(database, at=LATER) == tiers_of(store) != before


def test_what_is_kept_of_a_run_names_nobody(store, database, stricter):
    """The dry run gives samples; a report that is kept, and shown to whoever runs things, none."""
    draft = simulate(store, database, stricter, now=LATER)

    apply(store, database, stricter, now=LATER, author="Ada")

    named = {row["user_id"] for rows in draft.to_dict()["samples"].values() for row in rows}
    assert named
    for path in store.path.rglob("report.json"):
        assert not [user for user in named if f'"{user}"' in path.read_text(encoding="utf-8")]
