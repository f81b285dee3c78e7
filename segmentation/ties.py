"""Who is tied to whom, and the evidence that people's tags get from it."""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse

from models.influence import tie_matrix
from models.ties import lent
from segmentation.config import Facet, FacetConfig
from segmentation.errors import ConfigError
from segmentation.tags import FacetMatrix


def with_ties(
    facet: FacetMatrix, tables: Path, settings: FacetConfig, *, name: Facet
) -> FacetMatrix:
    """Return a facet's matrix with the evidence ties lend; the same where nobody is tied.

    Only who may be placed lends, and only who has a tag of their own receives. With what they
    are lent, people may come to have enough tags. Raises `ConfigError` for a part out of bounds.
    """
    may = facet.reasons != "consent"
    ties = ties_of(tables, may)
    if not ties.nnz:
        return facet
    try:
        matrix = lent(facet.matrix, ties, share=settings.ties)
    except ValueError as error:
        raise ConfigError(f"`ties` in [facets.{name}] cannot be used: {error}") from error
    enough = np.diff(matrix.indptr) >= settings.min_tags
    reasons = np.where(may, np.where(enough, "", "too_few_tags"), facet.reasons)
    return FacetMatrix(matrix, facet.tags, reasons, facet.dropped)


def ties_of(tables: Path, may: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> sparse.csr_array:
    """Read the ties among people who may be placed, each in both directions."""
    everyone = pq.read_table(tables / "people.parquet", columns=["user_id"])["user_id"]
    edges = pq.read_table(tables / "edges.parquet", columns=["src", "dst"])
    ends = [
        pc.index_in(edges[end], value_set=everyone.combine_chunks()).to_numpy()
        for end in ("src", "dst")
    ]
    known = np.isfinite(ends[0]) & np.isfinite(ends[1])
    one, other = (end[known].astype(np.int64) for end in ends)
    both = may[one] & may[other]
    sources, targets = np.concatenate([one, other]), np.concatenate([other, one])
    kept = np.concatenate([both, both])
    return tie_matrix(len(everyone), sources=sources[kept], targets=targets[kept])
