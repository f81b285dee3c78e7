"""Answers about who shares what: probability with bounds, what it rests on, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.evidence import features
from models.reasons import REASONS, Reasons, reasons_of
from models.sharemodel import Estimate, ShareModel, bounded
from models.shrinkage import FloatArray, spread_left
from segmentation.learned import LEVEL, Learned
from segmentation.sharestate import Asked

Flags = npt.NDArray[np.bool_]
NAMES = ("share_probability", "low", "high")
LEAST = 1e-9  # what adds less says nothing but how numbers are rounded
STRANGERS = ("base_rate", "{basis}, new user", "{basis}, new content", "{basis}")
"""What an answer rests on: nothing known, the content known, the user, both."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Probabilities with bounds, what each rests on as a string array, and reasons if asked."""

    said: Estimate
    basis: pa.Array
    why: Reasons | None = None

    def columns(self) -> dict[str, pa.Array]:
        """Return the columns of a table of answers; reasons come the strongest first."""
        named = dict(zip(NAMES, map(pa.array, self.said.columns()), strict=True))
        named["basis"] = self.basis
        return named if self.why is None else named | {"reasons": listed(self.why)}


def answers_of(
    model: ShareModel,
    learned: Learned,
    counts: Mapping[str, FloatArray],
    asked: Asked,
    *,
    why: bool = False,
) -> Answers:
    """Answer asked rows by the model a run learned, from the `COUNTS` before each.

    Where neither the user nor the content is known the crowd's rate is told, without a reason.
    """
    X = features(counts)
    past = np.column_stack([counts["user_shares"], counts["content_shares"]])
    said = model.estimate(X, shares=past, level=LEVEL)
    users, contents = asked.person >= 0, asked.item >= 0
    strangers = ~(users | contents)
    words = pa.array([words.format(basis=learned.basis) for words in STRANGERS])
    reasons = reasons_of(model, X) if why else None
    if reasons is not None:
        reasons.parts[strangers] = 0.0
    return Answers(
        said=with_crowd(said, learned, strangers=strangers),
        basis=words.take(pa.array(2 * users + contents)),
        why=reasons,
    )


def of_the_crowd(learned: Learned, rows: int, *, why: bool = False) -> Answers:
    """Answer every row by the crowd's rate, where there is no model."""
    reasons = Reasons(0.0, np.zeros((rows, len(REASONS)))) if why else None
    said = crowd_estimate(learned, rows)
    return Answers(said, pa.array([learned.basis]).take(pa.array(np.zeros(rows, int))), reasons)


def with_crowd(said: Estimate, learned: Learned, *, strangers: Flags) -> Estimate:
    """Put the crowd's rate where neither the user nor the content is known."""
    if not strangers.any():
        return said
    crowd = crowd_estimate(learned, strangers.size)
    pairs = zip(said.columns(), crowd.columns(), strict=True)
    return Estimate(*(np.where(strangers, theirs, mine) for mine, theirs in pairs))


def crowd_estimate(learned: Learned, rows: int) -> Estimate:
    """Return the crowd's rate, as unsure as it is of one user and one content.

    Without any exposure it is 0, between 0 and 1.
    """
    rate, low, high = (np.full(1, value) for value in learned.crowd)
    if learned.basis != "none":
        spread = spread_left(learned.spread, shares=np.zeros((1, 1))).sum(axis=1)
        wide = bounded(rate, relative_variance=spread, level=LEVEL)
        low, high = np.minimum(wide.low, low), np.maximum(wide.high, high)
    return Estimate(*(np.repeat(value, rows) for value in (rate, low, high)))


def listed(why: Reasons) -> pa.Array:
    """Return each row's reasons that say anything, the strongest first."""
    order = np.argsort(-np.abs(why.parts), axis=1, kind="stable")
    parts = np.take_along_axis(why.parts, order, axis=1)
    says = np.abs(parts) > LEAST
    entries = pa.StructArray.from_arrays(
        [pa.array(list(REASONS)).take(pa.array(order[says])), pa.array(parts[says])],
        ["reason", "log_odds"],
    )
    ends = np.concatenate([[0], np.cumsum(says.sum(axis=1))])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), entries)
