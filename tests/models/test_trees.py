"""Trees as arrays say what scikit-learn says."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from models.trees import BLOCK, Trees, no_trees


def rows(n=4_000, seed=0):
    """Columns with a signal, ties and unknown values, and outcomes that follow them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    X[:, 1] = np.round(X[:, 1])
    X[rng.random(X.shape) < 0.15] = np.nan
    signal = np.nan_to_num(X[:, 0]) + np.isnan(X[:, 2]) + np.nan_to_num(X[:, 1] ** 2)
    return X, (rng.random(n) < 1 / (1 + np.exp(2 - signal))).astype(int)


def boosted(leaves=8, **asked):
    """A booster and the rows it learned from."""
    X, y = rows(**asked)
    booster = HistGradientBoostingClassifier(
        max_iter=30, max_leaf_nodes=leaves, early_stopping=False, random_state=0
    )
    return booster.fit(X, y), X


@pytest.mark.parametrize(
    ("leaves", "word"), [(8, np.uint8), (16, np.uint16), (31, np.uint32), (64, np.uint64)]
)
def test_log_odds_are_those_of_scikit_learn(leaves, word):
    """Equal to 1e-9 on rows with unknown values, whatever the size of the trees."""
    booster, X = boosted(leaves)

    trees = Trees.of(booster)

    assert trees.leaves_kept.dtype == word
    assert np.abs(trees.log_odds(X) - booster.decision_function(X)).max() < 1e-9


def test_values_on_a_border_go_where_scikit_learn_sends_them():
    """A value equal to a threshold goes left; infinities go to their side."""
    booster, X = boosted()
    trees = Trees.of(booster)
    on_border = np.tile(X[:1], (trees.threshold.size, 1))
    on_border[np.arange(trees.threshold.size), trees.feature] = trees.threshold
    beyond = np.vstack([np.full((1, 5), np.inf), np.full((1, 5), -np.inf), np.full((1, 5), np.nan)])

    asked = np.vstack([on_border, beyond])

    assert np.array_equal(trees.log_odds(asked), booster.decision_function(asked))


def test_blocks_join_without_a_seam():
    """Rows past the first block are answered as by themselves."""
    booster, X = boosted(n=BLOCK + 100)
    trees = Trees.of(booster)

    whole = trees.log_odds(X)

    assert np.array_equal(whole[BLOCK - 5 :], trees.log_odds(X[BLOCK - 5 :]))


def test_arrays_bring_the_trees_back():
    """What is kept answers the same to the last bit."""
    booster, X = boosted()
    trees = Trees.of(booster)

    again = Trees.from_arrays(trees.to_arrays())

    assert np.array_equal(again.log_odds(X), trees.log_odds(X))


def test_equal_lessons_give_equal_arrays():
    """The same rows learned twice are the same bytes."""
    one, two = (Trees.of(boosted()[0]).to_arrays() for _ in range(2))

    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_no_trees_say_the_same_of_everybody():
    """An ensemble of no tree knows its baseline alone."""
    assert no_trees(-3.0).log_odds(np.zeros((3, 2))).tolist() == [-3.0, -3.0, -3.0]


def test_trees_too_wide_are_refused():
    """More leaves than a word has bits cannot be read."""
    booster, _ = boosted(100, n=20_000)

    with pytest.raises(ValueError, match="at most 64"):
        Trees.of(booster)


def test_splits_on_categories_are_refused():
    """Categories are not read as numbers."""
    X, y = rows()
    X[:, 1] = np.nan_to_num(X[:, 1]) + 5
    booster = HistGradientBoostingClassifier(max_iter=5, categorical_features=[1]).fit(X, y)

    with pytest.raises(ValueError, match="categories"):
        Trees.of(booster)
