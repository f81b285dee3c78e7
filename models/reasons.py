"""Why somebody is likely to share a content: log-odds shared out among what is known.

Each reason is the Shapley value of a group of features: what taking the exposure's own numbers in
place of a usual exposure's adds to the log-odds, on average over every order in which the groups
could be taken. So the reasons sum to what sets the answer apart, however trees bend it.

References
----------
Sundararajan & Najmi (2020), "The many Shapley values for model explanation" (baseline Shapley).
"""

from dataclasses import dataclass
from math import factorial

import numpy as np

from models.evidence import FEATURES, put_together, taken_apart
from models.sharemodel import ShareModel
from models.shrinkage import FloatArray

REASONS = {
    "own_shares": ("user_exposures", "user_shares", "user_lift"),
    "circle": ("circle_lift", "resonance"),
    "content": ("content_exposures", "content_lift", "author_lift"),
    "tags": ("tag_lift",),
    "tastes": ("tag_match",),
    "activity": ("recency_days", "events", "events_30d", "voice"),
    "ties": ("ties",),
}
"""What speaks for or against a share, and the features that say so."""
BLOCK = 16_384


@dataclass(frozen=True, eq=False)
class Reasons:
    """Log-odds of a usual exposure, and what each of the `REASONS` adds to them.

    `parts` has a row an exposure and a column a reason; `base` plus a row's parts are the
    calibrated log-odds of its answer.
    """

    base: float
    parts: FloatArray


def usual_log_odds(model: ShareModel) -> float:
    """Return the log-odds of a usual exposure: that nothing speaks for or against."""
    usual = put_together(taken_apart(model.linear.means[None, :]))
    return float(model.log_odds(usual)[0])


def reasons_of(model: ShareModel, X: FloatArray) -> Reasons:
    """Share the log-odds of each row of features out among the reasons."""
    usual = taken_apart(model.linear.means[None, :])
    blocks = [X[start : start + BLOCK] for start in range(0, len(X), BLOCK)]
    parts = [_shared_out(model, taken_apart(block), usual) for block in blocks]
    return Reasons(usual_log_odds(model), np.concatenate([np.zeros((0, len(REASONS))), *parts]))


def _shared_out(model: ShareModel, rows: FloatArray, usual: FloatArray) -> FloatArray:
    """Ask the model about every choice of groups, the other groups being as usual."""
    places = [[FEATURES.index(name) for name in names] for names in REASONS.values()]
    parts = np.zeros((len(rows), len(places)))
    for choice, worth in enumerate(_worths(len(places)).T):
        mixed = np.repeat(usual.T, len(rows), axis=1).T  # models read a column at a time
        for group, columns in enumerate(places):
            if choice >> group & 1:
                mixed[:, columns] = rows[:, columns]
        parts += np.outer(model.log_odds(put_together(mixed)), worth)
    return parts


def _worths(groups: int) -> FloatArray:
    """How much each choice of groups counts in each group's value, shape (groups, 2 ** groups)."""
    worths = np.zeros((groups, 1 << groups))
    for choice in range(1 << groups):
        chosen = choice.bit_count()
        for group in range(groups):
            others = chosen - (choice >> group & 1)
            orders = factorial(others) * factorial(groups - 1 - others) / factorial(groups)
            worths[group, choice] = orders if choice >> group & 1 else -orders
    return worths
