"""Why a person is, or is not, in a circle: the log-odds of it taken apart, tag by tag."""

from dataclasses import dataclass

import numpy as np

from models.exponentials import exp
from models.profiles import TagProfiles, judge, observed
from models.rows import FloatArray, IntArray, Matrix, Rows
from models.tagtable import gather, log_sum


@dataclass(frozen=True)
class Explanation:
    """Why a person is, or is not, in their nearest circle.

    Attributes
    ----------
    circle : int
        The circle explained: the best one, even if the background beats it; -1 when no circle
        shares a tag with the person.
    tags : ndarray of shape (n_known,)
        The person's tags, most telling first.
    contributions : ndarray of shape (n_known,)
        What each tag adds to the log-odds of the circle against the background.
    log_odds : float
        Their sum.
    prior_log_odds : float
        Log-odds before any tag: the circle's size, the coverage dial, and the price of not
        knowing beforehand which share of the tags is the circle's. The person is placed when
        `log_odds + prior_log_odds` is above 0.
    """

    circle: int
    tags: IntArray
    contributions: FloatArray
    log_odds: float
    prior_log_odds: float


def explain(profiles: TagProfiles, x: Matrix | Rows) -> Explanation:
    """Take apart the log-odds of one row's best circle, tag by tag.

    With r the posterior of the signal share s, log sum_s w_s exp(a_s) equals
    sum_s r_s a_s - KL(r || w); a_s is a sum over tags, so contributions add up exactly.
    """
    rows = observed(profiles, x)
    if rows.n_rows != 1:
        raise ValueError(f"`x` must be one row, got {rows.n_rows}. Explain people one at a time.")
    tags = rows.columns.astype(np.int64)
    evidence = gather(profiles.table, rows)
    circle = int(judge(profiles, evidence, 1).best[0])
    if circle < 0:
        prior = float(np.log(profiles.noise))
        return Explanation(-1, tags, np.zeros(len(tags)), 0.0, prior)
    at = int(np.flatnonzero(evidence.slot_circle == circle)[0])
    scores = evidence.scores[:, at]
    total = log_sum(evidence.scores[:, [at]], profiles.grid_weights)[0]
    responsibility = profiles.grid_weights * exp(scores - total)
    contributions = rows.values * (responsibility @ profiles.table.base)
    pairs = evidence.slot == at
    gains = responsibility @ profiles.table.gains[:, evidence.entry[pairs]]
    contributions[evidence.token[pairs]] += rows.values[evidence.token[pairs]] * gains
    log_odds = float(contributions.sum())
    prior = float(profiles.log_priors[circle] + total - log_odds)
    order = np.argsort(-contributions, kind="stable")
    return Explanation(circle, tags[order], contributions[order], log_odds, prior)
