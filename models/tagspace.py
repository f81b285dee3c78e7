"""A space in which tags that the same people have lie together."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.chanceedge import chance_edge
from models.kernels.summing import count_pairs
from models.kernels.threads import side_by_side
from models.rows import FloatArray, IntArray, Rows

MAX_TAGS = 6000
MIN_HOLDERS = 5
DIMENSIONS, MAX_DIMENSIONS = 64, 160
"""How many are looked for at first, and at most."""
FEWEST = 2
"""Dimensions of a space that has any: along a single one all people lie at its two ends."""
POWERS = 8
SMOOTHING = 0.5
BAND = 512
SLACK = 1.02
"""An eigenvalue must pass the edge of chance by this factor to count as structure."""

Single = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class TagSpace:
    """Where each tag lies, and how much structure there was to find.

    Attributes
    ----------
    vectors : ndarray of shape (n_tags, n_dimensions)
        Zero for tags with too few holders.
    strengths : ndarray of shape (n_dimensions,)
        Eigenvalues, largest first, all above `edge` where there are many.
    edge : float
        Largest eigenvalue of such a matrix when tags meet by chance.
    """

    vectors: Single
    strengths: FloatArray
    edge: float


def tag_space(rows: Rows) -> TagSpace:
    """Embed tags by degree-corrected co-occurrence.

    Counts O of people having both tags are compared with E = a a', fitted so that each tag
    meets as many others as it does; the leading eigenvectors of (O - E) / sqrt(E + 1/2) that
    pass what Poisson counts would reach (parallel analysis, Horn 1965) span the space.
    """
    holders = np.bincount(rows.columns, minlength=rows.n_columns)
    kept = supported(holders)
    if len(kept) < 4:
        return TagSpace(np.zeros((rows.n_columns, 0), np.float32), np.zeros(0), 0.0)
    counts = co_occurrence(rows, kept)
    rates = meeting_rates(counts)
    edge = chance_edge(rates, smoothing=SMOOTHING)
    values, vectors = beyond(standardised(counts, rates), edge * SLACK)
    share = holders[kept] / holders[kept].sum()
    placed = np.zeros((rows.n_columns, len(values)), np.float32)
    placed[kept] = vectors * np.sqrt(values) / np.sqrt(share)[:, None]
    return TagSpace(placed / max(np.abs(placed).max(initial=0.0), 1e-12), values, edge)


def supported(holders: IntArray) -> IntArray:
    """Return the tags with enough holders, at most the `MAX_TAGS` most held, ascending."""
    most = np.argsort(-holders, kind="stable")[:MAX_TAGS]
    return np.sort(most[holders[most] >= MIN_HOLDERS])


def co_occurrence(rows: Rows, kept: IntArray) -> Single:
    """Count the people having both of two tags; 0 on the diagonal."""
    place_of = np.full(rows.n_columns, -1)
    place_of[kept] = np.arange(len(kept))
    columns = rows.columns.astype(np.int32, copy=False)
    counts = np.zeros((len(kept), len(kept)), np.float32)

    def count(band: slice) -> None:
        count_pairs(rows.starts, columns, place_of, band.start, band.stop, counts)

    side_by_side(count, list(bands(len(kept))))
    counts += counts.T
    return counts


def meeting_rates(counts: Single) -> FloatArray:
    """Fit E = a a' to the row sums of `counts`, the diagonal left out; return a."""
    sums = counts.sum(axis=1, dtype=np.float64)
    a = sums / np.sqrt(max(sums.sum(), 1.0))
    for _ in range(30):
        fitted = a * (a.sum() - a)
        a = np.where(sums > 0, a * np.sqrt(sums / np.maximum(fitted, 1e-9)), 0.0)
    return np.asarray(a)


def standardised(counts: Single, rates: FloatArray) -> Single:
    """Turn counts into (counts - E) / sqrt(E + 1/2), E = a a', where they lie; diagonal 0."""
    for rows in bands(len(counts)):
        expected = np.outer(rates[rows], rates).astype(np.float32)
        counts[rows] -= expected
        counts[rows] /= np.sqrt(expected + np.float32(SMOOTHING))
    np.fill_diagonal(counts, 0)
    return counts


def bands(size: int) -> Iterator[slice]:
    """Cut the rows of a large square into bands, so that what is made in passing stays small."""
    return (slice(first, first + BAND) for first in range(0, size, BAND))


def beyond(matrix: Single, edge: float) -> tuple[FloatArray, FloatArray]:
    """Return the eigenvalues above an edge, largest first, and their vectors.

    Where there is any it has company: `FEWEST` are returned, those below the edge among them.
    """
    values, vectors = leading(matrix, DIMENSIONS, steps=POWERS)
    if values[-1] > edge and len(values) < min(MAX_DIMENSIONS, len(matrix) - 2):
        values, vectors = leading(matrix, MAX_DIMENSIONS, steps=POWERS)
    above = int((values > edge).sum())
    count = max(above, FEWEST) if above else 0
    return np.maximum(values[:count], 0.0), vectors[:, :count]


def leading(matrix: Single, count: int, *, steps: int) -> tuple[FloatArray, FloatArray]:
    """Return the largest eigenvalues and their vectors: block power iteration, fixed start.

    `steps` is even: vectors are set upright after every second one, half the work, which single
    precision bears.
    """
    size = len(matrix)
    start = np.random.default_rng(7).standard_normal((size, min(count, size - 2)))
    basis = np.linalg.qr(start.astype(np.float32))[0]
    for _ in range(steps // 2):
        basis = np.linalg.qr(matrix @ (matrix @ basis))[0]
    inner = (basis.T @ (matrix @ basis)).astype(np.float64)
    values, turns = np.linalg.eigh((inner + inner.T) / 2)
    vectors = basis.astype(np.float64) @ turns[:, ::-1]
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    return values[::-1], vectors * signs
