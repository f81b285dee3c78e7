"""Circles: discover who belongs together, then place everyone by what their tags say."""

from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, check_non_negative, validate_data
from threadpoolctl import threadpool_limits

from models.discovery import discover
from models.excerpts import taken
from models.explanation import Explanation, explain
from models.levels import parents
from models.mixture import tag_sums
from models.observations import damped_rows, heeded_rows
from models.profiles import (
    Assignment,
    Belonging,
    Labels,
    TagProfiles,
    assign,
    assign_observed,
    belonging,
    reasons,
)
from models.rows import FloatArray, IntArray, Matrix, Rows
from models.seeding import RandomState, seed_of
from models.trimming import only, renumbered

if TYPE_CHECKING:
    from scipy import sparse

FEWEST_PEOPLE = 20
MIN_TAGS = 2


class CircleClusterer(BaseEstimator):
    """Find circles of people whose tags belong together, and place everyone in them.

    A circle is a tag profile; a person belongs to the circles whose profiles explain their tags
    better than the crowd does, and to none when the crowd explains them best.

    Parameters
    ----------
    n_circles : int, default=None
        About how many circles to look for; None lets the data decide.
    min_circle_share : float, default=0.0008
        Smallest share of the people a circle may hold; never fewer than 20 people.
    coverage : float, default=None
        Share of the people with enough tags to place, in (0, 1]; None lets the data decide.
    max_circles : int, default=3
        Most circles one person may be in.
    random_state : int, RandomState, Generator or None, default=0
        Seed of the samples the circles are learned from; None counts as 0, so that every fit can
        be made again.
    was_whole : bool, default=False
        Whether earlier circles of these people were told by all tags: that stays unless a few
        tags that mark each circle foretell clearly more.
    was_relative : bool, default=False
        Whether in earlier circles of these people a tag weighed by what it is beside the person's
        others: either way stays unless the other places people clearly better.

    Attributes
    ----------
    labels_ : ndarray of shape (n_users,)
        Primary circle of each person; -1 for none.
    n_circles_ : int
        Number of circles, numbered from the largest down.
    profiles_ : csr_array of shape (n_circles_, n_tags)
        Signatures: shares of the tags that mark a circle, each row adding up to 1.
    parents_ : ndarray of shape (n_circles_,)
        The coarser circle each circle is part of; -1 if it stands by itself.
    background_ : ndarray of shape (n_tags,)
        Shares of the tags in the crowd.
    model_ : TagProfiles
        All that `predict` needs, as plain arrays.
    """

    def __init__(
        self,
        n_circles: int | None = None,
        *,
        min_circle_share: float = 0.0008,
        coverage: float | None = None,
        max_circles: int = 3,
        random_state: RandomState = 0,
        was_whole: bool = False,
        was_relative: bool = False,
    ) -> None:
        self.n_circles = n_circles
        self.min_circle_share = min_circle_share
        self.coverage = coverage
        self.max_circles = max_circles
        self.random_state = random_state
        self.was_whole = was_whole
        self.was_relative = was_relative

    def fit(self, X: Matrix, y: None = None) -> Self:
        """Find the circles of users x tags; weights are raw counts, damped inside."""
        self._check_parameters()
        rows = self._rows(X, reset=True)
        with threadpool_limits(1):
            model = self._discovered(rows)
        damped = damped_rows(rows, unit=model.unit, relative=model.relative)
        observed = heeded_rows(damped, model.echoes)
        model, labels = settled(model, observed, self._fewest(rows.n_rows))
        if self.coverage is not None:
            model = replace(model, offset=covering(model, observed, self.coverage))
            labels = assign_observed(model, observed, max_circles=0).labels
        self.model_: TagProfiles = model
        self.labels_: Labels = labels
        self.n_circles_: int = model.n_circles
        self.profiles_: sparse.csr_array = model.signatures.to_csr()
        self.background_: FloatArray = model.background
        sums = tag_sums(observed, labels.astype(np.int64), count=model.n_circles)
        self.parents_: IntArray = parents(sums)
        return self

    def predict(self, X: Matrix) -> Labels:
        """Return the primary circle of each row, -1 for none."""
        return self._belonging(X, max_circles=0).labels

    def fit_predict(self, X: Matrix, y: None = None) -> Labels:
        """Find the circles and return `labels_`."""
        return self.fit(X).labels_

    def memberships(self, X: Matrix) -> "sparse.csr_array":
        """Return users x circles: the share of a person's tags each of their circles explains.

        At most `max_circles` a row, the primary largest; the remainder to 1 is the crowd's.
        """
        return self._belonging(X, max_circles=self.max_circles).members.to_csr()

    def reasons(self, X: Matrix) -> npt.NDArray[np.str_]:
        """Say of each row why it is in no circle: '' `far` `ambiguous` `too_few_tags`."""
        check_is_fitted(self)
        found = assign(self.model_, self._rows(X, reset=False), max_circles=0)
        return reasons(found, min_tags=self.model_.min_tags)

    def explain(self, x: Matrix) -> Explanation:
        """Take apart, tag by tag, the log-odds of one row's circle against the background."""
        check_is_fitted(self)
        if len(np.shape(x)) == 1:
            x = (x if hasattr(x, "reshape") else np.asarray(x)).reshape(1, -1)
        row = self._rows(x, reset=False)
        if row.n_rows != 1:
            raise ValueError(f"`x` must be one row, got {row.n_rows}.")
        return explain(self.model_, row)

    def assign(self, X: Matrix) -> Assignment:
        """Return labels, strengths and the odds behind them, in one pass."""
        check_is_fitted(self)
        return assign(self.model_, self._rows(X, reset=False), max_circles=self.max_circles)

    def _belonging(self, X: Matrix, *, max_circles: int) -> Belonging:
        check_is_fitted(self)
        return belonging(self.model_, self._rows(X, reset=False), max_circles=max_circles)

    def _discovered(self, rows: Rows) -> TagProfiles:
        return discover(
            rows,
            n_circles=self.n_circles,
            min_share=self._fewest(rows.n_rows) / rows.n_rows,
            seed=seed_of(self.random_state),
            was_whole=self.was_whole,
            was_relative=self.was_relative,
        )

    def _fewest(self, people: int) -> float:
        return max(self.min_circle_share * people, FEWEST_PEOPLE)

    def _rows(self, X: Matrix, *, reset: bool) -> Rows:
        if not reset and len(np.shape(X)) == 1:
            raise ValueError(
                "Expected 2D array, got 1D array instead. Reshape your data: "
                "`X.reshape(1, -1)` if it is a single row."
            )
        kinds = (np.float64, np.float32)
        X = validate_data(self, X, accept_sparse="csr", dtype=kinds, reset=reset)
        check_non_negative(X, "CircleClusterer")
        return Rows.of(X)

    def _check_parameters(self) -> None:
        if self.n_circles is not None and not is_count(self.n_circles):
            raise ValueError(f"`n_circles` must be None or an int >= 1, got {self.n_circles!r}.")
        if not is_count(self.max_circles):
            raise ValueError(f"`max_circles` must be an int >= 1, got {self.max_circles!r}.")
        if not 0.0 <= self.min_circle_share < 1.0:
            raise ValueError(
                f"`min_circle_share` must be in [0, 1), got {self.min_circle_share!r}."
            )
        if self.coverage is not None and not 0.0 < self.coverage <= 1.0:
            raise ValueError(f"`coverage` must be None or in (0, 1], got {self.coverage!r}.")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        return tags


def is_count(value: object) -> bool:
    """Whether a value is a whole number of at least 1."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1


def settled(model: TagProfiles, observed: Rows, fewest: float) -> tuple[TagProfiles, Labels]:
    """Drop circles with too few people and number the rest from the largest down; place people."""
    while True:
        answer = assign_observed(model, observed, max_circles=0)
        people = np.bincount(answer.labels[answer.labels >= 0], minlength=model.n_circles)
        order = np.argsort(-people, kind="stable")
        kept = order[people[order] >= fewest]
        if len(kept) == model.n_circles:
            return in_order(model, observed, answer, order)
        model = only(model, kept)


def in_order(
    model: TagProfiles, observed: Rows, answer: Assignment, order: IntArray
) -> tuple[TagProfiles, Labels]:
    """Number circles anew, and people's labels with them.

    Of two circles equally likely the lower number wins, so whom none holds by more than a half
    is placed again.
    """
    model = renumbered(model, order)
    number = np.append(np.argsort(order), -1).astype(np.int32)
    labels = number[answer.labels]
    torn = np.flatnonzero((labels >= 0) & (answer.confidence <= 0.5))
    labels[torn] = assign_observed(model, taken(observed, torn), max_circles=0).labels
    return model, labels


def covering(model: TagProfiles, observed: Rows, coverage: float) -> float:
    """Return the offset at which `coverage` of the people with enough tags are placed.

    People who share no tag with any circle cannot be placed by any offset.
    """
    answer = assign_observed(model, observed, max_circles=0)
    wanted = round(coverage * int((answer.n_known >= model.min_tags).sum()))
    margins = np.sort(answer.margins[np.isfinite(answer.margins)])[::-1]
    if not len(margins) or wanted < 1:
        return model.offset
    last = margins[min(wanted, len(margins)) - 1]
    following = margins[wanted] if wanted < len(margins) else last - 1.0
    return float(model.offset - 0.5 * (last + following))
