"""What circles are worth: against a truth, by what they tell of hidden tags, and by ties."""

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_mutual_info_score

from benchmarks.sets import Dataset, one_each

Labels = npt.NDArray[np.int64]
FOUND = 0.5
"""The Jaccard overlap at which a planted circle counts as found."""


def judge(
    data: Dataset, labels: Labels, memberships: sparse.csr_array | None = None
) -> dict[str, float]:
    """Return every figure the set allows; without `memberships`, `labels` are all there are."""
    inside = (
        one_each(labels, count(labels)) if memberships is None else (memberships > 0).astype(float)
    )
    figures = {"circles": float(count(labels)), "placed": float((labels >= 0).mean())}
    if data.truth is not None and data.memberships is not None:
        figures["ami"] = agreement(data.truth, labels)
        figures["found"] = float(found(data.truth, labels))
        figures["f1"] = overlap_f1(data.memberships, sparse.csr_array(inside))
    if data.heldout is not None:
        figures["bits"] = data.heldout.bits(labels)
    if data.ties is not None:
        figures |= tied(data.ties, labels)
    return figures


def agreement(truth: Labels, labels: Labels) -> float:
    """Return adjusted mutual information; people in no circle are a class of their own."""
    return float(adjusted_mutual_info_score(truth, labels))


def found(truth: Labels, labels: Labels) -> int:
    """Count true circles matched one to one with a Jaccard overlap of at least a half."""
    real, given = one_each(truth, count(truth)), one_each(labels, count(labels))
    both = (real.T @ given).toarray()
    sizes = np.asarray(real.sum(axis=0))[:, None] + np.asarray(given.sum(axis=0))
    jaccard = both / np.maximum(sizes - both, 1)
    return int((jaccard[linear_sum_assignment(-jaccard)] >= FOUND).sum())


def overlap_f1(truth: sparse.csr_array, given: sparse.csr_array) -> float:
    """Return the best-match F1 of circles, weighted by size and averaged over both directions.

    Yang & Leskovec (2013), "Overlapping community detection at scale", section 5.
    """
    both = (truth.T @ given).toarray()
    real, made = np.asarray(truth.sum(axis=0)), np.asarray(given.sum(axis=0))
    if not both.size:
        return 0.0
    f1 = 2 * both / np.maximum(real[:, None] + made, 1)
    forth = (f1.max(axis=1) * real).sum() / max(real.sum(), 1)
    back = (f1.max(axis=0) * made).sum() / max(made.sum(), 1)
    return float((forth + back) / 2)


def tied(ties: Labels, labels: Labels) -> dict[str, float]:
    """Return how far ties stay inside circles beyond what degrees alone would give.

    `tie_lift` is their share over that by chance. `modularity` (Newman & Girvan 2004) takes
    everyone in no circle as a circle of one.
    """
    ends = labels[ties]
    inside = float(((ends[:, 0] == ends[:, 1]) & (ends[:, 0] >= 0)).mean())
    share = np.bincount(ties.ravel(), minlength=len(labels)) / ties.size
    placed = labels >= 0
    chance = float((np.bincount(labels[placed], weights=share[placed]) ** 2).sum())
    alone = float((share[~placed] ** 2).sum())
    return {"tie_lift": inside / max(chance, 1e-12), "modularity": inside - chance - alone}


def count(labels: Labels) -> int:
    """Return how many circles labels speak of."""
    return int(labels.max(initial=-1)) + 1
