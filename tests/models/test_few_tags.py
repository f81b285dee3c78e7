"""Few tags in all: people have a large part of them, and how often tells more than which."""

import numpy as np
import pytest

from benchmarks.judges import agreement
from benchmarks.planting import Population, marked, mixture, popularity, uneven_sizes
from models.circles import CircleClusterer
from models.profiles import TagProfiles

CIRCLES, TAGS, MARKS = 10, 40, 8


def planted(seed: int) -> Population:
    """Circles of which every tag belongs to several."""
    rng = np.random.default_rng([seed, CIRCLES, TAGS, 7])
    crowd = popularity(TAGS)
    profiles = marked(rng, crowd, CIRCLES, MARKS)
    sizes = uneven_sizes(rng, CIRCLES)
    return mixture(
        rng, "few tags", profiles, crowd, users=8_000, sizes=sizes, signal=0.5, noise=0.1
    )


@pytest.mark.parametrize("was_relative", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_circles_over_few_tags_are_told_by_how_often(seed, was_relative):
    """However earlier circles were told: by which tags there are alone much would be missed."""
    people = planted(seed)

    fitted = CircleClusterer(was_relative=was_relative).fit(people.X)

    assert fitted.model_.relative
    known = agreement(people.truth, people.oracle)
    assert agreement(people.truth, fitted.labels_) > 0.88 * known


def test_people_are_placed_as_they_were_fitted_after_a_reload():
    """By the same weights, one by one and all at once."""
    X = planted(1).X
    fitted = CircleClusterer().fit(X)
    kept = TagProfiles.from_arrays(fitted.model_.to_arrays())

    assert kept.relative
    assert np.array_equal(fitted.predict(X), fitted.labels_)
    alone = [int(fitted.predict(X[[row]])[0]) for row in range(50)]
    assert alone == fitted.labels_[:50].tolist()


@pytest.mark.parametrize("was_relative", [False, True])
def test_where_tags_are_many_it_stays_as_it_was(four_circles, was_relative):
    """No weights place people clearly better."""
    fitted = CircleClusterer(was_relative=was_relative).fit(four_circles.X)

    assert fitted.model_.relative == was_relative


def test_some_do_everything_more_often():
    """Which says nothing of their circle: its tags are those they do more often than others."""
    people, rng = planted(1), np.random.default_rng(1)
    X = people.X.copy()
    X.data *= np.repeat(np.exp(rng.normal(0.0, 1.5, X.shape[0])), np.diff(X.indptr))

    fitted = CircleClusterer().fit(X)

    assert fitted.model_.relative
    assert agreement(people.truth, fitted.labels_) > 0.85 * agreement(people.truth, people.oracle)


def test_profiles_kept_before_there_was_a_choice_count_as_they_did(four_circles):
    """Their arrays do not say."""
    arrays = CircleClusterer().fit(four_circles.X).model_.to_arrays()
    del arrays["relative"]

    assert not TagProfiles.from_arrays(arrays).relative
