"""Held-out tag information: bits per hidden tag that a person's circle gives over the crowd.

Of everyone with five or more distinct tags, each tag is hidden with probability 0.2, decided by a
hash and so alike on every machine. Methods see the rest. A circle's distribution is counted from
the seen tags of its people and smoothed toward the crowd; who is in no circle gains nothing.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

Labels = npt.NDArray[np.int64]
SMOOTHING = 200.0
HIDDEN_SHARE = 0.2
FEWEST_TAGS = 5


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What is hidden of people: `seen` is users x tags of 0 and 1, `row` and `column` the rest."""

    seen: sparse.csr_array
    row: Labels
    column: Labels

    @classmethod
    def of(cls, pairs: pd.DataFrame, users: pd.Index, tags: pd.Index) -> Self:
        """Count pairs of `user_id`, `tag` with a column `hidden`."""
        rows, columns = users.get_indexer(pairs.user_id), tags.get_indexer(pairs.tag)
        hidden = pairs.hidden.to_numpy()
        cells = (np.ones((~hidden).sum()), (rows[~hidden], columns[~hidden]))
        seen = sparse.csr_array(cells, shape=(len(users), len(tags)))
        return cls(seen, rows[hidden], columns[hidden])

    def bits(self, labels: Labels) -> float:
        """Return the mean information of the circles about a hidden tag; -1 is in no circle."""
        gain = self.gains(labels)
        return float(gain.mean()) if len(gain) else 0.0

    def gains(self, labels: Labels) -> npt.NDArray[np.float64]:
        """Return the bits gained on each hidden tag."""
        crowd = np.asarray(self.seen.sum(axis=0)).ravel() + 0.1
        crowd /= crowd.sum()
        inside = np.flatnonzero(labels >= 0)
        cells = (np.ones(len(inside)), (labels[inside], inside))
        who = sparse.csr_array(cells, shape=(labels.max(initial=-1) + 1, len(labels)))
        count = (who @ self.seen).toarray()
        circles = (count + SMOOTHING * crowd) / (count.sum(axis=1, keepdims=True) + SMOOTHING)
        gain = np.zeros(len(self.row))
        placed = labels[self.row] >= 0
        column = self.column[placed]
        gain[placed] = np.log2(circles[labels[self.row[placed]], column] / crowd[column])
        return gain


def split(events: pd.DataFrame) -> pd.DataFrame:
    """Return the distinct pairs of `user_id` and `tag`, and whether each is `hidden`."""
    pairs = events[["user_id", "tag"]].drop_duplicates().astype(str)
    joined = pairs.user_id + "\x1f" + pairs.tag
    chance = pd.util.hash_pandas_object(joined, index=False) / 2**64
    many = pairs.groupby("user_id").tag.transform("size") >= FEWEST_TAGS
    return pairs.assign(hidden=(chance < HIDDEN_SHARE) & many)
