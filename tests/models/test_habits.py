"""People told by habits: few common tags each, the circles' tags all shared with others."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.judges import agreement
from models.circles import CircleClusterer
from models.mixture import counted, crowd_shares, refine
from models.profiles import TagProfiles, assign_observed
from models.rows import Rows

KINDS, HABITS, VALUES = 10, 7, 6


def people(*, spread, seed, count=6_000):
    """Draw each of seven habits by itself from what is usual in one's kind; a quarter is unknown.

    The smaller the spread, the fewer values are usual. Returns kinds and people x values.
    """
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, KINDS, count)
    reached = rng.dirichlet(np.full(VALUES, spread), (KINDS, HABITS)).cumsum(axis=2)[kind]
    value = (rng.random((count, HABITS, 1)) > reached).sum(axis=2).clip(max=VALUES - 1)
    X = np.zeros((count, HABITS * VALUES))
    is_known = rng.random(value.shape) < 0.75
    X[np.arange(count)[:, None], np.arange(HABITS) * VALUES + value] = is_known
    return kind, X


def told_everything(kind, X):
    """Return the kind naive Bayes tells, shown how often each has every habit."""
    often = np.stack([X[kind == each].mean(axis=0) for each in range(KINDS)])
    often = often.clip(1e-3, 1 - 1e-3)
    return (X @ np.log(often / (1 - often)).T + np.log(1 - often).sum(axis=1)).argmax(axis=1)


@pytest.mark.parametrize(("spread", "seed"), [(0.2, 5), (0.2, 6), (0.4, 5), (0.4, 6)])
def test_kinds_are_told_nearly_as_well_as_by_whoever_knows_them(spread, seed):
    """Habits that one kind has in common are no echoes of each other."""
    kind, X = people(spread=spread, seed=seed)

    fitted = CircleClusterer().fit(X)

    assert fitted.model_.crowd_prior > 0.0
    assert not len(fitted.model_.echo_tags)
    assert agreement(kind, fitted.labels_) > 0.93 * agreement(kind, told_everything(kind, X))


def test_kinds_stay_apart_while_they_are_learned():
    """Judged by the other habits alone, those of one kind leak into all others step by step."""
    kind, X = people(spread=0.4, seed=5)
    rows = Rows.of(X)
    planted = counted(rows, kind, crowd=crowd_shares(rows))

    def agrees(profiles):
        return agreement(kind, assign_observed(profiles, rows, max_circles=0).labels)

    apart = refine(planted, rows, steps=6)
    together = refine(replace(planted, vouches=True), rows, steps=6)
    assert agrees(together) > 0.95 * agrees(planted)
    assert agrees(apart) < 0.8 * agrees(planted)


def test_the_order_of_the_people_changes_nothing():
    """To the last bit, where tags vouch for themselves as well."""
    _, X = people(spread=0.4, seed=5)
    order = np.random.default_rng(0).permutation(len(X))
    fitted, again = CircleClusterer().fit(X), CircleClusterer().fit(X[order])

    assert (fitted.labels_[order] == again.labels_).all()
    other = again.model_.to_arrays()
    for name, values in fitted.model_.to_arrays().items():
        assert np.array_equal(values, other[name]), name


def test_how_profiles_were_learned_is_kept():
    """What is learned from a model later is learned the same way."""
    _, X = people(spread=0.4, seed=5)
    model = CircleClusterer().fit(X).model_

    assert model.vouches
    assert TagProfiles.from_arrays(model.to_arrays()).vouches is True
