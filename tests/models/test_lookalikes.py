"""Who is like some seeds: planted taste is found, from few seeds, and every figure adds up."""

import numpy as np
import pytest

from models.expansion import most_alike, reach_curve
from models.lookalikes import (
    Tastes,
    everyones_scores,
    likeness,
)
from models.rows import Rows

PEOPLE, TAGS, MEMBERS = 6_000, 300, 600


def planted(seed=0, own_tags=12, strength=0.5):
    """People x tags in which the first `MEMBERS` people share a taste for the first tags."""
    rng = np.random.default_rng(seed)
    usual = 1 / np.arange(1, TAGS + 1) ** 0.8
    X = np.zeros((PEOPLE, TAGS))
    for person, count in enumerate(rng.integers(4, 20, PEOPLE)):
        likes = rng.choice(TAGS, count, p=usual / usual.sum())
        if person < MEMBERS:
            own = rng.integers(TAGS - own_tags, TAGS, count)
            likes = np.where(rng.random(count) < strength, own, likes)
        np.add.at(X[person], likes, rng.exponential(1.0, count))
    return X


@pytest.fixture(scope="module")
def crowd():
    """One planted crowd."""
    return Tastes(Rows.of(planted()))


def found(crowd, seeds, everyone=None):
    """Likeness and scores of some seeds."""
    rows = np.arange(PEOPLE) if everyone is None else everyone
    like = likeness([crowd], seeds, crowd=rows)
    return like, everyones_scores([crowd], like)


def hidden_recall(scores, seeds):
    """How many times better than chance the hidden members are found at their own number."""
    hidden = np.setdiff1d(np.arange(MEMBERS), seeds)
    candidates = np.ones(PEOPLE, dtype=bool)
    candidates[seeds] = False
    reached = most_alike(scores, candidates)[: len(hidden)]
    share = np.isin(reached, hidden).mean()
    return share / (len(hidden) / candidates.sum())


def test_a_hundred_seeds_find_the_hidden_members_three_times_better_than_chance(crowd):
    """At equal reach, from a sixth of the circle."""
    seeds = np.arange(0, MEMBERS, 6)

    _, scores = found(crowd, seeds)

    assert len(seeds) == 100
    assert hidden_recall(scores, seeds) > 3.0


def test_seeds_without_a_common_taste_are_not_told_apart():
    """Random people are no more alike to each other than anyone: the judge can also say no."""
    crowd = Tastes(Rows.of(planted(strength=0.0, seed=3)))
    seeds = np.arange(0, MEMBERS, 6)

    _, scores = found(crowd, seeds)

    assert hidden_recall(scores, seeds) < 2.0


def test_similarity_places_hidden_members_as_it_places_seeds(crowd):
    """Half of the members nobody was told of are above the median seed, a tenth below the last."""
    seeds = np.arange(0, MEMBERS, 3)
    like, scores = found(crowd, seeds)

    hidden = like.similarity(scores)[np.setdiff1d(np.arange(MEMBERS), seeds)]

    assert abs(np.mean(hidden >= 0.5) - 0.5) < 0.1
    assert abs(np.mean(hidden >= 0.1) - 0.9) < 0.06


def test_the_curve_never_rises(crowd):
    """The further one reaches, the less alike is the last one reached."""
    like, scores = found(crowd, np.arange(200))
    curve = reach_curve(like.similarity(scores)[200:])

    falls = [point.similarity for point in curve]
    assert falls == sorted(falls, reverse=True)
    assert [point.people for point in curve] == sorted({point.people for point in curve})
    assert curve[-1].people == PEOPLE - 200
    assert curve[0].lift > 3.0 > curve[-1].lift
    assert falls[0] > falls[-1]


def test_contributions_add_up_to_the_distance_of_the_seeds(crowd):
    """Tag by tag they explain how far the mean seed stands from the crowd's mean."""
    seeds = np.arange(0, MEMBERS, 2)
    like, scores = found(crowd, seeds)

    apart = (np.mean(scores[seeds]) - np.mean(scores)) / like.scale

    assert like.contributions[0].sum() == pytest.approx(apart, rel=1e-6)
    assert np.argmax(like.contributions[0]) >= TAGS - 12


def test_facets_are_weighed_together():
    """Two halves of the tags give the seeds away together as the whole does nearly."""
    X = planted()
    halves = [Tastes(Rows.of(X[:, : TAGS // 2])), Tastes(Rows.of(X[:, TAGS // 2 :]))]
    seeds = np.arange(0, MEMBERS, 3)

    like = likeness(halves, seeds, crowd=np.arange(PEOPLE))
    scores = everyones_scores(halves, like)

    assert hidden_recall(scores, seeds) > 3.0
    assert [len(part) for part in like.weights] == [TAGS // 2, TAGS - TAGS // 2]


def test_who_has_no_tag_has_no_score(crowd):
    """Nothing known is not the same as unlike; a weight of 0 is nothing."""
    X = planted()
    X[4_000] = 0.0
    rows = Rows.of(X)
    erased = np.array(rows.values)
    erased[rows.starts[5_000] : rows.starts[5_001]] = 0.0
    tastes = Tastes(Rows(rows.starts, rows.columns, erased, TAGS))

    like, scores = found(tastes, np.arange(300))

    assert np.isnan(scores[[4_000, 5_000]]).all()
    assert np.isnan(like.similarity(scores)[[4_000, 5_000]]).all()
    assert np.isnan(scores).sum() == 2


def test_who_is_not_in_the_crowd_teaches_nothing(crowd):
    """Leaving people out of the crowd is as if their tags were not there."""
    X = planted()
    rng = np.random.default_rng(9)
    outside = np.arange(5_000, PEOPLE)
    changed = X.copy()
    changed[outside] = rng.permutation(changed[outside])
    seeds, inside = np.arange(300), np.arange(5_000)

    one, _ = found(Tastes(Rows.of(X)), seeds, inside)
    other, _ = found(Tastes(Rows.of(changed)), seeds, inside)

    assert np.array_equal(one.weights[0], other.weights[0])


def test_the_same_seeds_give_the_same_bits(crowd):
    """Nothing is drawn at random, and pieces do not show."""
    seeds = np.arange(0, MEMBERS, 6)
    one, other = found(crowd, seeds)[1], found(Tastes(Rows.of(planted())), seeds)[1]

    assert one.tobytes() == other.tobytes()


def test_seeds_that_are_everybody_are_borne():
    """No direction sets them apart; nobody is scored above another."""
    X = planted()[:50]
    tastes = Tastes(Rows.of(X))

    like = likeness([tastes], np.arange(50), crowd=np.arange(50))

    assert np.isfinite(everyones_scores([tastes], like)).all()


def test_closeness_goes_from_the_crowd_to_the_middle_seed():
    """It orders people as scores do, and also tells apart whom no seed is less typical than."""
    crowd = Tastes(Rows.of(planted(strength=0.95, own_tags=40)))
    like, scores = found(crowd, np.arange(MEMBERS))
    outside = np.arange(MEMBERS, PEOPLE)

    closeness, similarity = like.closeness(scores), like.similarity(scores)

    order = np.argsort(scores)
    assert np.all(np.diff(closeness[order]) >= 0)
    assert closeness.min() == 0.0
    assert closeness.max() == 1.0
    unlike_all = outside[similarity[outside] == 0.0]
    assert len(np.unique(closeness[unlike_all])) > 100


def test_seeds_that_nothing_sets_apart_are_close_to_nobody():
    """There is no direction to be close in."""
    like = likeness([Tastes(Rows.of(np.ones((50, 3))))], np.arange(25), crowd=np.arange(50))

    assert like.closeness(np.array([1.0, np.nan])).tolist() == pytest.approx(
        [0.0, np.nan], nan_ok=True
    )
