"""How many circles there are, and what kind."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import adjusted_mutual_info_score

from models.circles import CircleClusterer
from models.foretelling import HeldBack
from models.judging import Judge
from models.landmarks import Canon
from models.observations import damped_rows, usual_weight
from models.profiles import assign_observed
from models.rows import Rows
from models.sampling import draw_sample
from models.search import Climbed, Search
from models.trimming import only


@dataclass(frozen=True, eq=False)
class Verdict:
    """A trial whose verdict on both kinds of profiles is known beforehand."""

    whole: np.ndarray
    signatures: np.ndarray

    def gains(self, profiles):
        """What each person's hidden tags say for the profiles."""
        return self.whole if profiles.crowd_prior > 0.0 else self.signatures


@pytest.fixture(scope="module")
def avoiding():
    """Groups that like every tag a little more or a little less: no tag marks a group."""
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 3, 1500)
    taste = np.exp(rng.normal(0.0, 0.9, (3, 80)))
    shares = taste / taste.sum(axis=1, keepdims=True)
    counts = np.stack([rng.multinomial(25, shares[group]) for group in groups])
    return sparse.csr_array(counts.astype(float)), groups


def test_profiles_hold_every_tag_where_no_tag_marks_a_circle(avoiding):
    """What people leave out tells them apart as well."""
    X, groups = avoiding

    model = CircleClusterer().fit(X)

    assert model.n_circles_ == 3
    assert model.model_.crowd_prior > 0.0
    assert adjusted_mutual_info_score(groups, model.labels_) > 0.9


def test_too_many_circles_are_given_up_before_they_are_learned(planted):
    """Sixty groups of people in eight circles lie far behind: six steps would be lost on them."""
    search = search_among(planted(circles=8, users=4000, seed=4).X, min_share=0.01)
    best = search.judge.hear(search.rounded(8))

    assert search.rounded_beyond(60, best) is None
    assert search.rounded_beyond(8, search.judge.hear(search.rounded(4))) is not None


def test_people_alike_are_not_all_or_nothing():
    """Of five thousand equal rows of three tags some are learned from, and some judge."""
    groups, alike = 6, 5_000
    truth = np.repeat(np.arange(groups), alike)
    others = np.random.default_rng(0).random((3_000, 3 * groups)) < 0.15
    X = np.vstack([np.repeat(np.eye(groups), 3, axis=1)[truth], others])

    model = CircleClusterer().fit(X)

    assert model.n_circles_ == groups
    assert adjusted_mutual_info_score(truth, model.labels_[: len(truth)]) > 0.99


def test_signatures_hold_few_tags_where_tags_mark_circles(four_circles):
    """They are shorter, and say more."""
    model = CircleClusterer().fit(four_circles.X).model_

    assert model.crowd_prior == 0.0
    assert len(model.tags) < 0.5 * model.n_circles * model.n_tags


def test_the_same_circles_are_asked_for_and_found(planted):
    """Asked for as many as there are, the engine finds those it finds unasked."""
    people = planted(circles=8, users=4000, seed=4)

    free, asked = CircleClusterer().fit(people.X), CircleClusterer(8).fit(people.X)

    assert free.n_circles_ == asked.n_circles_ == 8
    assert adjusted_mutual_info_score(free.labels_, asked.labels_) > 0.9


def test_profiles_of_all_tags_are_weighed_when_they_have_settled(avoiding):
    """After a first look their sizes and noise are still on their way, and they tell less."""
    search = search_among(avoiding[0])
    best = search.judge.hear(search.rounded(3))

    glanced, first = search.glance(best), search.whole(best.profiles, steps=1)

    assert search.judge.trial.gains(glanced).sum() > search.judge.trial.gains(first).sum()


def test_nobody_waits_for_profiles_far_behind_to_settle(planted):
    """Where a few tags mark each circle, a first look at all tags is enough."""
    search = search_among(planted(circles=8, users=4000, signal=0.8, seed=4).X)

    assert search.glance(search.judge.hear(search.rounded(8))) is None


@pytest.mark.parametrize(
    ("ahead", "was_whole", "stays_whole"),
    [
        (0.0, False, False),
        (0.0, True, True),
        (0.3, False, True),
        (0.3, True, True),
        (-0.3, False, False),
        (-0.3, True, False),
    ],
)
def test_a_kind_of_profiles_stays_unless_the_other_tells_clearly_more(
    avoiding, ahead, was_whole, stays_whole
):
    """`ahead` is by how much profiles of all tags tell more, a person."""
    search = replace(
        search_among(avoiding[0]),
        judge=Judge(
            Verdict(whole=np.full(700, 1.0 + ahead), signatures=np.full(700, 1.0)), was_whole
        ),
    )
    best = search.judge.hear(search.rounded(3))

    turned = search.judge.turned(best, search.whole(best.profiles))

    assert (turned.profiles.crowd_prior > 0.0) == stays_whole


def test_no_profile_of_all_tags_leaves_what_was_found(avoiding):
    """There may be too many circles and tags for them."""
    search = search_among(avoiding[0], was_whole=True)
    best = search.judge.hear(search.rounded(3))

    assert search.judge.turned(best, None) is best


@pytest.mark.parametrize(("best", "beyond"), [(5, 8), (8, 14)])
def test_the_set_after_a_climb_is_counted_anew_and_stays_if_it_tells_more(planted, best, beyond):
    """Eight circles of two hundred people end as eight, whether the climb ended before them."""
    search = search_among(planted(circles=8, users=1600, signal=0.8, seed=4).X)
    climbed = Climbed(search.judge.hear(search.rounded(best)), search.rounded(beyond))

    found = search.recounted(climbed)

    assert found.profiles.n_circles == 8


def test_large_circles_are_not_counted_anew_after_a_climb(planted):
    """They have people enough to show their tags while they are learned."""
    search = search_among(planted(circles=8, users=4000, signal=0.8, seed=4).X)
    climbed = Climbed(search.judge.hear(search.rounded(5)), search.rounded(8))

    assert search.recounted(climbed) is climbed.best


def test_a_climb_keeps_the_set_at_which_it_ended(planted):
    """The best, and the finer one which told no more."""
    search = search_among(planted(circles=8, users=1600, signal=0.8, seed=4).X)

    climbed = search.climbed(
        search.judge.hear(search.rounded(5)), lambda count, _: search.rounded(count)
    )

    assert climbed.best.profiles.n_circles == 8
    assert climbed.beyond is not None
    assert climbed.beyond is not climbed.best.profiles


def test_of_circles_found_twice_one_each_is_dropped(planted):
    """Nobody misses either, as the other takes its place; without both, their people would."""
    search = search_among(planted(circles=8, users=4000, signal=0.8, seed=4).X)
    once = search.dense()
    twice = only(once, np.repeat(np.arange(once.n_circles), 2))

    fewer = search.fewer(once.n_circles, twice)

    before, after = (
        assign_observed(profiles, search.everything, max_circles=0).labels
        for profiles in (once, fewer)
    )
    assert fewer.n_circles == once.n_circles
    assert adjusted_mutual_info_score(before, after) > 0.9


def test_where_the_number_is_given_a_little_more_told_is_enough(avoiding):
    """More circles have to pay for themselves elsewhere; here there are no more of them."""
    search = replace(
        search_among(avoiding[0]),
        judge=Judge(Verdict(whole=np.full(700, 1.005), signatures=np.full(700, 1.0))),
    )
    best = search.judge.hear(search.rounded(3))
    whole = search.whole(best.profiles)

    assert search.judge.likelier(best, whole).profiles is whole
    assert search.judge.better(best, whole) is best


def test_a_set_of_far_fewer_circles_is_none_of_those_asked_for(avoiding):
    """However much it tells."""
    search = replace(
        search_among(avoiding[0]),
        judge=Judge(Verdict(whole=np.full(700, 2.0), signatures=np.full(700, 1.0))),
    )
    best = search.judge.hear(search.rounded(3))
    one = only(search.whole(best.profiles), np.arange(1))

    assert search.judge.likelier(best, one) is best


def test_signatures_of_large_circles_are_not_counted_anew(planted):
    """Two circles of two thousand have met their tags already; forty of them have not."""
    search = search_among(planted(circles=8, users=4000, seed=4).X)
    large = only(search.dense(), np.arange(2))

    assert search.anew(large) is None
    assert search.anew(only(large, np.repeat(np.arange(2), 20))) is not None


def test_a_glance_at_all_tags_stands_where_learning_on_tells_less(avoiding, monkeypatch):
    """Asked for a number as well: very light people are told worse with every step."""
    search = search_among(avoiding[0])
    monkeypatch.setattr(Search, "whole", lambda *_, **__: None)

    assert search.about(3).crowd_prior > 0.0


def search_among(X, *, min_share=0.02, was_whole=False):
    """A search among some people, all of whom are learned from."""
    told = Rows.of(X)
    rows = damped_rows(told, unit=usual_weight(told))
    canon, everyone = Canon.of(rows), np.arange(rows.n_rows)
    held_back = HeldBack.of(rows, canon, seed=0)
    sample = draw_sample(rows, canon, everyone, held_back, seed=0)
    trial = held_back.trial(rows, everyone, crowd=sample.crowd)
    return Search(sample, rows, min_share, 0, Judge(trial, was_whole))
