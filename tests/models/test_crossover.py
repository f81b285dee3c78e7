"""What groups offer each other: planted partners first, and not the same both ways."""

import numpy as np
import pytest
from scipy.stats import chi2

from models.crossover import Side, poisson_interval
from models.lookalikes import Tastes, everyones_scores, likeness
from models.rows import Rows

SIZE, TAGS_EACH, OTHER_TAGS = 400, 10, 200
GRADES = (3, 2, 1, 0, 0, 0)
SHARED_TASTE = {3: 0.6, 2: 0.35, 1: 0.15, 0: 0.0}


def planted(seed):
    """One circle, six partners with more or less of its taste, and a large crowd with none.

    Returns people x tags and the group of each person: 0 is the circle, 1 to 6 the partners, 7
    the crowd. The last partner is five times as large as the others.
    """
    rng = np.random.default_rng(seed)
    sizes = [SIZE] * 6 + [5 * SIZE, 6_000]
    group = np.repeat(np.arange(8), sizes)
    X = np.zeros((len(group), 7 * TAGS_EACH + OTHER_TAGS))
    for person, number in enumerate(group):
        count = rng.integers(5, 15)
        tags = rng.integers(7 * TAGS_EACH, X.shape[1], count)
        if number < 7:
            own = number * TAGS_EACH + rng.integers(0, TAGS_EACH, count)
            tags = np.where(rng.random(count) < 0.5, own, tags)
        if 0 < number < 7:
            lent = rng.random(count) < SHARED_TASTE[GRADES[number - 1]]
            tags = np.where(lent, rng.integers(0, TAGS_EACH, count), tags)
        np.add.at(X[person], tags, 1.0)
    return X, group


def side(X, inside, everyone=None):
    """A group as a side, its closeness learned."""
    tastes, rows = [Tastes(Rows.of(X))], np.flatnonzero(inside)
    like = likeness(tastes, rows, crowd=np.arange(len(X)))
    closeness = like.closeness(everyones_scores(tastes, like))
    may = np.ones(len(X), dtype=bool) if everyone is None else everyone
    return Side.of(inside, closeness=closeness, everyone=may)


def ndcg(grades, scores):
    """Normalised discounted cumulative gain of an order by scores."""
    gains = 2.0 ** np.asarray(grades) - 1
    discounts = 1 / np.log2(np.arange(len(grades)) + 2)
    return gains[np.argsort(-np.asarray(scores))] @ discounts / (np.sort(gains)[::-1] @ discounts)


@pytest.mark.parametrize("seed", range(3))
def test_planted_partners_come_first(seed):
    """By how much of the circle's taste they share, though a stranger is five times as large."""
    X, group = planted(seed)
    own = side(X, group == 0)

    scores = [own.match(np.flatnonzero(group == number)).score for number in range(1, 7)]

    assert ndcg(GRADES, scores) >= 0.9
    assert ndcg(GRADES, scores[::-1]) < 0.9


def test_the_score_is_not_the_same_both_ways():
    """A small circle of a large one's taste finds many like itself there, not the other way."""
    X, group = planted(5)
    large = (group == 0) | (group == 7)
    small = group == 1

    there = side(X, small).match(np.flatnonzero(large))
    back = side(X, large).match(np.flatnonzero(small))

    assert there.score != pytest.approx(back.score, rel=0.05)
    assert there.new_reach > back.new_reach


def test_every_figure_by_hand():
    """Two of three members are shared with a partner of five among ten people."""
    own = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], dtype=bool)
    closeness = np.array([1, 1, 1, 0.6, 0.2, np.nan, 0.4, 0, 0, 0])

    found = Side.of(own, closeness=closeness, everyone=np.ones(10, dtype=bool)).match(
        np.array([0, 1, 3, 4, 5])
    )

    assert (found.shared, found.new_reach) == (2, 3)
    assert found.lift == pytest.approx(2 / (3 * 5 / 10))
    assert found.fit == pytest.approx(0.8 / 3)
    assert found.score == pytest.approx(2 * 0.4 / (3 + 0.56))
    assert found.lift_low < found.lift < found.lift_high


def test_whom_one_may_not_speak_of_is_in_no_figure():
    """Neither on either side nor in what chance would give."""
    own = np.array([1, 1, 0, 0, 0, 0], dtype=bool)
    closeness = np.array([1, 1, 0.5, 0.5, 0.5, 0.5])
    everyone = np.array([1, 0, 1, 0, 1, 1], dtype=bool)

    found = Side.of(own, closeness=closeness, everyone=everyone).match(np.array([0, 1, 2, 3]))

    assert (found.shared, found.new_reach) == (1, 1)
    assert found.lift == pytest.approx(1 / (1 * 2 / 4))
    assert found.score == pytest.approx(2 * 0.25 / (1 + 0.75))


def test_a_partner_within_the_circle_has_nobody_new():
    """There is no fit to tell of, and nothing to gain."""
    own = np.array([1, 1, 1, 0], dtype=bool)

    found = Side.of(own, closeness=np.ones(4), everyone=np.ones(4, dtype=bool)).match(
        np.array([0, 1])
    )

    assert found.fit is None
    assert found.score == 0.0


@pytest.mark.parametrize("count", [0, 1, 2, 5, 30, 1_000])
def test_the_interval_is_nearly_the_exact_one(count):
    """Within two hundredths of the chi-square interval of a Poisson mean."""
    low, high = poisson_interval(count)

    exact_low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    assert low == pytest.approx(exact_low, rel=0.02, abs=0.02)
    assert high == pytest.approx(chi2.ppf(0.975, 2 * (count + 1)) / 2, rel=0.02)
