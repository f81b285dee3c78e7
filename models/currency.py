"""Social currency: what people show off against what they consume, and who shows it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from models.shrinkage import FloatArray

LEVERS = ("affiliation", "conversation", "utility", "advocacy", "information", "identity")
EVENTS = {
    "affiliation": "ties to people of the same circle",
    "conversation": "likes, comments and own posts",
    "utility": "purchases",
    "advocacy": "invitations sent",
    "information": "different contents or tags passed on",
    "identity": "shares of tags the circle shows off more than others do",
}
"""What each lever counts."""


@dataclass(frozen=True)
class TagCurrency:
    """How much more a tag is shared than consumed; every array is of shape (n_tags,).

    `log_odds` above 0 means people show the tag off, below 0 that they keep it to themselves.
    `z` is `log_odds` over its standard error; `low` and `high` hold it as often as `level` says.
    """

    log_odds: FloatArray
    z: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class SocialCurrency:
    """The score of each user in [0, 1) and its parts: `score` is the row sum of `levers`."""

    score: FloatArray
    levers: FloatArray


def tag_currency(
    shared: FloatArray, *, consumed: FloatArray, prior_strength: float = 500.0, level: float = 0.9
) -> TagCurrency:
    """Compare the tags people share with the tags they consume.

    Log-odds with an informative Dirichlet prior: both sides are pulled toward the tag's share of
    all events, so a tag seen a few times says little.

    Parameters
    ----------
    shared, consumed : ndarray of shape (n_tags,)
        How often each tag was shared and consumed.
    prior_strength : float, default=500.0
        Events the prior weighs as much as. Must be > 0.
    level : float, default=0.9
        How often `low` to `high` holds the true log-odds.

    References
    ----------
    Monroe, Colaresi & Quinn (2008), "Fightin' Words", equations 16, 20 and 22.
    """
    seen = shared + consumed + 0.5
    prior = prior_strength * seen / seen.sum()
    log_odds = _log_odds(shared, prior) - _log_odds(consumed, prior)
    error = np.sqrt(1 / (shared + prior) + 1 / (consumed + prior))
    reach = special.ndtri((1 + level) / 2) * error
    return TagCurrency(
        log_odds=log_odds, z=log_odds / error, low=log_odds - reach, high=log_odds + reach
    )


def projected_self(shared: FloatArray, *, least_z: float = 1.96) -> NDArray[np.bool_]:
    """Mark the tags each circle shows off more than everybody else does.

    Parameters
    ----------
    shared : ndarray of shape (n_circles, n_tags)
        How often the members of each circle shared each tag.
    least_z : float, default=1.96
        Evidence asked for, in standard errors.
    """
    marks = [side.z > least_z for side in selves(shared)]
    return np.array(marks, dtype=bool).reshape(shared.shape)


def selves(counts: FloatArray) -> list[TagCurrency]:
    """Compare each circle's tags with everybody else's: the projected self where counts are of
    shares, the private one where they are of consumption.

    Parameters
    ----------
    counts : ndarray of shape (n_circles, n_tags)
    """
    everybody = counts.sum(axis=0)
    return [tag_currency(row, consumed=everybody - row) for row in counts]


def social_currency(
    evidence: FloatArray, *, weights: Mapping[str, float] | None = None
) -> SocialCurrency:
    """Score users by the six levers of social currency, each from what can be counted.

    A lever gives nothing without evidence, half its weight at the median of those who have any,
    and nears its weight as evidence grows.

    Parameters
    ----------
    evidence : ndarray of shape (n_users, 6)
        Counts >= 0 in the order of `LEVERS`.
    weights : mapping of lever to weight, default equal
        Scaled to sum to 1.
    """
    given = dict.fromkeys(LEVERS, 1.0) if weights is None else weights
    scale = np.array([given[lever] for lever in LEVERS])
    levers = saturation(evidence) * (scale / scale.sum())
    return SocialCurrency(score=levers.sum(axis=1), levers=levers)


def saturation(evidence: FloatArray) -> FloatArray:
    """Return count / (count + median positive count) by column, in [0, 1)."""
    positive = np.where(evidence > 0, evidence, np.nan)
    has_any = (evidence > 0).any(axis=0)
    middle = np.ones(evidence.shape[1])
    middle[has_any] = np.nanmedian(positive[:, has_any], axis=0)
    return np.asarray(evidence / (evidence + middle), dtype=np.float64)


def without_lever(currency: SocialCurrency, lever: str) -> FloatArray:
    """Return the score with one lever left out, to see what that lever is worth."""
    return np.asarray(currency.score - currency.levers[:, LEVERS.index(lever)], dtype=np.float64)


def _log_odds(counts: FloatArray, prior: FloatArray) -> FloatArray:
    """Return each tag's log-odds against all others; a lone tag has nothing to stand against."""
    if counts.size < 2:
        return np.zeros(counts.size)
    inside = counts + prior
    return np.asarray(np.log(inside) - np.log(inside.sum() - inside), dtype=np.float64)
