"""What a mapped snapshot answers is what its tables say."""

import os
from datetime import UTC, datetime

import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.errors import NotFound, StoreDamaged
from segmentation.index import Snapshot
from segmentation.tables import read_table
from tests.snapshots import TIERS, build_snapshot

USERS = 500
NUMBERS = st.integers(0, USERS - 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a planted snapshot."""
    place = tmp_path_factory.mktemp("snapshot") / "run"
    build_snapshot(place, users=USERS).close()
    return place


@pytest.fixture(scope="module")
def snapshot(folder):
    """A planted snapshot, opened."""
    with Snapshot.open(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def tables(folder):
    """The rows of a planted snapshot's tables."""
    names = ("members", "users", "circles", "lineage", "tiers", "tier-changes", "lifecycle")
    return {name: read_table(folder, name).to_pylist() for name in names}


def moment(text):
    """Read a time as it is answered."""
    return None if text is None else datetime.fromisoformat(text)


@given(number=NUMBERS)
def test_a_user_has_the_figures_of_the_users_table(snapshot, tables, number):
    """Nothing is rounded or shifted on the way through the index."""
    row = tables["users"][number]

    user = snapshot.user(row["user_id"])

    assert user["user_id"] == row["user_id"]
    assert user["share_propensity"] == {
        "estimate": row["share_propensity"],
        "low": row["share_low"],
        "high": row["share_high"],
    }
    for name in ("social_currency", "influence", "value", "stickiness"):
        assert user[name] == row[name]
    assert user["reasons"] == {
        "interest": row["interest_reason"],
        "lifestyle": row["lifestyle_reason"],
    }


@given(number=NUMBERS)
def test_a_user_has_the_circles_of_the_members_table(snapshot, tables, number):
    """Each circle with its name, strength and rank, in the table's order."""
    user_id = tables["users"][number]["user_id"]
    names = {row["circle_id"]: row["name"] for row in tables["circles"]}

    circles = snapshot.user(user_id)["circles"]

    assert circles == [
        {name: row[name] for name in ("circle_id", "facet", "strength", "rank")}
        | {"name": names[row["circle_id"]]}
        for row in tables["members"]
        if row["user_id"] == user_id
    ]


@given(number=NUMBERS)
def test_a_user_has_the_tier_and_stage_of_their_tables(snapshot, tables, number):
    """With since when, why, and until when."""
    held, at = tables["tiers"][number], tables["lifecycle"][number]

    user = snapshot.user(held["user_id"])

    tier, stage = user["tier"], user["lifecycle"]
    assert moment(tier["since"]) == held["since"]
    assert moment(tier["review_after"]) == held["review_after"]
    assert {name: tier[name] for name in ("tier", "score", "reason_codes")} == {
        name: held[name] for name in ("tier", "score", "reason_codes")
    }
    assert moment(stage["since"]) == at["since"]
    assert (stage["stage"], stage["previous_stage"]) == (at["stage"], at["previous_stage"])


def test_a_tier_comes_with_its_benefits(snapshot, tables):
    """Each tier of the policy gives both kinds."""
    user = snapshot.user(tables["users"][0]["user_id"])

    kinds = [benefit["kind"] for benefit in user["tier"]["benefits"]]

    assert kinds == ["material", "spiritual"]


@pytest.mark.parametrize("stranger", ["nobody", "", "\ud800", "用户", "\x00", "u" * 5000])
def test_an_unknown_user_is_not_found(snapshot, stranger):
    """Also when the id is no text that could be stored."""
    with pytest.raises(NotFound, match="There is no user"):
        snapshot.user(stranger)


def test_users_are_found_in_the_order_asked(snapshot, tables):
    """Those nobody has are named; asking twice answers once."""
    first, second = (tables["users"][number]["user_id"] for number in (400, 7))

    found, missing = snapshot.users([first, "nobody", second, first])

    assert [user["user_id"] for user in found] == [first, second]
    assert missing == ["nobody"]


@pytest.mark.parametrize("facet", [None, "interest", "lifestyle", "none such"])
def test_circles_are_the_rows_of_the_circles_table(snapshot, tables, facet):
    """By facet, the largest first, with every tag and lift, and the children of each."""
    below = {"interest-90": ["interest-3", "interest-2"]}
    sizes = {row["circle_id"]: row["size"] for row in tables["circles"]}
    below["interest-90"].sort(key=lambda circle: -sizes[circle])
    expected = [
        row | {"children": below.get(row["circle_id"], [])}
        for row in tables["circles"]
        if facet in (None, row["facet"])
    ]

    circles = snapshot.circles(facet)

    assert circles == expected
    assert circles == sorted(circles, key=lambda row: (row["facet"], -row["size"]))


def test_what_a_caller_changes_is_theirs(snapshot):
    """An answer is a copy."""
    snapshot.circle("interest-1")["name"] = "changed"

    assert snapshot.circle("interest-1")["name"] == "Yoga"


def members_of(circle_id, tables):
    """The members of a circle, or of the children of a parent, each once."""
    inside = {row["circle_id"] for row in tables["circles"] if row["parent_id"] == circle_id}
    rows = {}
    for row in tables["members"]:
        if row["circle_id"] in (inside or {circle_id}):
            one = rows.setdefault(row["user_id"], {**row, "strength": 0.0})
            one["strength"] = round(one["strength"] + row["strength"], 9)
    return list(rows.values())


def test_members_come_strongest_first(snapshot, tables):
    """All members of each circle, ties by user id."""
    for circle in tables["circles"]:
        rows = members_of(circle["circle_id"], tables)
        rows.sort(key=lambda row: (-row["strength"], row["user_id"].encode()))

        members = snapshot.members(circle["circle_id"], limit=USERS)

        assert members == [
            {name: row[name] for name in ("user_id", "strength", "rank")} for row in rows
        ]
        assert snapshot.member_count(circle["circle_id"]) == len(rows)


@given(offset=st.integers(0, 200), limit=st.integers(0, 200))
def test_a_page_of_members_is_a_part_of_all(snapshot, offset, limit):
    """Pages neither overlap nor leave out anyone, also past the end."""
    every = snapshot.members("interest-2", limit=USERS)

    page = snapshot.members("interest-2", offset=offset, limit=limit)

    assert page == every[offset : offset + limit]


def test_a_circle_may_have_nobody(snapshot):
    """It is known and empty."""
    assert snapshot.circle("interest-9")["size"] == 0
    assert snapshot.member_count("interest-9") == 0
    assert snapshot.members("interest-9") == []


@pytest.mark.parametrize("ask", ["circle", "members", "member_count", "lineage"])
def test_an_unknown_circle_is_not_found(snapshot, ask):
    """Whatever is asked of it."""
    with pytest.raises(NotFound, match="There is no circle `interest-77`"):
        getattr(snapshot, ask)("interest-77")


def test_a_retired_circle_has_a_lineage(snapshot):
    """It is no circle of this run, but what became of it is known."""
    events = [row["event"] for row in snapshot.lineage("interest-99")]

    assert events == ["retired"]


def test_a_circle_without_events_has_an_empty_lineage(snapshot):
    """Knowing nothing of it is not the same as not knowing it."""
    assert snapshot.lineage("interest-9") == []


def test_tiers_count_who_holds_them(snapshot, tables):
    """Lowest first, and together everyone who holds one."""
    tiers = snapshot.tiers()

    assert [tier["name"] for tier in tiers] == list(TIERS)
    for tier in tiers:
        held = sum(row["tier"] == tier["name"] for row in tables["tiers"])
        assert tier["members"] == held == snapshot.assignment_count(tier["name"])
    assert snapshot.assignment_count() == len(tables["tiers"])


@pytest.mark.parametrize("tier", TIERS)
def test_assignments_of_a_tier_go_by_user_id(snapshot, tables, tier):
    """One row for each who holds it."""
    expected = [row["user_id"] for row in tables["tiers"] if row["tier"] == tier]

    rows = snapshot.assignments(tier=tier, limit=USERS)

    assert [row["user_id"] for row in rows] == expected
    assert {row["tier"] for row in rows} == {tier}


def test_pages_of_all_assignments_join_up(snapshot, tables):
    """Everyone once, from the lowest tier to the highest."""
    pages = [snapshot.assignments(offset=start, limit=170) for start in range(0, USERS, 170)]

    rows = [row for page in pages for row in page]

    assert sorted(row["user_id"] for row in rows) == sorted(r["user_id"] for r in tables["tiers"])
    places = [TIERS.index(row["tier"]) for row in rows]
    assert places == sorted(places)


def test_an_unknown_tier_is_not_found(snapshot):
    """Rather than having no members."""
    with pytest.raises(NotFound, match="There is no tier `tin`"):
        snapshot.assignments(tier="tin")


def test_tier_changes_are_the_rows_of_their_table(snapshot, tables):
    """The earliest first."""
    expected = tables["tier-changes"]

    rows = snapshot.tier_changes(limit=USERS)

    assert [row | {"at": moment(row["at"])} for row in rows] == expected
    assert snapshot.tier_change_count == len(expected)
    assert snapshot.tier_changes(offset=3, limit=2) == rows[3:5]
    assert snapshot.tier_changes(offset=USERS) == []


def test_documents_are_answered_whole(snapshot, tables):
    """The flywheel's stages reconcile with the lifecycle table, the report knows the people."""
    stages = {stage["stage"]: stage["people"] for stage in snapshot.flywheel()["stages"]}

    assert sum(stages.values()) == len(tables["lifecycle"])
    assert snapshot.report()["people"] == snapshot.n_users == USERS


def test_an_empty_snapshot_answers(tmp_path):
    """No people, no members: still circles, and a clear answer for a user."""
    with build_snapshot(tmp_path / "run", users=0) as snapshot:
        assert snapshot.n_users == 0
        assert snapshot.members("interest-1") == []
        assert snapshot.assignments() == []
        assert snapshot.tier_changes() == []
        with pytest.raises(NotFound):
            snapshot.user("anyone")


def test_a_snapshot_removed_meanwhile_still_answers(tmp_path, tables):
    """Whoever holds it open reads on: the kernel keeps what is mapped."""
    with build_snapshot(tmp_path / "run", users=USERS) as snapshot:
        for root, _, files in os.walk(tmp_path, topdown=False):
            for name in files:
                os.unlink(os.path.join(root, name))
            os.rmdir(root)

        assert snapshot.user(tables["users"][0]["user_id"])["circles"]


@pytest.mark.parametrize("name", ["index/users.npy", "index/vocabulary.json", "policy.json"])
def test_a_snapshot_with_a_file_missing_is_damaged(tmp_path, name):
    """It is refused when opened, not when asked."""
    build_snapshot(tmp_path / "run", users=20).close()
    (tmp_path / "run" / name).unlink()

    with pytest.raises(StoreDamaged, match="cannot be opened"):
        Snapshot.open(tmp_path / "run")


def test_times_are_utc(snapshot, folder):
    """Text that says so, and the very microsecond."""
    stated = read_table(folder, "tiers")
    row = stated.slice(0, 1).to_pylist()[0]

    since = snapshot.user(row["user_id"])["tier"]["since"]

    assert since.endswith("Z")
    assert moment(since) == row["since"].astimezone(UTC)
    assert pc.min(stated["since"]).as_py().tzinfo is not None
