"""Crossover in a snapshot: counts are those of the lists, and consent is honoured."""

import numpy as np
import pytest

from segmentation import seeds
from segmentation.crossover import circles_for, partners_of, people_with_tags
from segmentation.errors import NotFound, UsageError
from tests.snapshots import build_snapshot

CIRCLE = "interest-1"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    """A planted snapshot."""
    with build_snapshot(tmp_path_factory.mktemp("planted") / "run") as opened:
        yield opened


def members_of(snapshot, circle):
    """The members of a circle."""
    return {each["user_id"] for each in snapshot.members(circle, limit=10_000)}


def refusing(snapshot, purpose):
    """Those who refuse a purpose."""
    return set(snapshot.audiences.ids(snapshot.audiences.refusing(purpose)))


def test_counts_are_those_of_the_member_lists(snapshot):
    """Shared people and new reach, without those who refuse the purpose."""
    willing = {row["user_id"] for row in snapshot.users(
        snapshot.audience("").ids()).users} - refusing(snapshot, "email")  # fmt: skip
    own = members_of(snapshot, CIRCLE) & willing

    rows = partners_of(snapshot, CIRCLE, purpose="email", bridges=1_000)

    assert len(rows) == len(snapshot.circles()) - 1
    for row in rows:
        other = members_of(snapshot, row["circle_id"]) & willing
        assert row["shared"] == len(own & other)
        assert row["new_reach"] == len(other - own)
        assert {each["user_id"] for each in row["bridges"]} == own & other
        if other:
            expected = len(own) * len(other) / len(willing)
            assert row["lift"] == pytest.approx(len(own & other) / expected)


def test_partners_come_best_first_and_bridges_surest_first(snapshot):
    """As strong as the circle listed holds them, with the reach of their own."""
    rows = partners_of(snapshot, CIRCLE, bridges=5)

    scores = [row["score"] for row in rows]
    assert scores == sorted(scores, reverse=True)
    for row in rows:
        strength = {
            each["user_id"]: each["strength"]
            for each in snapshot.members(row["circle_id"], limit=10_000)
        }
        told = [each["strength"] for each in row["bridges"]]
        assert told == sorted(told, reverse=True)
        assert told == [strength[each["user_id"]] for each in row["bridges"]]
        for each in row["bridges"]:
            assert each["influence"] == snapshot.user(each["user_id"])["influence"]


def test_circles_above_and_below_are_no_partners(snapshot):
    """They hold the same people."""
    assert "interest-90" not in {row["circle_id"] for row in partners_of(snapshot, "interest-2")}
    below = {row["circle_id"] for row in partners_of(snapshot, "interest-90")}
    assert not below & {"interest-2", "interest-3", "interest-90"}


def test_a_partners_list_is_a_circles_own_answer(snapshot):
    """A partner whose people are a circle's finds what that circle finds in the others."""
    own = seeds.of_circle(snapshot, CIRCLE)
    by_circle = {row["circle_id"]: row for row in partners_of(snapshot, CIRCLE)}

    rows = circles_for(snapshot, own)

    for row in rows:
        if row["circle_id"] != CIRCLE:
            kept = {name: row[name] for name in by_circle[row["circle_id"]]}
            assert kept == by_circle[row["circle_id"]]
    other = next(row for row in rows if row["offered"] and row["circle_id"] != CIRCLE)
    other_way = {row["circle_id"]: row for row in partners_of(snapshot, other["circle_id"])}
    told = other_way[CIRCLE]
    assert other["offered"] == {name: told[name] for name in other["offered"]}
    assert other["offered"]["new_reach"] != other["new_reach"]
    assert rows[-1]["offered"] is None


def test_tags_find_the_people_they_speak_for(snapshot):
    """Holders all, and of their tags more are the partner's than of other holders' tags."""
    tags = ("gaming", "gardening", "books")
    partner = people_with_tags(snapshot, dict.fromkeys(tags, 1.0) | {"unheard of": 9.0})

    placer, index = snapshot.placer.facet("interest"), snapshot.audiences
    rows = placer.everyone.rows
    is_partners = np.isin(rows.columns, [placer.tags.index(tag) for tag in tags])
    share = np.bincount(rows.owners, is_partners, rows.n_rows) / np.maximum(rows.counts, 1)
    ids = {index.registry.ids[row] for row in partner.rows}
    holders = set(snapshot.audience(" OR ".join(f'tag:"{tag}"' for tag in tags)).ids())
    others = [index.registry.find(user_id) for user_id in holders - ids]
    assert ids < holders
    assert share[partner.rows].mean() > 1.5 * share[others].mean()


def test_tags_nobody_has_are_refused(snapshot):
    """With what to do about it."""
    with pytest.raises(UsageError, match="point to 0 people"):
        people_with_tags(snapshot, {"unheard of": 1.0})


def test_an_unknown_circle_is_not_found(snapshot):
    """By its id."""
    with pytest.raises(NotFound, match="interest-404"):
        partners_of(snapshot, "interest-404")
