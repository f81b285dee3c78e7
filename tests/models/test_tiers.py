"""Entering, staying, notice, dwell and grace."""

from dataclasses import replace

import numpy as np
import pytest

from models.parity import ParityBound
from models.tiers import REASONS, Merits, Standing, TierRules, assign_tiers, days

START = np.datetime64("2026-01-01", "us")
ENTER = np.array([0.0, 0.50, 0.80])
STAY = np.array([0.0, 0.44, 0.70])
RULES = TierRules(
    cost=np.array([0.0, 1.0, 3.0]),
    budget=np.inf,
    dwell_days=90,
    grace_days=30,
)


def merits(scores):
    """What people have earned by their scores alone."""
    scores = np.asarray(scores, dtype=float)
    nobody = np.full(len(scores), -1)
    return Merits(scores, scores[:, None] >= ENTER, scores[:, None] >= STAY, nobody)


def follow(scores, rules=RULES, every_days=30):
    """Assign the same people again and again; `scores` has a row for each time."""
    standing, history = Standing.newcomers(len(scores[0])), []
    for step, row in enumerate(scores):
        now = START + days(step * every_days)
        given = assign_tiers(merits(row), rules=rules, before=standing, now=now)
        standing = given.standing
        history.append(given)
    return history


def naive_changes(scores, threshold):
    """Changes a member sees when one threshold decides anew each time."""
    return np.abs(np.diff((scores >= threshold).astype(int), axis=0)).sum(axis=0)


def changes(history):
    """Changes each person sees after the first assignment."""
    tiers = np.array([given.standing.tier for given in history])
    return (np.diff(tiers, axis=0) != 0).sum(axis=0)


@pytest.mark.parametrize("threshold", [0.50, 0.80, 0.44, 0.70])
def test_noise_about_a_threshold_changes_a_tier_at_most_once_a_year(threshold):
    """52 weeks of ten per cent noise, where the naive rule flaps every other week."""
    random = np.random.default_rng(3)
    scores = threshold * random.uniform(0.9, 1.1, size=(52, 200))

    seen = changes(follow(scores, every_days=7))

    assert seen.max() <= 1
    assert naive_changes(scores, threshold).mean() > 20


def test_entering_asks_more_than_staying():
    """0.46 keeps silver for whoever has it and opens it to nobody."""
    history = follow([[0.60, 0.46], [0.46, 0.46]])

    assert history[-1].standing.tier.tolist() == [1, 0]


def test_a_tier_is_lost_only_after_dwell_and_grace():
    """Low from the second month: notice, then gone at the review date and not before."""
    history = follow([[0.60]] + [[0.10]] * 4)

    assert [given.standing.tier[0] for given in history] == [1, 1, 1, 0, 0]
    assert history[1].standing.review_after[0] == START + days(90)
    assert [bool(given.reasons["dwell"][0]) for given in history[:3]] == [False, True, True]
    assert history[3].reasons["fell"][0]


def test_grace_runs_from_the_notice_once_dwell_is_over():
    """A year in the tier still leaves 30 days after the first low score."""
    history = follow([[0.60]] * 12 + [[0.10]] * 2)

    assert history[12].standing.tier[0] == 1
    assert history[12].reasons["grace"][0]
    assert history[12].standing.review_after[0] == START + days(12 * 30 + 30)
    assert history[13].standing.tier[0] == 0


@pytest.mark.parametrize(("dwell_days", "lost"), [(0, 1), (45, 2)])
def test_without_grace_a_tier_is_lost_at_once_after_dwell(dwell_days, lost):
    """No notice that could run out at the very moment it was given; asked again, nobody moves."""
    rules = replace(RULES, dwell_days=dwell_days, grace_days=0)

    history = follow([[0.60], [0.10], [0.10]], rules=rules)
    now = START + days(60)
    again = assign_tiers(merits([0.10]), rules=rules, before=history[-1].standing, now=now)

    assert [int(given.standing.tier[0]) for given in history] == [1] * lost + [0] * (3 - lost)
    assert history[lost].reasons["fell"][0]
    assert again.standing.tier[0] == 0


def test_recovering_before_the_review_ends_the_notice():
    """A second low spell gets a whole new grace."""
    history = follow([[0.60]] * 6 + [[0.10], [0.60], [0.10]])

    assert history[6].standing.on_notice[0]
    assert not history[7].standing.on_notice[0]
    assert history[8].standing.tier[0] == 1


def test_without_a_clock_a_notice_lasts_one_call():
    """No time means no dates, but still one fair warning."""
    never = np.datetime64("NaT", "us")
    standing, seen = Standing.newcomers(1), []
    for score in (0.60, 0.10, 0.10):
        given = assign_tiers(merits([score]), rules=RULES, before=standing, now=never)
        standing = given.standing
        seen.append(int(standing.tier[0]))

    assert seen == [1, 1, 0]
    assert np.isnat(standing.since[0])


def test_keeping_someone_through_grace_reports_what_it_displaced():
    """Money for one place, held by 0.10 on notice: the newcomer with 0.90 waits."""
    rules = replace(RULES, budget=1.0)
    history = follow([[0.60, 0.00], [0.10, 0.60]], rules)

    held = history[1]

    assert held.standing.tier.tolist() == [1, 0]
    assert held.protection == pytest.approx(0.60)
    assert held.protection_cost == pytest.approx(1.0)
    assert held.reasons["budget"].tolist() == [False, True]


def test_every_person_has_a_reason_from_the_vocabulary():
    """Random histories leave nobody without words."""
    scores = np.random.default_rng(5).random((12, 300))

    for given in follow(scores, replace(RULES, budget=200.0)):
        assert set(given.reasons) == set(REASONS)
        assert np.all(np.any(list(given.reasons.values()), axis=0))
        assert given.cost <= 200.0


def test_the_base_tier_has_no_review_date():
    """There is nothing below it to fall to."""
    given = follow([[0.1, 0.9]])[0]

    assert np.isnat(given.standing.review_after).tolist() == [True, False]


def test_whoever_has_a_tier_keeps_it_by_what_staying_asks_whatever_the_score():
    """An invitation opens gold to the lowest score and goes on keeping it."""
    scores = np.array([0.1, 0.9])
    invited = np.array([[True, True, True], [True, False, False]])
    standing = Standing.newcomers(2)

    for step in range(3):
        earned = Merits(scores, invited, invited, np.array([-1, -1]))
        given = assign_tiers(earned, rules=RULES, before=standing, now=START + days(step))
        standing = given.standing

    assert standing.tier.tolist() == [2, 0]
    assert given.reasons["stayed"].tolist() == [True, False]


def test_a_parity_bound_reports_what_it_costs():
    """Two groups, one far ahead: half of its holders wait, and the worth of that is the price."""
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.1, 0.1, 0.1])
    bound = ParityBound(np.array([0, 0, 0, 0, 1, 1, 1, 1]), tier=1, max_gap=0.25)
    rules, newcomers = replace(RULES, cost=np.array([0.0, 1.0, 1.0])), Standing.newcomers(8)

    given = assign_tiers(merits(scores), rules=rules, before=newcomers, now=START, bound=bound)

    assert (given.standing.tier >= 1).tolist() == [True] * 2 + [False] * 2 + [True] + [False] * 3
    assert given.gap == pytest.approx(0.25)
    assert given.parity_price == pytest.approx(0.7 + 0.6)
    assert given.reasons["budget"].tolist() == [False] * 2 + [True] * 2 + [False] * 4


def test_a_tier_set_by_hand_holds_while_it_is_set_and_falls_with_notice_after():
    """Up or down at once, whatever the score; afterwards the ordinary rules."""
    standing, seen = Standing.newcomers(2), []
    for step, by_hand in enumerate([[-1, -1], [2, 0], [-1, -1], [-1, -1], [-1, -1], [-1, -1]]):
        earned = replace(merits([0.1, 0.9]), set_by_hand=np.array(by_hand))
        given = assign_tiers(earned, rules=RULES, before=standing, now=START + days(30 * step))
        standing = given.standing
        seen.append(standing.tier.tolist())

    assert seen == [[0, 2], [2, 0], [2, 2], [2, 2], [0, 2], [0, 2]]


def test_a_tier_set_by_hand_is_kept_when_the_budget_shrinks_below_what_people_hold():
    """Those without a decision of their own make room, however good their score."""
    before = follow([[0.9, 0.9, 0.6]])[-1].standing
    decided = replace(merits([0.9, 0.9, 0.1]), set_by_hand=np.array([-1, -1, 2]))

    given = assign_tiers(
        decided, rules=replace(RULES, budget=6.0), before=before, now=START + days(30)
    )

    assert given.standing.tier.tolist() == [1, 1, 2]
    assert given.reasons["by_hand"].tolist() == [False, False, True]
    assert given.cost == 5.0
