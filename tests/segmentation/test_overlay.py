"""Tiers set by hand laid over a snapshot: lists, counts and filters against brute force."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from segmentation.overlay import HandSet, HandSets, Overlay
from segmentation.reasonwords import ENDED
from tests.snapshots import TIERS, build_snapshot, user_id

NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    """A snapshot nobody changes."""
    with build_snapshot(tmp_path_factory.mktemp("run"), users=300, seed=3) as opened:
        yield opened


def by_hand(tier, *, until=NOW + timedelta(days=9)):
    """A decision about somebody, in force or over."""
    codes = ["by_hand"] if until else [ENDED, "stayed"]
    return HandSet(tier=tier, reason_codes=codes, since=NOW, until=until)


def decided(seed, people=40):
    """Random decisions about some people, a few of them unknown."""
    random = np.random.default_rng(seed)
    rows = random.choice(320, people, replace=False)
    return HandSets(7, {user_id(int(row)): by_hand(str(random.choice(TIERS))) for row in rows})


def told(snapshot):
    """Everyone's tier, one look-up each."""
    users = (snapshot.user(user_id(row)) for row in range(300))
    return {user["user_id"]: user["tier"]["tier"] for user in users if user["tier"]}


@pytest.mark.parametrize("seed", range(20))
def test_a_window_is_the_same_stretch_of_the_whole_list(seed):
    """However many come and go, and wherever they stand."""
    random = np.random.default_rng(seed)
    rows = sorted(random.choice(60, int(random.integers(0, 40)), replace=False).tolist())
    went = sorted(random.choice(rows, int(random.integers(0, len(rows) + 1)), replace=False))
    others = sorted(set(range(60)) - set(rows))
    came = sorted(random.choice(others, int(random.integers(0, 12)), replace=False).tolist())
    overlay = Overlay(1, {}, {"gold": came}, {"gold": went})
    whole = sorted({*rows, *came} - set(went))

    for offset in range(len(whole) + 2):
        for limit in (1, 3, 100):
            found = overlay.window("gold", rows, offset, limit)
            assert found == whole[offset : offset + limit]


@pytest.mark.parametrize("seed", range(5))
def test_look_ups_lists_counts_and_filters_agree(snapshot, seed):
    """Whatever was set by hand is told by all of them."""
    hand = decided(seed)
    seen = snapshot.seen_with(hand)

    tiers = told(seen)

    known = {user: each.tier for user, each in hand.by_user.items() if snapshot.row_of(user) >= 0}
    assert tiers == told(snapshot) | known
    counts = Counter(tiers.values())
    assert {tier["name"]: tier["members"] for tier in seen.tiers()} == {
        tier: counts[tier] for tier in TIERS
    }
    for tier in TIERS:
        holders = {user for user, held in tiers.items() if held == tier}
        assert set(seen.audience(f'tier = "{tier}"').ids()) == holders
        listed = [row["user_id"] for row in seen.assignments(tier=tier, limit=1000)]
        assert listed == sorted(holders)
        assert seen.assignment_count(tier) == len(holders)
    assert {held.user_id: held.tier for held in seen.standings()} == tiers


def test_pages_of_all_tiers_are_the_tiers_one_after_the_other(snapshot):
    """In stretches of seven."""
    seen = snapshot.seen_with(decided(9))
    total = seen.assignment_count()

    pages = [seen.assignments(offset=offset, limit=7) for offset in range(0, total, 7)]

    whole = [row for tier in TIERS for row in seen.assignments(tier=tier, limit=1000)]
    assert [row for page in pages for row in page] == whole
    assert len(whole) == total


def test_what_is_told_of_a_tier_set_by_hand(snapshot):
    """The run's score, the decision's dates, the benefits of the tier set."""
    seen = snapshot.seen_with(HandSets(5, {user_id(4): by_hand("platinum")}))

    tier = seen.user(user_id(4))["tier"]

    before = snapshot.user(user_id(4))["tier"]
    assert tier["score"] == (before["score"] if before else None)
    assert (tier["since"], tier["review_after"]) == ("2026-11-01T03:00:00Z", "2026-11-10T03:00:00Z")
    assert tier["reason_codes"] == ["by_hand"]
    assert [each["name"] for each in tier["benefits"]] == ["platinum voucher", "platinum salon"]


def test_a_decision_that_ended_counts_where_the_run_took_it_over(snapshot):
    """A run that gave the tier itself is right by itself."""
    user = user_id(4)
    ended = HandSets(6, {user: by_hand("member", until=None)})

    assert snapshot.seen_with(ended) is snapshot


@pytest.mark.parametrize("hand", [HandSets(0, {}), HandSets(3, {user_id(1): by_hand("tin")}),
                                  HandSets(3, {"nobody": by_hand("gold")})])  # fmt: skip
def test_what_does_not_count_leaves_the_run_as_it_is(snapshot, hand):
    """Nothing set, a tier the policy does not know, a person nobody knows."""
    assert snapshot.seen_with(hand) is snapshot
    assert snapshot.version == snapshot.run_id


def test_laid_over_twice_the_later_counts_alone(snapshot):
    """What is seen is always laid over the run as it was published."""
    first = snapshot.seen_with(HandSets(5, {user_id(1): by_hand("gold")}))
    second = first.seen_with(HandSets(6, {user_id(2): by_hand("gold")}))

    assert second.user(user_id(1)) == snapshot.user(user_id(1))
    assert second.as_published is snapshot
    assert second.version == f"{snapshot.run_id}.6"


def test_consent_decided_later_reaches_what_is_seen(snapshot):
    """One book of refusals for the run and all that is laid over it."""
    user = user_id(3)
    seen = snapshot.seen_with(HandSets(5, {user: by_hand("gold")}))

    snapshot.audiences.amend([(user, "ads", False)])

    assert "ads" in seen.user(user)["refuses"]
    assert user not in set(
        seen.audience('tier = "gold"', hidden=seen.audiences.refusing("ads")).ids()
    )
    snapshot.audiences.amend([])
