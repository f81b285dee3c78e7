"""Ambassadors, creators and referrals from small tables whose answers are known."""

import numpy as np
import pytest

from segmentation.carrying import measure_carrying
from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.groups import Group
from segmentation.links import ENOUGH_HITS
from tests.sharing_tables import AS_OF, day, write_tables

PEOPLE = [f"p{number:02d}" for number in range(40)]
EVERYONE = Group("interest-1", np.arange(40))
STAR = [(PEOPLE[0], other, None) for other in PEOPLE[1:20]]


def measured(folder, *, circles=(EVERYONE,), tiers=(), **rows):
    """What carries, of some tables."""
    tables = write_tables(folder, people=PEOPLE, **rows)
    with DuckEngine() as engine:
        return measure_carrying(
            engine, Config(), tables, as_of=AS_OF, circles=list(circles), tiers=list(tiers)
        )


def test_the_middle_of_a_star_is_asked_first(tmp_path):
    """Then somebody outside it, who adds one member; nobody without ties is an ambassador."""
    found = measured(tmp_path, edges=[*STAR, (PEOPLE[30], PEOPLE[31], None)])

    rows = found.ambassadors.to_pylist()
    assert rows[0]["user_id"] == PEOPLE[0]
    assert rows[0]["reach"] == pytest.approx(20.0, rel=0.05)
    assert rows[1]["user_id"] in {PEOPLE[30], PEOPLE[31]}
    assert len(rows) == 22
    assert found.report["ties"] == {"basis": "weighted_cascade", "count": 40}
    assert 0.53 < found.report["guarantee"]["interest-1"] <= 1.0


def test_only_members_are_asked_and_counted(tmp_path):
    """The middle is no member of a circle of three of its ends."""
    small = Group("interest-2", np.array([3, 4, 5]))

    found = measured(tmp_path, edges=STAR, circles=[small])

    rows = found.ambassadors.to_pylist()
    assert {row["user_id"] for row in rows} == {PEOPLE[3], PEOPLE[4], PEOPLE[5]}
    assert rows[-1]["reach"] == pytest.approx(3.0)


def test_without_ties_there_are_no_ambassadors(tmp_path):
    """And the report says so."""
    found = measured(tmp_path)

    assert found.ambassadors.num_rows == 0
    assert found.report["ties"]["basis"] == "none"
    assert found.report["guarantee"] == {}


def test_whoever_refuses_is_neither_asked_nor_counted(tmp_path):
    """Of growth, or of everything."""
    gone = [(PEOPLE[0], "growth", False), (PEOPLE[1], "*", False), (PEOPLE[2], "ads", False)]

    found = measured(tmp_path, edges=[*STAR, (PEOPLE[2], PEOPLE[3], None)], consent=gone)

    named = set(found.ambassadors["user_id"].to_pylist())
    assert named == {PEOPLE[2], PEOPLE[3]}
    assert found.report["ties"]["count"] == 2


def test_ties_carry_as_they_did_where_there_is_evidence(tmp_path):
    """The one of two equal hubs whose contents are passed on is asked first."""
    hubs = [
        (PEOPLE[hub], PEOPLE[10 + 10 * hub + leaf], None) for hub in (0, 1) for leaf in range(9)
    ]
    shares = []
    for content in range(ENOUGH_HITS):
        name = f"c{content:03d}"
        shares += [(PEOPLE[hub], day(content / 2), "share", "t", 1.0, name) for hub in (0, 1)]
        shares += [(PEOPLE[20 + leaf], day(content / 2 + 1), "share", "t", 1.0, name)
                   for leaf in range(4)]  # fmt: skip

    plain = measured(tmp_path, edges=hubs)
    learned = measured(tmp_path, edges=hubs, events=shares)

    assert plain.report["ties"]["basis"] == "weighted_cascade"
    assert learned.report["ties"]["basis"] == "shares"
    assert learned.ambassadors["user_id"][0].as_py() == PEOPLE[1]
    reach = [table["reach"][0].as_py() for table in (plain.ambassadors, learned.ambassadors)]
    assert reach[1] < reach[0]


def test_creators_are_those_who_make_not_those_who_pass_on(tmp_path):
    """Rows of one work, one a tag, are one work; a like and a share create nothing."""
    events = [
        ("p01", day(1), "ugc", "a", 1.0, "x"),
        ("p01", day(1), "ugc", "b", 1.0, "x"),
        ("p01", day(2), "ugc", "a", 1.0, None),
        ("p02", day(1), "comment", "a", 1.0, "x"),
        ("p02", day(3), "comment", "a", 1.0, "x"),
        ("p03", day(1), "like", "a", 1.0, "x"),
        ("p04", day(1), "share", "a", 1.0, "y"),
        ("p05", day(1), "share", "a", 1.0, "y"),
        ("p06", day(1), "share", "a", 1.0, "y"),
    ]
    content = [("y", "a", "p06", None), ("y", "b", "p06", None)]

    found = measured(tmp_path, events=events, content=content)

    assert found.creators.drop_columns(["circle_id"]).to_pylist() == [
        {"rank": 1, "user_id": "p01", "works": 2, "comments": 0, "echoes": 0},
        {"rank": 2, "user_id": "p06", "works": 1, "comments": 0, "echoes": 2},
        {"rank": 3, "user_id": "p02", "works": 0, "comments": 2, "echoes": 0},
    ]
    assert found.report["voices"]["interest-1"] == {
        "creators": 3,
        "share_of_members": 3 / 40,
        "works": 3,
        "comments": 2,
    }


def test_referrals_are_matched_and_told_by_circle_and_tier(tmp_path):
    """p00 brought p10 and, through it, p11; p12 was there before, p13 was tied too late."""
    events = [
        ("p00", day(0), "browse", "t", 1.0, None),
        ("p00", day(10), "refer", "invite", 1.0, None),
        ("p10", day(12), "refer", "invite", 1.0, None),
        *((name, day(at), "browse", "t", 1.0, None)
          for name, at in (("p10", 11), ("p11", 13), ("p12", 2), ("p13", 60))),
    ]  # fmt: skip
    edges = [
        ("p00", "p10", day(11)), ("p10", "p11", day(13)),
        ("p00", "p12", day(11)), ("p00", "p13", day(60)),
    ]  # fmt: skip
    groups = {
        "circles": [Group("interest-1", np.array([0, 12])), Group("interest-2", np.array([10]))],
        "tiers": [Group("gold", np.array([0, 10, 13]))],
    }

    found = measured(tmp_path, events=events, edges=edges, **groups)

    assert found.referrals.drop_columns(["at"]).to_pylist() == [
        {"user_id": "p10", "referred_by": "p00", "generation": 1},
        {"user_id": "p11", "referred_by": "p10", "generation": 2},
    ]
    told = found.report["referrals"]
    assert told["overall"]["k"] == pytest.approx(2 / 5)
    assert told["circles"]["interest-1"]["k"] == pytest.approx(1 / 2)
    assert told["circles"]["interest-1"]["cycle_days"] == pytest.approx(11.0)
    assert told["circles"]["interest-2"]["cycle_days"] == pytest.approx(2.0)
    assert told["tiers"]["gold"]["k"] == pytest.approx(2 / 3)
    assert told["tree"] == {"roots": 1, "referred": 2, "generations": [1, 1, 1], "largest": 3}


def test_of_several_inviters_the_last_one_counts(tmp_path):
    """Whoever asked nearest before the tie."""
    events = [
        ("p00", day(1), "refer", "invite", 1.0, None),
        ("p01", day(3), "refer", "invite", 1.0, None),
        ("p10", day(5), "browse", "t", 1.0, None),
    ]

    found = measured(
        tmp_path, events=events, edges=[("p00", "p10", day(5)), ("p01", "p10", day(5))]
    )

    assert found.referrals["referred_by"].to_pylist() == ["p01"]


def test_a_source_without_times_tells_of_no_referral(tmp_path):
    """No claim."""
    tables = write_tables(
        tmp_path, people=PEOPLE, events=[("p00", None, "refer", "invite", 1.0, None)],
        edges=[("p00", "p10", None)],
    )  # fmt: skip

    with DuckEngine() as engine:
        found = measure_carrying(engine, Config(), tables, as_of=None, circles=[EVERYONE], tiers=[])

    assert found.referrals.num_rows == 0
    assert found.report["referrals"]["overall"]["k"] is None
