"""Judging circles by tags held back from learning."""

from dataclasses import replace

import numpy as np
import pytest

from models.foretelling import (
    HeldBack,
    Trial,
    clarity,
    fewest_tags,
    is_better,
    stays_behind,
)
from models.landmarks import Canon
from models.mixture import (
    BACKGROUND_PRIOR,
    CROWD_PRIOR,
    crowd_shares,
    dense,
    refine,
    seeded,
    whole,
    with_signatures,
)
from models.profiles import TagProfiles, assign_observed
from models.rows import Rows
from models.trimming import crowd_only, only
from models.weights import beside_usual


def everyone(rows):
    """The numbers of all rows."""
    return np.arange(rows.n_rows)


@pytest.fixture(scope="module")
def people(four_circles):
    """The planted people, and the split of their tags."""
    rows = Rows.of(four_circles.X)
    return rows, HeldBack.of(rows, Canon.of(rows), seed=0)


@pytest.fixture(scope="module")
def trial(people):
    """What is known of the judged, and what is to be told."""
    rows, held_back = people
    return held_back.trial(rows, everyone(rows), crowd=crowd_shares(rows))


@pytest.fixture(scope="module")
def learned(people, four_circles):
    """Profiles learned from the planted circles without what is held back."""
    rows, held_back = people
    left = held_back.left(rows, everyone(rows))
    return refine(seeded(left, four_circles.circles, crowd=crowd_shares(rows)), left)


def test_known_and_hidden_make_up_the_judged(people, trial):
    """Nothing is lost, and nothing hidden is left among what is learned from."""
    rows, held_back = people
    left = held_back.left(rows, everyone(rows))

    assert len(trial.hidden.values) == len(rows.values) - len(left.values) > 0
    assert len(trial.known.values) + len(trial.hidden.values) < len(rows.values)
    assert (trial.known.counts >= 0).all()
    known = {(row, tag) for row, tag in zip(trial.known.owners, trial.known.columns, strict=True)}
    hidden = zip(trial.hidden.owners, trial.hidden.columns, strict=True)
    assert not known.intersection(hidden)


def test_some_people_alone_gain_what_they_gain_among_all(trial, learned):
    """To the bit."""
    alone = trial.spread(3).gains(learned)

    assert alone.tobytes() == trial.gains(learned)[::3].tobytes()


def test_what_is_held_back_does_not_depend_on_the_order(people):
    """Each row decides for itself."""
    rows, held_back = people
    order = np.random.default_rng(0).permutation(rows.n_rows)

    turned = rows.take(order)

    shuffled = HeldBack.of(turned, Canon.of(turned), seed=0).left(turned, everyone(turned))

    assert (shuffled.counts == held_back.left(rows, everyone(rows)).counts[order]).all()


def test_of_many_equal_people_each_hides_other_tags():
    """Some hide any tag, most none: together they still show what they have in common."""
    rows = Rows.of(np.ones((4_000, 5)))

    left = HeldBack.of(rows, Canon.of(rows), seed=0).left(rows, everyone(rows)).to_csr().toarray()

    assert 0.6 < (left == 1).all(axis=1).mean() < 0.75
    assert ((left == 0).mean(axis=0) > 0.05).all()


def test_a_person_drawn_several_times_hides_the_same_tags():
    """Or a copy learned from would tell what another hides."""
    people = np.random.default_rng(0).random((200, 40)) < 0.5
    rows = Rows.of(np.repeat(people.astype(float), 6, axis=0))

    left = HeldBack.of(rows, Canon.of(rows), seed=0).left(rows, everyone(rows))

    copies = left.to_csr().toarray().reshape(200, 6, 40)
    assert len(left.values) < len(rows.values)
    assert (copies == copies[:, :1]).all()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([1, 1, 2, 3, 4, 9], 4),
        ([1] * 90 + [3] * 18 + [4] * 2, 4),
        ([3] * 19 + [4], 3),
        ([2] * 20, 2),
        ([1, 1], 4),
    ],
)
def test_tags_of_light_people_are_held_back_where_all_are_light(counts, expected):
    """One of four tags, or of fewer where not a tenth of those with two or more has four."""
    assert fewest_tags(np.array(counts)) == expected


def test_true_circles_foretell_more_than_the_crowd_and_than_shuffled_ones(
    people, trial, learned, four_circles
):
    """Circles of chance tell nothing of what people hide."""
    rows, held_back = people
    left = held_back.left(rows, everyone(rows))
    chance = np.random.default_rng(1).permutation(four_circles.circles)
    shuffled = refine(seeded(left, chance, crowd=crowd_shares(rows)), left, steps=1)
    crowd = crowd_only(replace(learned, background=trial.crowd))

    true, none = trial.gains(learned), trial.gains(crowd)

    assert is_better(true, none)
    assert not is_better(trial.gains(shuffled), none)
    assert np.abs(none).max() < 1e-9


@pytest.mark.parametrize("kind", ["signatures", "whole"])
def test_a_gain_is_what_bayes_says_of_each_hidden_tag(kind, people, trial, learned, four_circles):
    """Circle by circle and share by share, as if there were no compiled loop."""
    rows, held_back = people
    profiles = learned
    if kind == "whole":
        profiles = whole(
            held_back.left(rows, everyone(rows)), four_circles.circles, crowd=crowd_shares(rows)
        )

    found = trial.gains(profiles)

    for person in range(0, trial.known.n_rows, 17):
        assert found[person] == pytest.approx(gain_of(profiles, trial, person), abs=1e-9)


def gain_of(profiles: TagProfiles, trial: Trial, person: int) -> float:
    """Weigh one person by the known tags, then ask for the hidden ones."""
    known, hidden = (part.part(person, person + 1) for part in (trial.known, trial.hidden))
    crowd, background, own = trial.crowd, profiles.background, dense(profiles)
    joint = np.empty((len(profiles.grid), profiles.n_circles))
    for g, share in enumerate(profiles.grid):
        ratio = 1.0 - share + share * own[:, known.columns] / background[known.columns]
        prior = profiles.grid_weights[g] * np.exp(profiles.log_priors)
        joint[g] = prior * np.exp((known.values * np.log(ratio)).sum(axis=1))
    joint /= joint.sum() + 1.0
    signal = profiles.grid @ joint
    told = signal @ own + (1.0 - signal.sum()) * background
    room = (1.0 - told[known.columns].sum()) / (1.0 - crowd[known.columns].sum())
    return float(np.log(told / crowd / room)[hidden.columns].sum())


def test_what_placing_tells_is_of_the_tags_not_yet_known(trial, learned):
    """As reckoned person by person, each tag counted once; placed by other weights if given."""
    other = beside_usual(trial.known, unit=1.0)
    for weighed, told in (
        (trial.known, trial.placed(learned)),
        (other, trial.placed(learned, known=other)),
    ):
        labels = assign_observed(learned, weighed, max_circles=0).labels
        check_placing(trial, labels, told, count=learned.n_circles)


def check_placing(trial: Trial, labels, told, *, count: int) -> None:
    """Compare what is told of some people with a plain reckoning."""
    known, hidden = (rows.to_csr().toarray() > 0 for rows in (trial.known, trial.hidden))
    every = known.sum(axis=0) + BACKGROUND_PRIOR
    crowd = every / every.sum()
    share = np.array([known[labels == circle].sum(axis=0) for circle in range(count)])
    share = (share + CROWD_PRIOR * crowd) / (share.sum(axis=1, keepdims=True) + CROWD_PRIOR)
    for person in range(40):
        ratio = np.zeros_like(crowd)
        if labels[person] >= 0:
            unknown = ~known[person]
            here = share[labels[person]]
            ratio = np.log(here / here[unknown].sum()) - np.log(crowd / crowd[unknown].sum())
        assert told[person] == pytest.approx(ratio[hidden[person]].sum(), abs=1e-9)
    assert {-1} < set(labels[:40])


def test_a_loss_is_the_gain_less_the_gain_without_the_circle(trial, learned):
    """The odds of the others against the background unchanged."""
    losses = trial.losses(learned)

    for circle in range(learned.n_circles):
        others = np.flatnonzero(np.arange(learned.n_circles) != circle)
        odds = (1.0 - learned.noise) * learned.sizes[others].sum() / learned.noise
        without = replace(only(learned, others), noise=1.0 / (1.0 + odds))
        assert np.allclose(losses[:, circle], trial.gains(learned) - trial.gains(without))


def test_twins_are_not_missed_and_true_circles_are(trial, learned):
    """Either of two equal circles could take over the people of the other."""
    table = learned.signatures.to_csr().toarray()
    doubled = with_signatures(
        learned, np.vstack([table, table[:1]]), np.append(learned.sizes, learned.sizes[0])
    )
    doubled = replace(doubled, sizes=doubled.sizes / doubled.sizes.sum())

    missed = [clarity(loss) for loss in trial.losses(doubled).T]

    assert min(missed[1:4]) > 2.0 * max(missed[0], missed[4])
    assert min(missed[1:4]) > 5.0
    shared = trial.shared(doubled)
    assert shared[0, 4] > 0.2
    assert shared[0, 1] < 0.05


def test_no_difference_is_no_clarity():
    """And a few people's luck is not clear."""
    assert clarity(np.zeros(5)) == 0.0
    assert not is_better(np.array([5.0, -4.9, 0.0]), np.zeros(3))


@pytest.mark.parametrize(
    ("first", "then", "stays"),
    [(-0.3, -0.3, True), (-0.3, -0.4, True), (-0.3, -0.1, False), (-0.01, -0.01, False)],
)
def test_only_who_is_far_behind_and_hardly_catches_up_stays_behind(first, then, stays):
    """A lag that a step cuts to a third may vanish, and a small one may be chance."""
    noise = np.random.default_rng(0).normal(0.0, 1.0, 1_000)
    best = np.full(1_000, 1.0)

    assert stays_behind(best + first + noise, best + then + noise, best) == stays


def test_a_crowd_of_any_size_is_judged_by_as_many():
    """Of whom circles are learned from, not of everyone: a million people leave no fewer judges."""
    rows = Rows.of(np.ones((40_000, 5)))
    learners = np.arange(30_000)

    held_back = HeldBack.of(rows, Canon.of(rows), most=len(learners), seed=0)
    many = held_back.trial(rows, learners, crowd=crowd_shares(rows)).known.n_rows

    assert abs(many / 10_000 - 1.0) < 0.05
