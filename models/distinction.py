"""What sets the people of each circle apart: the tags they have more often, and how surely.

Whether a tag is more common among a circle's people than among all is asked by the upper tail of
the binomial distribution, conservative against drawing without replacement, and corrected for
asking it of every circle and tag at once (Benjamini & Hochberg 1995). Circles are made of the very
tags that are tested: the test keeps chance out of a small circle's description and does not say
that the circle exists; its stability does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import bdtrc

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SURE = 0.05
"""False discoveries borne among the tags called distinctive."""
KEPT = 60
"""Tags looked at for each circle, the most telling ones."""


@dataclass(frozen=True)
class Mark:
    """A tag of a circle.

    `telling` is its share of the circle's tags times the log of how much larger that share is than
    in the crowd; `share` the part of the circle's people who have it, `lift` that over the part of
    all people (100 times this is the target group index), `q_value` the corrected significance.
    """

    tag: str
    telling: float
    share: float
    lift: float
    q_value: float

    @property
    def is_sure(self) -> bool:
        """Whether the circle's people have the tag more often than chance explains."""
        return self.q_value <= SURE and self.lift > 1.0


@dataclass(frozen=True, eq=False)
class Counts:
    """How many people of each circle have each tag: circles x tags, people, and holders."""

    joint: sparse.csr_array
    sizes: IntArray
    holders: IntArray
    people: int

    @classmethod
    def of(cls, X: sparse.csr_array, members: sparse.csr_array) -> "Counts":
        """Count over people x tags and people x circles; whoever has no tag does not count."""
        has = sparse.csr_array((X > 0).astype(np.int64))
        belongs = sparse.csr_array((members > 0).astype(np.int64))
        joint = sparse.csr_array(belongs.T @ has)
        joint.sort_indices()
        return cls(
            joint,
            np.asarray(belongs.sum(axis=0)).ravel(),
            np.asarray(has.sum(axis=0)).ravel(),
            int(np.count_nonzero(np.diff(has.indptr))),
        )


def tag_marks(
    X: sparse.csr_array,
    members: sparse.csr_array,
    *,
    profiles: sparse.csr_array,
    background: FloatArray,
    tags: Sequence[str],
    denied: Sequence[str] = (),
) -> list[list[Mark]]:
    """Describe every circle by its tags: the sure ones first, the most telling of them before.

    Parameters
    ----------
    X : csr_array of shape (n_users, n_tags)
        Weights; above 0 means a person has the tag.
    members : csr_array of shape (n_users, n_circles)
        Strengths; above 0 means a person belongs, whatever the rank.
    profiles : csr_array of shape (n_circles, n_tags)
        Signatures, rows adding up to 1.
    background : ndarray of shape (n_tags,)
        Shares of the tags in the crowd.
    denied : sequence of str
        Tags, or patterns such as `label:health=*`, that are never said.
    """
    counts = Counts.of(X, members)
    q_values = significance(counts)
    spoken = np.array([not is_denied(tag, denied) for tag in tags], dtype=bool)
    rows = []
    for circle in range(profiles.shape[0]):
        columns, telling = most_telling(profiles, background, circle, spoken)
        marks = marks_of(counts, q_values, circle, columns, telling, tags)
        rows.append(sorted(marks, key=lambda mark: not mark.is_sure))
    return rows


def most_telling(
    profiles: sparse.csr_array,
    background: FloatArray,
    circle: int,
    spoken: npt.NDArray[np.bool_],
) -> tuple[IntArray, FloatArray]:
    """The columns of a circle's most telling tags, those as usual in the crowd last."""
    span = slice(profiles.indptr[circle], profiles.indptr[circle + 1])
    columns, shares = profiles.indices[span], profiles.data[span]
    lift = shares / np.maximum(background[columns], 1e-12)
    telling = shares * np.log(np.maximum(lift, 1.0))
    order = np.lexsort((columns, -telling))
    order = order[spoken[columns[order]]][:KEPT]
    return columns[order].astype(np.int64), telling[order]


def marks_of(
    counts: Counts,
    q_values: FloatArray,
    circle: int,
    columns: IntArray,
    telling: FloatArray,
    tags: Sequence[str],
) -> list[Mark]:
    """Put together what is known of some tags in one circle."""
    span = slice(counts.joint.indptr[circle], counts.joint.indptr[circle + 1])
    seen, held = counts.joint.indices[span], counts.joint.data[span]
    at = np.searchsorted(seen, columns)
    is_seen = np.append(seen, -1)[at] == columns
    share = np.where(is_seen, np.append(held, 0)[at], 0) / max(int(counts.sizes[circle]), 1)
    usual = counts.holders[columns] / max(counts.people, 1)
    lift = share / np.maximum(usual, 1e-12)
    q_value = np.where(is_seen, np.append(q_values[span], 1.0)[at], 1.0)
    figures = zip(columns, telling, share, lift, q_value, strict=True)
    return [Mark(tags[column], *map(float, values)) for column, *values in figures]


def significance(counts: Counts) -> FloatArray:
    """Return the corrected significance of each entry of `counts.joint`, in its order."""
    joint = counts.joint
    owner = np.repeat(np.arange(joint.shape[0]), np.diff(joint.indptr))
    usual = np.minimum(counts.holders[joint.indices] / max(counts.people, 1), 1.0)
    p_values = bdtrc(joint.data - 1.0, counts.sizes[owner], usual)
    return corrected(p_values, questions=joint.shape[0] * joint.shape[1])


def corrected(p_values: FloatArray, *, questions: int) -> FloatArray:
    """Return q-values: the smallest false discovery rate at which each p-value counts.

    Of `questions` asked, those not listed had the answer 1 (Benjamini & Hochberg 1995).
    """
    order = np.argsort(-p_values, kind="stable")
    rank = np.arange(len(p_values), 0, -1)
    q_values = np.empty(len(p_values))
    q_values[order] = np.minimum.accumulate(p_values[order] * questions / np.maximum(rank, 1))
    return np.minimum(q_values, 1.0)


def is_denied(tag: str, patterns: Sequence[str]) -> bool:
    """Whether a tag is one of `patterns`, which are tags or globs such as `label:health=*`."""
    return any(tag == pattern or fnmatchcase(tag, pattern) for pattern in patterns)
