"""Evidence lent by ties: people one knows have tags that say something about oneself."""

import numpy as np
from scipy import sparse

from models.rows import Rows
from models.weights import damp, on_grid, undamped

MOST = 10.0
LEAST = 0.08
"""Part of a usual tag's weight below which a mean over neighbours is left out."""


def lent(X: sparse.csr_array, ties: sparse.csr_array, *, share: float) -> sparse.csr_array:
    """Return what people do together with a part of what those they are tied to do.

    To each person's damped weights `share` times the mean of their neighbours' is added: the
    smoothing step of graph convolutions (Kipf & Welling 2017), once, on tags one can name. Who
    has no tag gets none, so nobody is described by others alone.

    Parameters
    ----------
    X : csr_array of shape (n_people, n_tags)
        Raw weights.
    ties : csr_array of shape (n_people, n_people)
        1 where two people are tied, in both directions.
    share : float
        How much the neighbours' mean counts beside a person's own tags, in (0, 10].

    Returns
    -------
    csr_array of shape (n_people, n_tags)
        Raw weights, those lent among them.

    Raises
    ------
    ValueError
        When `share` is out of bounds.
    """
    if not 0.0 < share <= MOST:
        raise ValueError(f"`share` must be above 0 and at most {MOST:g}, got {share!r}.")
    own = damp(X)
    usual = own.data.mean() if own.nnz else 1.0
    mean = sparse.diags_array(1.0 / np.maximum(np.diff(ties.indptr), 1)) @ (ties @ own)
    has_tags = np.diff(own.indptr) > 0
    known = Rows.of(mean.tocsr())
    counts = has_tags[known.owners] & (known.values >= LEAST * usual)
    added = known.with_values(np.where(counts, on_grid(share * known.values), 0.0)).to_csr()
    both = (own + added).tocsr()
    both.sort_indices()
    both.data = undamped(both.data)
    return both
