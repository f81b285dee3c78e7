"""How much of a person each of their circles explains, and which circles they need."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.exponentials import log
from models.rows import FloatArray, IntArray, Rows, add_up
from models.tagtable import Evidence, TagTable

STEPS = 6
WORTH_TRYING = -1.0
"""Least log-odds, alone against the crowd, of a circle that may explain what another leaves."""
NEEDED = 3.0
"""Log-likelihood a further circle must add; near 1.9 would be the usual 5 % test."""
CROWD_TAGS = 1.0
"""Tags' worth of prior belief in the background."""
PRIOR_TAGS = 0.3
"""Tags' worth of prior belief in a circle, at even odds against the crowd."""
LEAD = 1.0 - 1e-6


@dataclass(frozen=True, eq=False)
class Candidates:
    """The slots that may become memberships: circles not hopeless against the crowd.

    Attributes
    ----------
    rows, circles : ndarray of shape (n_candidates,)
        Placed row and circle, ascending by row, then circle.
    is_primary : ndarray of shape (n_candidates,)
        Whether the circle is the row's label.
    token, entry, at : ndarray of shape (n_pairs,)
        Row entry, table entry and candidate of each pair of tag and candidate.
    """

    rows: IntArray
    circles: IntArray
    is_primary: npt.NDArray[np.bool_]
    token: IntArray
    entry: IntArray
    at: IntArray

    @classmethod
    def of(
        cls, evidence: Evidence, margins: FloatArray, labels: npt.NDArray[np.int32]
    ) -> "Candidates":
        """Keep the slots of placed rows whose margin makes them worth trying."""
        kept = (margins > WORTH_TRYING) & (labels[evidence.slot_row] >= 0)
        number = np.cumsum(kept) - 1
        pairs = kept[evidence.slot]
        rows, circles = evidence.slot_row[kept], evidence.slot_circle[kept]
        return cls(
            rows,
            circles,
            circles == labels[rows],
            evidence.token[pairs],
            evidence.entry[pairs],
            number[evidence.slot[pairs]],
        )


def mix(
    table: TagTable, rows: Rows, candidates: Candidates, chances: FloatArray, most: int
) -> Rows:
    """Fit each row as a mixture of its candidates and the crowd; keep the circles it needs.

    Expectation-maximisation over the candidates' weights, then a drop-one likelihood ratio: a
    circle beyond the primary stays when taking it away costs more than `NEEDED`. `chances` are the
    circles' odds before any tag, at most 1. Returns rows x circles with the weights of the kept
    circles. Compiled for many rows at once in `kernels/mixing.py`.
    """
    mixture = Mixture(table, rows, candidates, chances)
    weights = mixture.fit()
    needed = candidates.is_primary | (mixture.loss(weights) > NEEDED)
    strengths = led_by_primary(weights, candidates, needed)
    kept = strongest(strengths, candidates, needed, most)
    counts = np.bincount(candidates.rows[kept], minlength=rows.n_rows)
    starts = np.concatenate([[0], np.cumsum(counts)])
    return Rows(starts, candidates.circles[kept], strengths[kept], table.n_circles)


class Mixture:
    """The tags of some rows under mixtures of their candidate circles and the crowd."""

    def __init__(
        self, table: TagTable, rows: Rows, candidates: Candidates, chances: FloatArray
    ) -> None:
        self.candidates = candidates
        self.ratios = table.ratios[candidates.entry]
        self.tags = rows.values
        self.owners = rows.owners
        self.n_rows = rows.n_rows
        self.prior = chances[candidates.circles]
        self.totals = add_up(rows.owners, rows.values, rows.n_rows)

    def fit(self) -> FloatArray:
        """Return the weight of each candidate after a fixed number of EM steps."""
        crowd = np.ones(self.n_rows)
        norm = self.per_row(self.prior) + crowd
        weights = self.prior / norm[self.candidates.rows]
        for _ in range(STEPS):
            mass = self.explained(weights) + PRIOR_TAGS * self.prior
            norm = self.totals + CROWD_TAGS + PRIOR_TAGS * self.per_row(self.prior)
            weights = mass / norm[self.candidates.rows]
        return weights

    def explained(self, weights: FloatArray) -> FloatArray:
        """Tags' worth of each row that its candidates account for."""
        parts = self.tags / self.likelihood(weights)
        return weights * self.per_candidate(parts[self.candidates.token] * self.ratios)

    def loss(self, weights: FloatArray) -> FloatArray:
        """Log-likelihood lost without a candidate, the others scaled up to fill its place."""
        token, at = self.candidates.token, self.candidates.at
        with_all = self.likelihood(weights)[token]
        without = np.maximum(with_all - weights[at] * self.ratios, 1e-9)
        gain = self.per_candidate(self.tags[token] * log(with_all / without))
        rest = log(np.maximum(1.0 - weights, 1e-9))
        return gain + self.totals[self.candidates.rows] * rest

    def likelihood(self, weights: FloatArray) -> FloatArray:
        """Likelihood of each tag relative to the background, one figure a row entry."""
        crowd = 1.0 - self.per_row(weights)
        shares = weights[self.candidates.at] * self.ratios
        hit = add_up(self.candidates.token, shares, len(self.tags))
        return np.maximum(crowd, 1e-9)[self.owners] + hit

    def per_row(self, values: FloatArray) -> FloatArray:
        """Add candidates' figures up by row."""
        return add_up(self.candidates.rows, values, self.n_rows)

    def per_candidate(self, values: FloatArray) -> FloatArray:
        """Add pairs' figures up by candidate."""
        return add_up(self.candidates.at, values, len(self.candidates.rows))


def led_by_primary(
    weights: FloatArray, candidates: Candidates, needed: npt.NDArray[np.bool_]
) -> FloatArray:
    """Hold further circles just below the primary.

    The label weighs the circles one at a time; where together a smaller one would explain more,
    the two share the lead.
    """
    n_rows = int(candidates.rows[-1]) + 1 if len(candidates.rows) else 0
    lead = np.zeros(n_rows)
    lead[candidates.rows[candidates.is_primary]] = weights[candidates.is_primary]
    top = lead.copy()
    np.maximum.at(top, candidates.rows[needed], weights[needed])
    mean = 0.5 * (lead + top)
    bound = np.where(top > lead, mean, lead)[candidates.rows]
    return np.where(candidates.is_primary, bound, np.minimum(weights, bound * LEAD))


def strongest(
    strengths: FloatArray, candidates: Candidates, needed: npt.NDArray[np.bool_], most: int
) -> npt.NDArray[np.bool_]:
    """Mark the `most` strongest needed circles of each row."""
    order = np.lexsort((-strengths, ~needed, candidates.rows))
    rows = candidates.rows[order]
    first = np.searchsorted(rows, rows)
    kept = np.zeros(len(rows), dtype=bool)
    kept[order] = np.arange(len(rows)) - first < most
    return kept & needed
