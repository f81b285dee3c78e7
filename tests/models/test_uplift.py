"""The effect of a right on each person, learned where it was drawn by lot."""

import numpy as np
import pytest

from models.uplift import fit_uplift, grades, ranking


def drawn_by_lot(people, *, seed, differ=True):
    """People with six facts, half of them treated; the first two facts decide the effect."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(people, 6))
    X[rng.random((people, 6)) < 0.05] = np.nan
    known = np.nan_to_num(X)
    treated = rng.random(people) < 0.5
    effect = 0.3 + differ * (0.6 * known[:, 0] + 0.5 * (known[:, 1] > 0.5))
    outcome = 2.0 * known[:, 2] + known[:, 0] + effect * treated + rng.normal(size=people)
    return X, treated, outcome, effect


@pytest.fixture(scope="module")
def learned():
    """A model, and other people drawn by lot whom it never saw."""
    X, treated, outcome, _ = drawn_by_lot(20_000, seed=0)
    return fit_uplift(X, treated, outcome), drawn_by_lot(20_000, seed=1)


def test_those_it_puts_first_gain_most(learned):
    """On other people: better than any random order, and near the true one."""
    model, (X, treated, outcome, effect) = learned

    found = ranking(model.predict(X), treated, outcome)
    best = ranking(effect, treated, outcome)

    assert model.tells_apart
    assert found.beats_random
    assert found.qini > 0.8 * best.qini


@pytest.mark.parametrize("seed", range(3))
def test_what_it_foretells_comes_true_tenth_by_tenth(seed):
    """The slope of realised on predicted uplift lies between .8 and 1.2."""
    X, treated, outcome, _ = drawn_by_lot(20_000, seed=10 + seed)
    model = fit_uplift(X[:10_000], treated[:10_000], outcome[:10_000])

    judged = grades(model.predict(X[10_000:]), treated[10_000:], outcome[10_000:])

    assert 0.8 <= judged.slope <= 1.2
    inside = (judged.low <= judged.predicted) & (judged.predicted <= judged.high)
    assert inside.sum() >= 8


def test_taking_off_what_was_usual_narrows_the_bounds():
    """On the people learned from, each told by the others: bounds and error shrink by a third."""
    X, treated, outcome, _ = drawn_by_lot(10_000, seed=20)
    model = fit_uplift(X, treated, outcome)
    given = (model.out_of_fold, treated, outcome)

    plain, narrow = grades(*given), grades(*given, usual=model.usual)

    assert np.all(narrow.high - narrow.low < 0.67 * (plain.high - plain.low))
    assert ranking(*given, usual=model.usual).error < 0.67 * ranking(*given).error
    assert 0.8 <= narrow.slope <= 1.2


def test_where_all_gain_alike_nobody_is_told_apart():
    """In nineteen worlds of twenty; everybody then gets the mean effect."""
    apart = 0
    for seed in range(20):
        X, treated, outcome, _ = drawn_by_lot(2_000, seed=100 + seed, differ=False)
        model = fit_uplift(X, treated, outcome, max_iter=20)
        apart += model.tells_apart
        if not model.tells_apart:
            assert np.ptp(model.predict(X)) == 0.0

    assert apart <= 3


def test_a_random_order_is_not_taken_for_a_good_one():
    """The error of the area holds: about one random order in twenty looks better than chance."""
    rng = np.random.default_rng(3)
    _, treated, outcome, _ = drawn_by_lot(2_000, seed=4)

    better = [ranking(rng.random(2_000), treated, outcome).beats_random for _ in range(400)]

    assert 0.02 <= np.mean(better) <= 0.09


def test_the_same_people_give_the_same_answer():
    """To the bit."""
    X, treated, outcome, _ = drawn_by_lot(2_000, seed=5)

    one, two = (fit_uplift(X, treated, outcome, max_iter=20).predict(X) for _ in range(2))

    assert (one == two).all()


def test_an_arm_of_nobody_is_refused():
    """The message says how many there are."""
    X, treated, outcome, _ = drawn_by_lot(100, seed=6)

    with pytest.raises(ValueError, match="the smaller one has 0"):
        fit_uplift(X, np.ones_like(treated), outcome)
