"""Circles that stay: those found where they are firm, fewer where only fewer are."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from models.mixture import dense, with_signatures
from segmentation.circling import find_circles, placed
from segmentation.config import CirclesConfig
from segmentation.parents import families
from segmentation.settling import settle
from segmentation.tags import FacetMatrix

CONFIG = CirclesConfig(resamples=3)


def tastes(places: np.ndarray, *, side: int, width: float, seed: int = 0) -> FacetMatrix:
    """People at places of a plane that is round at its edges, who like a dozen tags around."""
    rng = np.random.default_rng(seed)
    people, dimensions = places.shape
    liked = np.rint(places[:, None] + rng.normal(0, width, (people, 12, dimensions)))
    columns = (liked.astype(int) % side) @ side ** np.arange(dimensions)
    matrix = sparse.csr_array(
        (np.ones(columns.size), (np.repeat(np.arange(people), 12), columns.ravel())),
        shape=(people, side**dimensions),
    )
    matrix.sum_duplicates()
    names = [f"tag {number:03d}" for number in range(side**dimensions)]
    return FacetMatrix(matrix, names, np.full(people, "", dtype="<U16"), ())


def hills(*, steepness: float, people: int = 2000) -> FacetMatrix:
    """People around four middles of a plane, nearer to them the steeper."""
    rng = np.random.default_rng(0)
    middles = rng.integers(0, 2, (people, 2)) * 8
    return tastes(middles + rng.normal(0, 1 / steepness, (people, 2)), side=16, width=2.5)


def shores(people: int = 1200, length: int = 40) -> FacetMatrix:
    """People round four islands, each with tags of its own."""
    rng = np.random.default_rng(0)
    island, place = rng.integers(0, 4, people), rng.random(people) * length
    liked = np.rint(place[:, None] + rng.normal(0, 7.0, (people, 8))).astype(int) % length
    columns = (island[:, None] * length + liked).ravel()
    matrix = sparse.csr_array(
        (np.ones(columns.size), (np.repeat(np.arange(people), 8), columns)),
        shape=(people, 4 * length),
    )
    matrix.sum_duplicates()
    names = [f"tag {number:03d}" for number in range(4 * length)]
    return FacetMatrix(matrix, names, np.full(people, "", dtype="<U16"), ())


def settled(facet, *, config=CONFIG, asked=False, before=0, begun=lambda: None):
    """Find and test circles as a run does."""

    def about(count=None):
        return find_circles(facet, config, name="interest", seed=0, about=count)

    found = about(13) if asked else about()
    answer = settle(
        found, facet, config, about=about, asked=asked, before=before, seed=0, begun=begun
    )
    return found, answer


@pytest.fixture(scope="module")
def gentle():
    """Hills so gentle that they are cut at other places among other people."""
    return hills(steepness=0.36)


def firmness(answer):
    """The stability of the circle a person is in, on average."""
    return answer.firmness.over_people


def test_fewer_stay_where_those_found_are_weak(gentle):
    """Half as many, firm; the curve and what was found are told."""
    found, answer = settled(gentle)
    fewer = answer.circles.model.n_circles

    assert answer.found == found.model.n_circles > 1.5 * fewer
    assert fewer > 3
    assert firmness(answer) > 0.6
    assert {fewer, answer.found} <= {level.circles for level in answer.curve}


def test_as_many_as_before_stay_while_they_are_firm(gentle):
    """Though more would be firm as well."""
    _, answer = settled(gentle, before=4)

    assert answer.circles.model.n_circles == 4


def test_the_crowd_is_no_firmer_circle(gentle):
    """Where fewer circles come to one of everybody, still fewer are tried."""
    tried = []

    def about(count):
        tried.append(count)
        fewer = find_circles(gentle, CONFIG, name="interest", seed=0, about=count)
        return fewer if len(tried) > 1 else replace(fewer, labels=np.zeros_like(fewer.labels))

    found = find_circles(gentle, CONFIG, name="interest", seed=0)
    answer = settle(
        found, gentle, CONFIG, about=about, asked=False, before=0, seed=0, begun=lambda: None
    )

    assert tried[0] > tried[1]
    assert answer.circles.model.n_circles == tried[1]
    assert answer.firmness.over_people > 0.6


def test_circles_in_firm_families_stay():
    """A dozen stretches of shore, weak, but of four islands."""
    found, answer = settled(shores())

    assert firmness(answer) < 0.6
    assert answer.circles is found
    assert families(found, shores()).max() == 3
    assert next(level for level in answer.curve if level.circles == 4).stability > 0.95


def test_a_number_asked_for_stays(gentle):
    """However weak its circles."""
    found, answer = settled(gentle, asked=True)

    assert answer.circles is found
    assert answer.curve


def test_firm_circles_stay():
    """Where hills are steep."""
    found, answer = settled(hills(steepness=1.0))

    assert firmness(answer) > 0.8
    assert answer.circles is found


def test_each_refit_is_heard_of(gentle):
    """Those of the circles found, the one the first way fails in, and those of the fewer ones."""
    heard = []
    settled(gentle, begun=lambda: heard.append(1))

    assert len(heard) == 2 * CONFIG.resamples + 1


def test_nothing_is_measured_without_resamples(gentle):
    """No curve, and every circle's stability unknown."""
    found, answer = settled(gentle, config=CirclesConfig(resamples=0))

    assert answer.circles is found
    assert len(answer.firmness.stability.mean) == answer.found
    assert np.isnan(answer.firmness.stability.mean).all()
    assert answer.curve == []


def test_without_circles_there_is_nothing_to_settle():
    """Nobody has enough tags."""
    nobody = FacetMatrix(sparse.csr_array((3, 0)), [], np.array(["too_few_tags"] * 3), ())
    _, answer = settled(nobody)

    assert answer.found == 0
    assert answer.curve == []


def islands(*, sizes, crowd: int = 2600) -> FacetMatrix:
    """People of islands with a dozen tags of their own each, and a crowd who like anything."""
    rng = np.random.default_rng(0)
    liked = [rng.integers(0, 200, (crowd, 12))]
    liked += [200 + 16 * at + rng.integers(0, 16, (size, 12)) for at, size in enumerate(sizes)]
    columns, people = np.concatenate(liked).ravel(), crowd + sum(sizes)
    matrix = sparse.csr_array(
        (np.ones(columns.size), (np.repeat(np.arange(people), 12), columns)),
        shape=(people, 200 + 16 * len(sizes)),
    )
    matrix.sum_duplicates()
    names = [f"tag {number:03d}" for number in range(matrix.shape[1])]
    return FacetMatrix(matrix, names, np.full(people, "", dtype="<U16"), ())


def by_lot(facet, *, sizes):
    """The circles of the islands, and one of a few of the crowd's tags drawn by lot."""
    found = find_circles(facet, CONFIG, name="interest", seed=0)
    drawn = np.zeros(facet.matrix.shape[1])
    drawn[:40] = 1 / 40
    model = with_signatures(
        replace(found.model, noise=0.5, grid=np.array([0.2]), grid_weights=np.ones(1)),
        np.vstack([dense(found.model), drawn]),
        np.append(np.asarray(sizes, dtype=float) / 1000, 1.0) / (1 + sum(sizes) / 1000),
    )
    return placed(facet, CONFIG, model, keys=("",) * model.n_circles, conflicts=())


def judged(facet, found, *, config=CONFIG, asked=False):
    """Settle circles that cannot be fewer."""

    def about(count):
        raise AssertionError(f"{count} circles are no fewer")

    return settle(
        found, facet, config, about=about, asked=asked, before=0, seed=0, begun=lambda: None
    )


def test_chance_does_not_stay():
    """Nobody is in a circle that other people would not form, and everyone has a reason."""
    facet = islands(sizes=())
    found = by_lot(facet, sizes=())

    answer = judged(facet, found)

    assert found.model.n_circles == answer.found == 1
    assert (found.labels >= 0).sum() > 100
    assert answer.circles.model.n_circles == 0
    assert answer.fell < 0.1
    assert (answer.circles.labels == -1).all()
    assert set(answer.circles.reasons) == {"far"}
    assert answer.firmness.over_people is None


def test_firm_circles_stay_where_most_people_are_in_chance():
    """One island in a crowd."""
    facet = islands(sizes=(30,))
    found = by_lot(facet, sizes=(30,))

    answer = judged(facet, found)

    assert answer.found == 2
    assert answer.fell < 0.1
    assert answer.circles.model.n_circles == 1
    assert answer.firmness.over_people > 0.6
    assert (answer.circles.labels[2600:] == 0).all()


def test_a_number_or_a_coverage_asked_for_keeps_chance():
    """Whoever asked hears of it at the gate."""
    facet = islands(sizes=())
    found = by_lot(facet, sizes=())

    number = judged(facet, found, asked=True)
    coverage = judged(facet, found, config=replace(CONFIG, coverage=0.5))

    assert number.circles is coverage.circles is found
    assert number.fell is coverage.fell is None
    assert coverage.firmness.over_people < 0.1


def test_a_circle_that_was_wished_for_stays():
    """However few would form it."""
    facet = islands(sizes=())
    found = replace(by_lot(facet, sizes=()), keys=("seeds/ours",))

    answer = judged(facet, found)

    assert answer.circles.model.n_circles == 1
    assert answer.circles.keys == ("seeds/ours",)
    assert np.array_equal(answer.circles.labels, found.labels)
