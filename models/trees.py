"""Boosted trees as plain arrays: their log-odds by comparisons of numpy alone.

Each tree keeps one word a row, a bit for each leaf. A split whose test fails clears the leaves on
its left; the lowest bit left is the leaf reached. No row walks down a tree, so a million rows take
as many vector comparisons as there are splits.

References
----------
Lucchese et al. (2015), "QuickScorer: a fast algorithm to rank documents with additive ensembles of
regression trees".
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

FloatArray = NDArray[np.float64]
BLOCK = 16_384
WORDS = (np.uint8, np.uint16, np.uint32, np.uint64)
Word = np.unsignedinteger[Any]


@dataclass(frozen=True, eq=False)
class Trees:
    """Boosted trees of a binary classifier; leaves of a tree are numbered from the left.

    Attributes
    ----------
    split_starts : ndarray of shape (n_trees + 1,)
        Where the splits of each tree begin.
    feature, threshold, missing_left : ndarray of shape (n_splits,)
        A row goes left when the feature is at most the threshold; without a value where
        `missing_left` says.
    leaves_kept : ndarray of shape (n_splits,), unsigned
        Bits of the leaves a row may still reach when it does not go left.
    leaf_starts : ndarray of shape (n_trees + 1,), leaf_values : ndarray of shape (n_leaves,)
        Log-odds each leaf adds.
    baseline : ndarray of shape (1,)
        Log-odds before any tree.
    """

    split_starts: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: FloatArray
    missing_left: NDArray[np.bool_]
    leaves_kept: NDArray[Word]
    leaf_starts: NDArray[np.int64]
    leaf_values: FloatArray
    baseline: FloatArray

    @classmethod
    def of(cls, booster: "HistGradientBoostingClassifier") -> Self:
        """Take the trees out of a fitted binary classifier.

        Raises
        ------
        ValueError
            When a tree has more than 64 leaves, or splits on categories.
        """
        # scikit-learn shows these trees nowhere public; a test holds both predictors together.
        grown = [_Grown.of(each[0].nodes) for each in booster._predictors]
        word = _word_for(max((len(tree.values) for tree in grown), default=1))
        return cls(
            split_starts=_starts([len(tree.feature) for tree in grown]),
            feature=_joined([tree.feature for tree in grown], np.int64),
            threshold=_joined([tree.threshold for tree in grown], np.float64),
            missing_left=_joined([tree.missing_left for tree in grown], np.bool_),
            leaves_kept=_joined([tree.leaves_kept for tree in grown], word),
            leaf_starts=_starts([len(tree.values) for tree in grown]),
            leaf_values=_joined([tree.values for tree in grown], np.float64),
            baseline=np.asarray(booster._baseline_prediction, dtype=np.float64).reshape(1),
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Read back what `to_arrays` gave."""
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything under its name, fit to be kept without pickle."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def n_trees(self) -> int:
        """How many trees there are."""
        return len(self.split_starts) - 1

    def log_odds(self, X: FloatArray) -> FloatArray:
        """Return the log-odds of each row, shape (n,); NaN in X means unknown."""
        total = np.full(X.shape[0], self.baseline[0])
        for start in range(0, X.shape[0], BLOCK):
            rows = slice(start, start + BLOCK)
            self._add(np.ascontiguousarray(X[rows].T), total[rows])
        return total

    def _add(self, columns: FloatArray, total: FloatArray) -> None:
        """Add what each tree says of a block, given as features x rows, to its total."""
        unknown = np.isnan(columns)
        has_unknown = np.atleast_1d(unknown.any(axis=1))
        everything = np.iinfo(self.leaves_kept.dtype).max
        for tree in range(self.n_trees):
            leaves = np.full(columns.shape[1], everything, dtype=self.leaves_kept.dtype)
            for split in range(self.split_starts[tree], self.split_starts[tree + 1]):
                feature = self.feature[split]
                is_left = columns[feature] <= self.threshold[split]
                if self.missing_left[split] and has_unknown[feature]:
                    is_left |= unknown[feature]
                # all bits where the row goes left, the leaves kept where it does not
                leaves &= np.where(is_left, everything, self.leaves_kept[split])
            lowest = np.bitwise_count((leaves & -leaves) - leaves.dtype.type(1))
            values = self.leaf_values[self.leaf_starts[tree] : self.leaf_starts[tree + 1]]
            total += values[lowest]


def no_trees(baseline: float) -> Trees:
    """Return an ensemble of no tree: the same log-odds for every row."""
    nothing = np.zeros(0, dtype=np.int64)
    return Trees(
        split_starts=_starts([]),
        feature=nothing,
        threshold=np.zeros(0),
        missing_left=np.zeros(0, dtype=np.bool_),
        leaves_kept=np.zeros(0, dtype=np.uint8),
        leaf_starts=_starts([]),
        leaf_values=np.zeros(0),
        baseline=np.array([baseline]),
    )


@dataclass(frozen=True, eq=False)
class _Grown:
    """One tree: its splits, and the values of its leaves from the left."""

    feature: NDArray[np.int64]
    threshold: FloatArray
    missing_left: NDArray[np.bool_]
    leaves_kept: list[int]
    values: FloatArray

    @classmethod
    def of(cls, nodes: NDArray[Any]) -> "_Grown":
        """Number the leaves under each node from the left."""
        if nodes["is_categorical"].any():
            raise ValueError("`booster` splits on categories; only numbers can be read.")
        spans, order = _spans(nodes)
        splits = np.flatnonzero(nodes["is_leaf"] == 0)
        left = [spans[int(nodes["left"][at])] for at in splits]
        everything = (1 << 64) - 1
        return cls(
            feature=nodes["feature_idx"][splits].astype(np.int64),
            threshold=nodes["num_threshold"][splits].astype(np.float64),
            missing_left=nodes["missing_go_to_left"][splits].astype(bool),
            leaves_kept=[everything ^ ((1 << stop) - (1 << start)) for start, stop in left],
            values=nodes["value"][order].astype(np.float64),
        )


def _spans(nodes: NDArray[Any]) -> tuple[dict[int, tuple[int, int]], list[int]]:
    """Return which leaves lie under each node, and the nodes that are leaves from the left."""
    spans: dict[int, tuple[int, int]] = {}
    order: list[int] = []

    def visit(at: int) -> None:
        first = len(order)
        if nodes["is_leaf"][at]:
            order.append(at)
        else:
            visit(int(nodes["left"][at]))
            visit(int(nodes["right"][at]))
        spans[at] = first, len(order)

    visit(0)
    return spans, order


def _word_for(most_leaves: int) -> type[Word]:
    """Return the smallest word with a bit for each leaf."""
    for word in WORDS:
        if most_leaves <= np.iinfo(word).bits:
            return word
    raise ValueError(f"`booster` has a tree of {most_leaves} leaves; at most 64 can be read.")


def _starts(counts: list[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _joined(parts: list[Any], kind: type[Any]) -> NDArray[Any]:
    """Lay parts end to end; of words wider than `kind` the low bits are kept."""
    flat = [value for part in parts for value in part]
    if np.issubdtype(kind, np.unsignedinteger):
        most = int(np.iinfo(kind).max)
        return np.array([int(value) & most for value in flat], dtype=kind)
    return np.array(flat, dtype=kind)
