"""Whom a snapshot names as carrying a circle, and what it tells of referrals."""

import pytest

from segmentation.carriers import Carriers
from segmentation.database import open_database
from segmentation.erasure import erase
from segmentation.errors import NotFound
from segmentation.store import Store
from tests.service.stores import NOW, RUNS, fill
from tests.snapshots import build_snapshot

CIRCLE = "interest-1"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    """A planted snapshot."""
    with build_snapshot(tmp_path_factory.mktemp("planted") / "run") as opened:
        yield opened


def test_a_budget_buys_the_first_and_reach_adds_up(snapshot):
    """Each is told with what they add."""
    few, many = (snapshot.carriers.ambassadors(CIRCLE, budget=budget) for budget in (3, 12))

    assert few["ambassadors"] == many["ambassadors"][:3]
    gains = [row["gain"] for row in many["ambassadors"]]
    assert gains == sorted(gains, reverse=True)
    assert many["ambassadors"][-1]["reach"] == pytest.approx(sum(gains))
    assert few["members"] == snapshot.member_count(CIRCLE)
    assert few["guarantee"] == 0.58


def test_whoever_refuses_is_passed_over(snapshot):
    """Those after move up; what they add is as it was."""
    index = snapshot.audiences
    everyone = snapshot.carriers.ambassadors(CIRCLE, budget=12, purpose=None)["ambassadors"]
    first = everyone[0]["user_id"]
    index.amend([(first, "growth", False)])

    told = snapshot.carriers.ambassadors(CIRCLE, budget=12)["ambassadors"]
    index.amend([])

    assert first not in {row["user_id"] for row in told}
    by_id = {row["user_id"]: row["gain"] for row in everyone}
    assert all(row["gain"] == by_id[row["user_id"]] for row in told)
    assert [row["rank"] for row in told] == list(range(1, len(told) + 1))


def test_a_budget_for_all_circles_goes_where_most_is_gained(snapshot):
    """No one is asked twice, and no choice of circles would gain more."""
    found = snapshot.carriers.ambassadors_of_all(budget=9)["ambassadors"]

    people = [row["user_id"] for row in found]
    assert len(people) == len(set(people)) == 9
    assert found[0]["gain"] == 8.0
    assert len({row["circle_id"] for row in found}) > 3
    assert [row["gain"] for row in found] == sorted((row["gain"] for row in found), reverse=True)


def test_creators_come_with_how_many_there_are(snapshot):
    """Who made most first."""
    found = snapshot.carriers.creators(CIRCLE, limit=5, purpose=None)

    works = [row["works"] for row in found["creators"]]
    assert works == sorted(works, reverse=True)
    assert len(works) == 5
    assert found["voice"]["creators"] == 20


def test_an_unknown_circle_has_neither(snapshot):
    """It is not found."""
    for asked in (
        lambda: snapshot.carriers.ambassadors("interest-404", budget=1),
        lambda: snapshot.carriers.creators("interest-404", limit=1),
    ):
        with pytest.raises(NotFound):
            asked()


def test_figures_of_few_people_are_kept_from_those_who_may_not_list(snapshot):
    """Twelve people are too few; nobody hears of the tree."""
    exact, guarded = (snapshot.carriers.referrals(is_exact=exact) for exact in (True, False))

    assert exact["circles"]["interest-2"]["people"] == 12
    few = guarded["circles"]["interest-2"]
    assert {few[name] for name in ("people", "referrals", "k", "plain", "cycle_days")} == {None}
    assert guarded["circles"]["interest-1"]["k"] == 0.4
    assert guarded["tree"] is None
    assert guarded == snapshot.carriers.referrals(is_exact=False)


def test_a_run_that_kept_no_carriers_names_nobody(snapshot, tmp_path):
    """Snapshots made before there were any stay readable."""
    store = Store(fill(tmp_path / "store", RUNS[:1], users=60))
    with store.snapshot() as old:
        for name in ("ambassadors", "creators"):
            (old.folder / "tables" / f"{name}.parquet").unlink()
        old.report().pop("carrying")

        carriers = Carriers(old)

        assert carriers.ambassadors(CIRCLE, budget=3)["ambassadors"] == []
        assert carriers.creators(CIRCLE, limit=3)["creators"] == []
        assert carriers.referrals(is_exact=True)["overall"] is None


def test_the_erased_are_named_nowhere(tmp_path):
    """Neither to whoever has the snapshot open nor in its tables, as inviter either."""
    store = Store(fill(tmp_path / "store", RUNS[:1], users=100))
    with store.snapshot() as snapshot:
        gone = snapshot.carriers.ambassadors(CIRCLE, budget=1, purpose=None)["ambassadors"][0]
        inviter = store.table(RUNS[0], "referrals")["referred_by"][3].as_py()
        database = open_database(store.path)

        for user_id in (gone["user_id"], inviter):
            erase(store, database, user_id, now=NOW)
        told = snapshot.carriers.ambassadors(CIRCLE, budget=50, purpose=None)["ambassadors"]
        database.dispose()

    referrals = store.table(RUNS[0], "referrals")
    assert gone["user_id"] not in {row["user_id"] for row in told}
    assert inviter not in referrals["referred_by"].to_pylist()
    assert referrals["referred_by"].null_count >= 1
    assert gone["user_id"] not in store.table(RUNS[0], "ambassadors")["user_id"].to_pylist()
